/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains: the objects that targets name, and their memory blocks. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/model/dax-region.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int plan_chain(struct planner *p, const char *key, uint32_t *chain, bool *is_new)
{
	struct mhp_plan *plan = p->plan;
	uint32_t *mine, found = 0;
	struct chain *added;

	while (found < plan->nr_chains && strcmp(plan->chains[found].key, key) != 0)
		found++;
	*is_new = found == plan->nr_chains;
	if (*is_new) {
		added = VEC_PUSH(plan->chains, plan->nr_chains);
		if (!added)
			return -ENOMEM;
		str_copy(added->key, key);
	}
	mine = VEC_PUSH(p->target->chains, p->target->nr_chains);
	if (!mine)
		return -ENOMEM;
	*mine = *chain = found;
	return 0;
}

void plan_want(struct planner *p, uint32_t chain, enum mhp_block_state want)
{
	p->plan->chains[chain].has_want = true;
	p->plan->chains[chain].want = want;
}

static int lock_dax(struct planner *p, const struct mhp_dax *dax)
{
	int rc = 0;

	if (*dax->region)
		return plan_lock_region(p, dax->region);
	if (!dax->has_ranges)
		return plan_lock(p, (struct mhp_range){ 0, UINT64_MAX });
	for (unsigned i = 0; i < dax->nr_ranges && rc == 0; i++)
		rc = plan_lock(p, dax->ranges[i]);
	return rc;
}

/* ---- dax devices of targets ---------------------------------------------------------------- */

static bool names_dax(const struct planner *p, const struct mhp_dax *dax)
{
	const struct target *target = &p->target->target;

	switch (target->kind) {
	case TARGET_ALL:
		return !dax_has_no_memory(dax);
	case TARGET_REGION:
		return strcmp(dax->region, target->name) == 0;
	case TARGET_NAMESPACE:
		return strcmp(dax->ns_name, target->name) == 0;
	case TARGET_DAX:
		return strcmp(dax->name, target->name) == 0;
	case TARGET_CXL_REGION:
		return strcmp(dax->cxl_region, target->name) == 0;
	case TARGET_CXL_MEMDEV:
		return topology_dax_has_memdev(p->topo, dax, target->name);
	case TARGET_DAX_REGION:
		return strcmp(dax->dax_region, target->name) == 0;
	case TARGET_NODE:
		return dax->target_node == (int)target->first && !dax_has_no_memory(dax);
	default:
		return false;
	}
}

/* Returns whether "all" includes that part of the machine, which depends on the verb. */
static bool is_in_all(const struct mhp_request *request, const char *part)
{
	bool is_nd = strcmp(part, "regions") == 0 || strcmp(part, "namespaces") == 0;

	return strcmp(part, "dax_devices") == 0 ||
	       (is_nd && (request->verb == MHP_VERB_INIT || request->verb == MHP_VERB_DESTROY ||
			  request->destroy));
}

/* Checks that all was read: "all" and a node include objects that cannot be read. */
int plan_check_seen(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	int rc = 0;

	if (target->kind != TARGET_ALL && target->kind != TARGET_NODE)
		return 0;
	for (size_t i = 0; i < p->topo->nr_hidden && rc == 0; i++)
		if (is_in_all(p->request, p->topo->hidden[i].what))
			rc = plan_unseen(p, p->topo->hidden[i].what, p->topo->hidden[i].why, err);
	return rc;
}

int plan_each_dax(struct planner *p, dax_fn fn, struct mhp_error *err)
{
	int count = 0, rc = plan_check_seen(p, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < p->topo->nr_dax; i++) {
		if (!names_dax(p, &p->topo->dax[i]))
			continue;
		rc = fn(p, &p->topo->dax[i], err);
		if (rc < 0)
			return rc;
		count++;
	}
	return count;
}

static int chain_blocks(struct planner *p, uint32_t chain, uint64_t first, uint64_t last)
{
	const struct mhp_block *blocks = p->topo->blocks;
	const size_t nr = p->topo->nr_blocks;
	int rc = 0;

	for (size_t i = block_index(blocks, nr, first); i < nr && blocks[i].id <= last && rc == 0;
	     i++)
		rc = idset_add(&p->plan->chains[chain].blocks, blocks[i].id, blocks[i].id);
	return rc;
}

/*
 * Adds the blocks of a device. One that lost kmem may have left memory behind, and that is what
 * goes offline then.
 */
static int chain_dax_blocks(struct planner *p, uint32_t chain, const struct mhp_dax *dax)
{
	uint64_t first, nr;
	int rc = 0;

	if (dax->mode != MHP_DAX_SYSTEM_RAM && p->request->verb != MHP_VERB_OFFLINE)
		return 0;
	for (unsigned i = 0; i < dax->nr_ranges && rc == 0; i++) {
		nr = range_whole_blocks(dax->ranges[i], p->topo->memory.block_size, &first);
		if (nr)
			rc = chain_blocks(p, chain, first, first + nr - 1);
	}
	return rc;
}

int plan_dax_chain(struct planner *p, const struct mhp_dax *dax, uint32_t *chain, bool *is_new,
		   struct mhp_error *err)
{
	struct chain *c;
	int rc = plan_chain(p, dax->name, chain, is_new);

	if (rc == 0 && *is_new && !dax->has_ranges)
		rc = plan_unseen(p, dax->name, PLAN_ADDRESSES, err);
	if (rc < 0 || !*is_new)
		return rc;
	c = &p->plan->chains[*chain];
	str_copy(c->region, dax->region);
	str_copy(c->ns_name, dax->ns_name);
	str_copy(c->device, dax->name);
	rc = lock_dax(p, dax);
	return rc < 0 ? rc : chain_dax_blocks(p, *chain, dax);
}

static int lock_blocks(struct planner *p, uint32_t chain)
{
	const struct idset *set = &p->plan->chains[chain].blocks;
	const uint64_t size = p->topo->memory.block_size;
	int rc = 0;

	for (size_t i = 0; i < set->nr && rc == 0; i++)
		rc = plan_lock(p, (struct mhp_range){ set->runs[i].first * size,
						      (set->runs[i].last + 1) * size });
	return rc;
}

static int warn_of_shared_block(struct planner *p, const struct mhp_block *block)
{
	int numbers[BLOCK_NODES_MAX];
	unsigned nr = block_nodes(block, numbers);
	char nodes[64];

	return plan_warn(p,
			 "memory%" PRIu64 ": spans nodes %s and is skipped: the "
			 "kernel never takes such a block "
			 "offline",
			 block->id, format_numbers(numbers, nr, nodes, sizeof(nodes)));
}

/* Warns about blocks of a node that stay online because they span several nodes. */
static int warn_of_shared_blocks(struct planner *p)
{
	const struct target *target = &p->target->target;
	int rc = 0;

	if (target->kind != TARGET_NODE || p->request->verb != MHP_VERB_OFFLINE)
		return 0;
	for (size_t i = 0; i < p->topo->nr_blocks && rc == 0; i++) {
		const struct mhp_block *block = &p->topo->blocks[i];

		if (block->nr_nodes > 1 && block_is_on(block, (int)target->first))
			rc = warn_of_shared_block(p, block);
	}
	return rc;
}

int plan_named_blocks(struct planner *p, uint32_t *chain, bool *is_new, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	int rc = plan_chain(p, target->text, chain, is_new);

	if (rc == 0 && *is_new && target->kind == TARGET_BLOCKS)
		rc = chain_blocks(p, *chain, target->first, target->last);
	for (size_t i = 0; *is_new && target->kind == TARGET_NODE && i < p->topo->nr_blocks; i++)
		if (rc == 0 && p->topo->blocks[i].node == (int)target->first)
			rc = idset_add(&p->plan->chains[*chain].blocks, p->topo->blocks[i].id,
				       p->topo->blocks[i].id);
	if (rc == 0 && *is_new)
		rc = lock_blocks(p, *chain);
	if (rc == 0 && *is_new)
		rc = warn_of_shared_blocks(p);
	if (rc < 0)
		return err_errno(err, rc, "%s", target->text);
	return *is_new ? plan_check_backed(p, *chain, err) : 0;
}

bool block_is_online(const struct planner *p, const struct mhp_block *block)
{
	(void)p;
	return block->state != MHP_BLOCK_OFFLINE;
}

void plan_name_run(struct mhp_step *step)
{
	format_run("memory", step->first_block, step->last_block, step->object,
		   sizeof(step->object));
}

int plan_block_runs(struct planner *p, uint32_t chain, enum mhp_step_type type, block_test test)
{
	const uint64_t size = p->topo->memory.block_size;
	const struct mhp_block *block;
	struct mhp_step *step = NULL;
	size_t at = 0;

	while ((block = plan_next_block(p, chain, &at))) {
		if (!test(p, block))
			continue;
		if (!step || block->id != step->last_block + 1) {
			step = plan_step(p, type, chain, "memory%" PRIu64, block->id);
			if (!step)
				return -ENOMEM;
			step->first_block = block->id;
			step->zone = p->request->zone;
		}
		step->last_block = block->id;
		step->size += size;
		plan_name_run(step);
	}
	return 0;
}

/* Returns the last block within the first bytes of a set; UINT64_MAX: all blocks are within. */
static uint64_t last_block_within(const struct idset *set, uint64_t bytes, uint64_t block_size)
{
	uint64_t left = (bytes + block_size - 1) / block_size;

	for (size_t i = 0; bytes && i < set->nr; i++) {
		uint64_t nr = set->runs[i].last - set->runs[i].first + 1;

		if (left <= nr)
			return set->runs[i].first + left - 1;
		left -= nr;
	}
	return UINT64_MAX;
}

uint64_t plan_last_wanted(const struct chain *chain, uint64_t block_size)
{
	return last_block_within(&chain->blocks, chain->first, block_size);
}

void plan_cut_to_first(struct mhp_plan *plan, uint32_t chain, size_t from, uint64_t block_size)
{
	const struct chain *c = &plan->chains[chain];
	uint64_t last = plan_last_wanted(c, block_size);
	size_t kept = from;

	for (size_t i = from; i < plan->nr_steps; i++) {
		struct mhp_step step = plan->steps[i];

		if (step.chain == chain && step.type == MHP_STEP_ONLINE_BLOCK &&
		    step.last_block > last) {
			if (step.first_block > last)
				continue;
			step.last_block = last;
			step.size = (last - step.first_block + 1) * block_size;
			plan_name_run(&step);
		}
		plan->steps[kept++] = step;
	}
	plan->nr_steps = kept;
}
