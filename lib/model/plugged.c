/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/plugged.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block-more.h"
#include "lib/model/topology.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kpage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ranges of virtio-mem ----------------------------------------------------------------- */

static int add_range(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	struct virtio_mem *memory = data;
	struct mhp_range *added;

	(void)line;
	memory->is_listed = true;
	if (strcmp(name, IOMEM_VIRTIO_MEM) != 0)
		return 0;
	if (!range->end) {
		memory->hidden = true;
		return 0;
	}
	added = VEC_PUSH(memory->ranges, memory->nr);
	if (!added)
		return -ENOMEM;
	*added = *range;
	return 0;
}

int virtio_mem_read(const struct root *sys, struct virtio_mem *memory)
{
	int rc;

	*memory = (struct virtio_mem){ .nr = 0 };
	rc = iomem_each(sys, add_range, memory);
	if (root_is_lack(rc)) {
		virtio_mem_free(memory);
		return rc;
	}
	memory->hidden |= !memory->is_listed;
	return 0;
}

void virtio_mem_free(struct virtio_mem *memory)
{
	free(memory->ranges);
	*memory = (struct virtio_mem){ .nr = 0 };
}

bool virtio_mem_has(const struct virtio_mem *memory, struct mhp_range range)
{
	for (size_t i = 0; i < memory->nr; i++)
		if (range_overlaps(memory->ranges[i], range))
			return true;
	return false;
}

/* ---- unplugged parts of blocks ------------------------------------------------------------- */

/* Marks all blocks that may be of virtio-mem, which are those of no dax device. */
static void set_all_unknown(struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (!*mhp_block_device(&topo->blocks[i]))
			block_set_unplugged(&topo->more, &topo->blocks[i], MHP_UNKNOWN);
}

/* Counts the unplugged pages of each block and of all; MHP_UNKNOWN if they cannot be read. */
static int count_blocks(struct mhp_ctx *ctx, struct mhp_topology *topo,
			const struct virtio_mem *memory)
{
	const uint64_t size = topo->memory.block_size, page = topo->memory.page_size;
	bool is_unclear = topo->no_blocks; /* a block may be online */
	int rc = 0;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];
		uint64_t pages;

		if (!virtio_mem_has(memory,
				    (struct mhp_range){ block->start, block->start + size }))
			continue;
		block_set_unplugged(&topo->more, block, MHP_UNKNOWN);
		/* the pages of an offline block show nothing */
		if (block->state != MHP_BLOCK_ONLINE || rc < 0) {
			is_unclear |= block->state != MHP_BLOCK_OFFLINE;
			continue;
		}
		rc = kpage_count_offline(&ctx->sys, block->start / page, size / page, &pages);
		if (rc == 0)
			rc = block_set_unplugged(&topo->more, block, pages * page);
		if (rc < 0)
			continue;
		topo->memory.unplugged_bytes += pages * page;
	}
	if (is_unclear)
		topo->memory.unplugged_bytes = MHP_UNKNOWN;
	return rc;
}

static const char *why_hidden(const struct mhp_ctx *ctx, const struct virtio_mem *memory)
{
	if (ctx->is_copy)
		return "a copied tree does not show what virtio-mem has plugged in";
	if (memory->is_listed)
		return "only root can see what virtio-mem has plugged in";
	return "/proc/iomem is not readable, and shows what is of virtio-mem";
}

MHP_EXPORT int mhp_topology_count_unplugged(struct mhp_ctx *ctx, struct mhp_topology *topo,
					    struct mhp_error *err)
{
	cleanup_virtio_mem struct virtio_mem memory = { .nr = 0 };
	int rc = virtio_mem_read(&ctx->sys, &memory);

	topo->memory.unplugged_bytes = 0;
	if (rc == 0 && memory.nr)
		rc = count_blocks(ctx, topo, &memory);
	if (rc == 0 && !memory.hidden)
		return 0;
	if (memory.hidden)
		set_all_unknown(topo);
	topo->memory.unplugged_bytes = MHP_UNKNOWN;
	if (!root_is_lack(rc))
		rc = topology_hide(topo, "blocks.unplugged", why_hidden(ctx, &memory));
	return rc < 0 ? err_errno(err, rc, "cannot count the unplugged memory") : 0;
}
