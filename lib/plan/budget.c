/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The total cost of a plan, and whether the machine can afford it. */
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/model/node.h"
#include "lib/plan/cost.h"
#include "lib/plan/plan.h"

#include <errno.h>

#define KEEP_SHARE  10		   /* reserve: 1/KEEP_SHARE of the kernel zones */
#define KEEP_LEAST  (512ULL << 20) /* or this, if it is more */
#define SMALL_SHARE 4		   /* but at most 1/SMALL_SHARE of them */
#define LITTLE	    16		   /* 1/LITTLE of the available memory may always be taken */

/* ---- sums -------------------------------------------------------------------------------- */

static int add_to_node(struct mhp_plan *plan, const struct mhp_topology *topo, int node,
		       uint64_t bytes)
{
	const struct mhp_node *there = topology_find_node(topo, node);
	struct mhp_node_cost *cost;

	for (size_t i = 0; i < plan->nr_node_costs; i++)
		if (plan->node_costs[i].node == node) {
			plan->node_costs[i].memmap_bytes += bytes;
			return 0;
		}
	cost = VEC_PUSH(plan->node_costs, plan->nr_node_costs);
	if (!cost)
		return -ENOMEM;
	cost->node = node;
	cost->memmap_bytes = bytes;
	cost->available_bytes = there ? there->kernel_available_bytes : MHP_UNKNOWN;
	return 0;
}

/* Returns whether the step has the chain's final size: it is the last with usable bytes. */
static bool is_last_of_chain(const struct mhp_plan *plan, size_t index)
{
	for (size_t i = index + 1; i < plan->nr_steps; i++)
		if (plan->steps[i].chain == plan->steps[index].chain && plan->steps[i].has_cost &&
		    plan->steps[i].type == MHP_STEP_SET_MODE)
			return false;
	return true;
}

/* Returns whether the step leaves a device without a driver, before it is destroyed or resized. */
static bool is_unbind(const struct mhp_step *step)
{
	return step->type == MHP_STEP_SET_MODE && step->mode == MHP_DAX_UNBOUND;
}

static void add_step(struct mhp_plan *plan, size_t index)
{
	const struct mhp_step *step = &plan->steps[index];
	const struct mhp_cost *cost = &step->cost;
	struct mhp_plan_cost *sum = &plan->cost;

	sum->memmap_bytes += cost->memmap_bytes;
	*(cost->map == MHP_MEMMAP_DEV ? &sum->device_bytes : &sum->memory_bytes) +=
		cost->memmap_bytes;
	sum->freed_bytes += cost->freed_bytes;
	sum->page_structs += cost->page_structs;
	sum->lost_bytes += cost->lost_bytes;
	if (step->type != MHP_STEP_ONLINE_BLOCK && !is_unbind(step) &&
	    is_last_of_chain(plan, index))
		sum->usable_bytes += cost->usable_bytes;
}

/* Returns the ordinary memory that a step takes, less what it frees first. */
static uint64_t bytes_taken_by(const struct mhp_step *step)
{
	if (step->cost.map != MHP_MEMMAP_MEM || step->cost.memmap_bytes <= step->cost.freed_bytes)
		return 0;
	return step->cost.memmap_bytes - step->cost.freed_bytes;
}

static int add_steps(struct planner *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->plan->nr_steps && rc == 0; i++) {
		const struct mhp_step *step = &p->plan->steps[i];

		if (!step->has_cost)
			continue;
		add_step(p->plan, i);
		p->plan->taken_bytes += bytes_taken_by(step);
		if (step->cost.map == MHP_MEMMAP_MEM && step->cost.memmap_bytes)
			rc = add_to_node(p->plan, p->topo, step->cost.node,
					 step->cost.memmap_bytes);
	}
	return rc;
}

/* ---- zones ------------------------------------------------------------------------------- */

static void add_leaving(struct mhp_plan *plan, const struct mhp_block *block, uint64_t size)
{
	if (!block || block->state != MHP_BLOCK_ONLINE)
		return;
	plan->leaving_bytes += size;
	if (block->zone != MHP_ZONE_MOVABLE)
		plan->leaving_kernel_bytes += size;
}

static void move_block(struct planner *p, const struct mhp_step *step, uint64_t id)
{
	const struct mhp_block *block = topology_find_block(p->topo, id);
	const uint64_t size = p->topo->memory.block_size;
	struct mhp_plan_cost *cost = &p->plan->cost;
	/* only online blocks are in the sums of the nodes */
	bool was_online = block && block->state != MHP_BLOCK_OFFLINE &&
			  topology_find_node(p->topo, block->node);

	if (was_online)
		*(block->zone == MHP_ZONE_MOVABLE ? &cost->movable_bytes : &cost->kernel_bytes) -=
			size;
	if (step->type == MHP_STEP_OFFLINE_BLOCK) {
		add_leaving(p->plan, block, size);
		return;
	}
	if (step->zone == MHP_ZONE_REQUEST_MOVABLE)
		cost->movable_bytes += size;
	else if (step->zone == MHP_ZONE_REQUEST_KERNEL)
		cost->kernel_bytes += size;
	/* auto: the kernel's choice is not known */
}

static void sum_zones(struct planner *p)
{
	struct mhp_plan_cost *cost = &p->plan->cost;

	node_sum_zones(p->topo, &cost->movable_bytes, &cost->kernel_bytes);
	for (size_t i = 0; i < p->plan->nr_steps; i++) {
		const struct mhp_step *step = &p->plan->steps[i];

		if (step->type != MHP_STEP_ONLINE_BLOCK && step->type != MHP_STEP_OFFLINE_BLOCK)
			continue;
		for (uint64_t id = step->first_block; id <= step->last_block; id++)
			move_block(p, step, id);
	}
}

/* Returns whether any step brings blocks online in zone movable. */
static bool adds_movable(const struct mhp_plan *plan)
{
	for (size_t i = 0; i < plan->nr_steps; i++)
		if (plan->steps[i].type == MHP_STEP_ONLINE_BLOCK &&
		    plan->steps[i].zone == MHP_ZONE_REQUEST_MOVABLE)
			return true;
	return false;
}

static int check_ratio(struct planner *p)
{
	const struct mhp_plan_cost *cost = &p->plan->cost;
	char movable[24], kernel[24];

	if (!cost->kernel_bytes || cost->movable_bytes <= cost->kernel_bytes * MOVABLE_RATIO_MAX ||
	    !adds_movable(p->plan))
		return 0;
	return plan_warn(p,
			 "zone movable grows to %s, %.1f times the %s of the kernel's own zones; "
			 "beyond %d times the kernel may run out of memory while much is free",
			 format_size(cost->movable_bytes, movable, sizeof(movable)),
			 (double)cost->movable_bytes / (double)cost->kernel_bytes,
			 format_size(cost->kernel_bytes, kernel, sizeof(kernel)),
			 MOVABLE_RATIO_MAX);
}

/* ---- available memory ---------------------------------------------------------------------- */

/*
 * Returns the reserve that should stay available for the kernel, and for the users of new memory,
 * whose page tables alone take up to 1/512 of it. It is a share, like the watermarks, and limited
 * so that a small machine can still bring memory online.
 */
static uint64_t reserve_of(uint64_t present)
{
	uint64_t share = present / KEEP_SHARE, small = present / SMALL_SHARE;
	uint64_t least = KEEP_LEAST < small ? KEEP_LEAST : small;

	return share > least ? share : least;
}

static void sum_available(struct planner *p)
{
	struct mhp_plan_cost *cost = &p->plan->cost;
	uint64_t present = 0, available = 0;

	cost->available_bytes = cost->reserve_bytes = MHP_UNKNOWN;
	for (size_t i = 0; i < p->topo->nr_nodes; i++) {
		if (p->topo->nodes[i].kernel_available_bytes == MHP_UNKNOWN)
			return;
		present += p->topo->nodes[i].kernel_present_bytes;
		available += p->topo->nodes[i].kernel_available_bytes;
	}
	if (!p->topo->nr_nodes && p->topo->memory.available_bytes != MHP_UNKNOWN) {
		present = p->topo->memory.online_bytes; /* a kernel without NUMA has no nodes */
		available = p->topo->memory.available_bytes;
	}
	if (!present)
		return;
	cost->available_bytes = available;
	cost->reserve_bytes = reserve_of(present);
}

/* Accepts small memmaps even if little memory is left: the new memory may be the remedy. */
static bool is_safe(const struct mhp_plan_cost *cost, uint64_t taken)
{
	if (cost->available_bytes == MHP_UNKNOWN)
		return !taken;
	if (taken <= cost->available_bytes / LITTLE)
		return true;
	return taken <= cost->available_bytes &&
	       cost->available_bytes - taken >= cost->reserve_bytes;
}

static int ask_unknown(struct planner *p, const char *take)
{
	int rc = plan_warn(p,
			   "the memmap takes %s of ordinary memory, and it is not known how much "
			   "is available",
			   take);

	return rc < 0 ? rc
		      : plan_consent(p, MHP_CONSENT_MEMORY,
				     "take %s of memory for the memmap, while it is not known how "
				     "much is available",
				     take);
}

static int check_available(struct planner *p)
{
	const struct mhp_plan_cost *cost = &p->plan->cost;
	uint64_t taken = p->plan->taken_bytes;
	char take[24], have[24], keep[24];
	int rc;

	if (is_safe(cost, taken))
		return 0;
	format_size(taken, take, sizeof(take));
	if (cost->available_bytes == MHP_UNKNOWN)
		return ask_unknown(p, take);
	format_size(cost->available_bytes, have, sizeof(have));
	format_size(cost->reserve_bytes, keep, sizeof(keep));
	rc = plan_warn(p,
		       "the memmap takes %s of ordinary memory; %s are available, of which %s "
		       "should stay free",
		       take, have, keep);
	if (rc < 0)
		return rc;
	return plan_consent(p, MHP_CONSENT_MEMORY,
			    "take %s of the %s of memory that are available for the memmap, "
			    "where %s should stay free",
			    take, have, keep);
}

/*
 * Returns the memory that is available after an offline. Each offlined page was available, or moves
 * to an available page elsewhere: either way one available page is lost. MHP_UNKNOWN if the
 * available memory is not known.
 */
static uint64_t available_after(uint64_t available, uint64_t leaving)
{
	if (available == MHP_UNKNOWN)
		return MHP_UNKNOWN;
	return available > leaving ? available - leaving : 0;
}

/* Returns the same, with the memory of memmaps that are freed. */
static uint64_t available_with_freed(uint64_t available, uint64_t leaving, uint64_t freed)
{
	return available == MHP_UNKNOWN ? MHP_UNKNOWN : available_after(available + freed, leaving);
}

/* Returns the smaller of what stays in all zones, and in the kernel zones if these shrink. */
static uint64_t least_available(const struct planner *p)
{
	const struct mhp_plan *plan = p->plan;
	const uint64_t freed = plan->cost.freed_bytes;
	uint64_t left =
		available_with_freed(p->topo->memory.available_bytes, plan->leaving_bytes, freed);
	uint64_t for_kernel =
		available_with_freed(plan->cost.available_bytes, plan->leaving_kernel_bytes, freed);

	if (!plan->leaving_kernel_bytes || left == MHP_UNKNOWN)
		return left;
	return for_kernel < left ? for_kernel : left;
}

/* Returns the reserve for the machine as it is after the offline. */
static uint64_t reserve_after(const struct planner *p)
{
	const struct mhp_plan *plan = p->plan;
	uint64_t present = 0;

	for (size_t i = 0; i < p->topo->nr_nodes; i++)
		present += p->topo->nodes[i].kernel_present_bytes;
	if (plan->cost.reserve_bytes == MHP_UNKNOWN) /* no nodes, or not known */
		present = p->topo->memory.online_bytes;
	return reserve_of(available_after(present, plan->leaving_kernel_bytes));
}

static int check_leaving(struct planner *p)
{
	uint64_t leaving = p->plan->leaving_bytes, left = least_available(p),
		 keep = reserve_after(p);
	char go[24], stay[24] = "an unknown amount", floor[24];
	int rc;

	if (!leaving || (left != MHP_UNKNOWN && left >= keep))
		return 0;
	format_size(leaving, go, sizeof(go));
	format_size(keep, floor, sizeof(floor));
	if (left != MHP_UNKNOWN)
		format_size(left, stay, sizeof(stay));
	rc = plan_warn(p, "%s of memory go offline; %s would stay available, where %s should", go,
		       stay, floor);
	if (rc < 0)
		return rc;
	return plan_consent(p, MHP_CONSENT_MEMORY,
			    "take %s of memory offline, after which %s is available, where %s "
			    "should stay free",
			    go, stay, floor);
}

/* Warns if a node has too little memory: the kernel takes the rest from other nodes. */
static int check_nodes(struct planner *p)
{
	char take[24], have[24];
	int rc = 0;

	for (size_t i = 0; i < p->plan->nr_node_costs && rc == 0; i++) {
		const struct mhp_node_cost *cost = &p->plan->node_costs[i];

		if (cost->available_bytes == MHP_UNKNOWN ||
		    cost->memmap_bytes <= cost->available_bytes)
			continue;
		rc = plan_warn(p,
			       "node %d has %s available for %s of memmap; the rest comes from "
			       "other nodes, and is slower to reach",
			       cost->node, format_size(cost->available_bytes, have, sizeof(have)),
			       format_size(cost->memmap_bytes, take, sizeof(take)));
	}
	return rc;
}

static int check_memory(struct planner *p)
{
	int rc;

	p->plan->cost.vmemmap_dedup = p->topo->memory.vmemmap_dedup;
	p->plan->cost.time_ms = cost_time_ms(&p->topo->memory, p->plan->cost.page_structs);
	sum_available(p);
	rc = check_available(p);
	if (rc == 0)
		rc = check_leaving(p);
	return rc < 0 ? rc : check_nodes(p);
}

int plan_budget(struct planner *p)
{
	int rc = add_steps(p);

	p->plan->cost.is_complete = !p->plan->partial && !p->plan->nr_hidden;
	sum_zones(p);
	if (rc == 0)
		rc = check_memory(p);
	return rc < 0 ? rc : check_ratio(p);
}

/* ---- several plans ----------------------------------------------------------------------- */

static void add_plan(struct mhp_plan *sum, const struct mhp_plan *plan)
{
	sum->taken_bytes += plan->taken_bytes;
	sum->leaving_bytes += plan->leaving_bytes;
	sum->leaving_kernel_bytes += plan->leaving_kernel_bytes;
	sum->cost.is_complete &= plan->cost.is_complete;
	sum->cost.memmap_bytes += plan->cost.memmap_bytes;
	sum->cost.memory_bytes += plan->cost.memory_bytes;
	sum->cost.device_bytes += plan->cost.device_bytes;
	sum->cost.freed_bytes += plan->cost.freed_bytes;
	sum->cost.page_structs += plan->cost.page_structs;
	sum->cost.usable_bytes += plan->cost.usable_bytes;
	sum->cost.lost_bytes += plan->cost.lost_bytes;
}

int plan_budget_of(struct planner *p, const struct mhp_plan *const *plans, size_t nr)
{
	struct mhp_plan_cost *cost = &p->plan->cost;
	uint64_t movable, kernel;
	int rc = 0;

	node_sum_zones(p->topo, &movable, &kernel);
	*cost = (struct mhp_plan_cost){ .is_complete = true,
					.movable_bytes = movable,
					.kernel_bytes = kernel };
	for (size_t i = 0; i < nr; i++) {
		add_plan(p->plan, plans[i]);
		/* all plans start from the same sums; unsigned arithmetic handles a decrease */
		cost->movable_bytes += plans[i]->cost.movable_bytes - movable;
		cost->kernel_bytes += plans[i]->cost.kernel_bytes - kernel;
		for (size_t n = 0; n < plans[i]->nr_node_costs && rc == 0; n++)
			rc = add_to_node(p->plan, p->topo, plans[i]->node_costs[n].node,
					 plans[i]->node_costs[n].memmap_bytes);
	}
	return rc < 0 ? rc : check_memory(p);
}

/* ---- public getters ---------------------------------------------------------------------- */

MHP_EXPORT const struct mhp_plan_cost *mhp_plan_cost(const struct mhp_plan *plan)
{
	return &plan->cost;
}

MHP_EXPORT const struct mhp_node_cost *mhp_plan_node_cost(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_node_costs ? &plan->node_costs[index] : NULL;
}

MHP_EXPORT const struct mhp_alternative *mhp_plan_alternative(const struct mhp_plan *plan,
							      size_t index)
{
	return index < plan->nr_alternatives ? &plan->alternatives[index] : NULL;
}
