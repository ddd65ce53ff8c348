/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refuses orphaned memory, which can be neither brought online nor removed, and lost memory. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/block.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <inttypes.h>

static bool is_orphan_in(const struct mhp_block *block, uint64_t size,
			 const struct mhp_range *range, int node)
{
	if (!block->is_orphaned)
		return false;
	if (range)
		return block->start < range->end && range->start < block->start + size;
	return block->node == node;
}

static int refuse_orphans(const struct planner *p, const char *name, const struct mhp_range *range,
			  int node, struct mhp_error *err)
{
	const uint64_t size = p->topo->memory.block_size;
	const struct mhp_block *first = NULL, *last = NULL;
	uint64_t nr = 0, online = 0;
	char text[RUN_NAME_MAX];
	size_t at = 0;

	if (!p->topo->nr_blocks)
		return 0;
	if (range)
		at = block_index(p->topo->blocks, p->topo->nr_blocks, range->start / size);
	for (; at < p->topo->nr_blocks; at++) {
		const struct mhp_block *block = &p->topo->blocks[at];

		if (range && block->start >= range->end)
			break;
		if (!is_orphan_in(block, size, range, node))
			continue;
		first = first ? first : block;
		last = block;
		nr++;
		online += block->state != MHP_BLOCK_OFFLINE;
	}
	if (!nr)
		return 0;
	format_run("memory", first->id, last->id, text, sizeof(text));
	err_set(err, -EBUSY, MHP_REASON_NEEDS_REBOOT,
		"%s: %" PRIu64 " block%s of no device (%s), %" PRIu64
		" of them online: memory 0x%" PRIx64 "-0x%" PRIx64
		" was left behind by kmem and has no device",
		name, nr, nr == 1 ? "" : "s", text, online, first->start, last->start + size - 1);
	return err_hint(err, -EBUSY,
			"reboot: the kernel keeps it until then, and no device can use it "
			"before");
}

int plan_check_orphans(const struct planner *p, const char *name, struct mhp_range range,
		       struct mhp_error *err)
{
	return refuse_orphans(p, name, &range, -1, err);
}

int plan_check_orphans_region(const struct planner *p, const char *name,
			      const struct mhp_region *region, struct mhp_error *err)
{
	struct mhp_range range;

	if (!region || region->start == MHP_UNKNOWN)
		return 0;
	range = (struct mhp_range){ region->start, region->start + region->size };
	return refuse_orphans(p, name, &range, -1, err);
}

int plan_check_orphans_node(const struct planner *p, const char *name, int node,
			    struct mhp_error *err)
{
	return refuse_orphans(p, name, NULL, node, err);
}

/* Refuses lost memory: an offline would read it, and an online would hand it out. */
int plan_check_backed(const struct planner *p, uint32_t chain, struct mhp_error *err)
{
	const struct mhp_block *block;
	size_t at = 0;

	while ((block = plan_next_block(p, chain, &at))) {
		if (!block->is_unbacked)
			continue;
		err_set(err, -EIO, MHP_REASON_NEEDS_REBOOT,
			"memory%" PRIu64
			": its data is lost: no CXL region answers for this memory",
			block->id);
		return err_hint(err, -EIO,
				"stop the programs that use it, and reboot; mhpctl doctor "
				"shows all such blocks");
	}
	return 0;
}
