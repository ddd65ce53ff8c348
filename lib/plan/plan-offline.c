/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to take blocks offline: those of a target, or the cheapest ones of a node. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int plan_offline_runs(struct planner *p, uint32_t chain)
{
	size_t before = p->plan->nr_steps;
	int rc;

	p->plan->chains[chain].want = MHP_BLOCK_OFFLINE;
	rc = plan_block_runs(p, chain, MHP_STEP_OFFLINE_BLOCK, block_is_online);
	for (size_t i = before; i < p->plan->nr_steps; i++) {
		str_copy(p->plan->steps[i].why, "online");
		str_copy(p->plan->steps[i].needs, "space for its pages elsewhere, and no "
						  "pinned page");
		str_copy(p->plan->steps[i].undo, "online in the zone it had");
	}
	return rc;
}

static int offline_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc = plan_dax_chain(p, dax, &chain, &is_new, err);

	if (rc == 0 && is_new)
		rc = plan_check_backed(p, chain, err);
	return rc < 0 || !is_new ? rc : plan_offline_runs(p, chain);
}

int plan_offline_target(struct planner *p, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (p->request->bytes)
		return err_hint(err,
				err_set(err, -EINVAL, MHP_REASON_USAGE,
					"a size needs --node, not targets"),
				"mhpctl offline --node 2 --size 4G");
	switch (p->target->target.kind) {
	case TARGET_NODE:
	case TARGET_BLOCKS:
		rc = plan_named_blocks(p, &chain, &is_new, err);
		if (rc == 0 && is_new)
			rc = plan_check_boot_memory(p, chain, err);
		return rc < 0 || !is_new ? rc : plan_offline_runs(p, chain);
	default: /* a region or namespace without a device has nothing online */
		rc = plan_each_dax(p, offline_dax, err);
		return rc < 0 ? rc : 0;
	}
}

/* ---- --node N --size S ------------------------------------------------------------------- */

/* Returns the risk that the block cannot go offline: 0 none known, 1 possible, 2 or 3 likely. */
static int offline_risk(const struct mhp_block *block)
{
	bool moves = block->zone == MHP_ZONE_MOVABLE;

	if (block->can_be_boot_memory)
		return 3;
	if (!block->has_page_counts)
		return moves ? 0 : 1;
	if (block->unmovable_pages)
		return 2;
	return !moves && block->unknown_pages ? 1 : 0; /* in zone movable these are free pages */
}

/*
 * Orders blocks by cost: the lowest risk first, then the fewest pages to move, then zone movable,
 * then the highest address, so that the remaining blocks are contiguous.
 */
static int by_cost(const void *a, const void *b)
{
	const struct mhp_block *x = *(const struct mhp_block *const *)a;
	const struct mhp_block *y = *(const struct mhp_block *const *)b;
	bool x_moves = x->zone == MHP_ZONE_MOVABLE, y_moves = y->zone == MHP_ZONE_MOVABLE;

	if (offline_risk(x) != offline_risk(y))
		return offline_risk(x) - offline_risk(y);
	if (x->used_pages != y->used_pages)
		return x->used_pages < y->used_pages ? -1 : 1;
	if (x_moves != y_moves)
		return x_moves ? -1 : 1;
	return x->id > y->id ? -1 : x->id < y->id;
}

/* Returns the online bytes of boot memory on the node, which can never go offline. */
static uint64_t boot_bytes(const struct planner *p)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < p->topo->nr_blocks; i++)
		nr += p->topo->blocks[i].node == p->request->node &&
		      p->topo->blocks[i].state == MHP_BLOCK_ONLINE &&
		      p->topo->blocks[i].is_boot_memory;
	return nr * p->topo->memory.block_size;
}

static int fail_too_little(const struct planner *p, uint64_t bytes, struct mhp_error *err)
{
	uint64_t boot = boot_bytes(p);
	char want[24], have[24];

	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"node%d: %s requested, only %s are online in blocks that can go offline",
		p->request->node, format_size(p->request->bytes, want, sizeof(want)),
		format_size(bytes, have, sizeof(have)));
	if (boot)
		return err_hint(err, -ENOSPC,
				"%s more were present at boot, and this kernel cannot take "
				"boot memory offline",
				format_size(boot, have, sizeof(have)));
	return err_hint(err, -ENOSPC, "mhpctl list --nodes shows what each node has");
}

static int pick_blocks(struct planner *p, uint32_t chain, struct mhp_error *err)
{
	const uint64_t size = p->topo->memory.block_size;
	cleanup_free const struct mhp_block **picked =
		calloc(p->topo->nr_blocks + 1, sizeof(*picked));
	uint64_t wanted = p->request->bytes / size + (p->request->bytes % size != 0);
	size_t nr = 0;
	int rc = 0;

	if (!picked)
		return -ENOMEM;
	for (size_t i = 0; i < p->topo->nr_blocks; i++) {
		const struct mhp_block *block = &p->topo->blocks[i];

		if (block->node == p->request->node && block->state == MHP_BLOCK_ONLINE &&
		    block->zone != MHP_ZONE_MIXED && !block->is_boot_memory && !block->is_unbacked)
			picked[nr++] = block;
	}
	if (nr < wanted)
		return fail_too_little(p, nr * size, err);
	qsort(picked, nr, sizeof(*picked), by_cost);
	for (uint64_t i = 0; i < wanted && rc == 0; i++) {
		rc = idset_add(&p->plan->chains[chain].blocks, picked[i]->id, picked[i]->id);
		if (rc == 0)
			rc = plan_lock(p, (struct mhp_range){ picked[i]->start,
							      picked[i]->start + size });
	}
	return rc;
}

int plan_offline_node(struct planner *p, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (!topology_find_node(p->topo, p->request->node))
		return err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "node%d: no such node",
			       p->request->node);
	rc = plan_chain(p, p->target->target.text, &chain, &is_new);
	if (rc == 0)
		rc = pick_blocks(p, chain, err);
	return rc < 0 ? rc : plan_offline_runs(p, chain);
}
