/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the zone of memory for which the request leaves it open. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/node.h"
#include "lib/model/zone.h"
#include "lib/plan/plan.h"

#include <stdio.h>
#include <string.h>

/* Bytes that are online, or will be once the chains before this one are done. */
struct sums {
	uint64_t movable;
	uint64_t kernel;
	unsigned ratio_movable; /* the limit: bytes of movable ... */
	unsigned ratio_kernel;	/* ... for bytes of the kernel */
};

static bool is_open(const struct mhp_step *step)
{
	return step->zone == MHP_ZONE_REQUEST_AUTO &&
	       (step->type == MHP_STEP_ONLINE_BLOCK ||
		(step->type == MHP_STEP_SET_MODE && step->mode == MHP_DAX_SYSTEM_RAM));
}

/*
 * Returns the bytes of the chain whose zone is open. Its blocks count, or if they are not known,
 * the device.
 */
static uint64_t open_bytes(const struct mhp_plan *plan, uint32_t chain)
{
	uint64_t blocks = 0, device = 0;

	for (size_t i = 0; i < plan->nr_steps; i++) {
		const struct mhp_step *step = &plan->steps[i];

		if (step->chain == chain && is_open(step))
			*(step->type == MHP_STEP_ONLINE_BLOCK ? &blocks : &device) += step->size;
	}
	return blocks ? blocks : device;
}

/* Returns whether blocks that exist can have the zone: the kernel says so for each. */
static bool is_possible(const struct mhp_topology *topo, const struct mhp_step *step,
			enum mhp_zone_request zone)
{
	if (step->type != MHP_STEP_ONLINE_BLOCK)
		return true;
	for (uint64_t id = step->first_block; id <= step->last_block; id++) {
		const struct mhp_block *block = topology_find_block(topo, id);
		bool fits = !block || !block->nr_valid_zones;

		for (unsigned i = 0; block && i < block->nr_valid_zones; i++)
			fits |= zone_satisfies(mhp_block_valid_zone(block, i), zone);
		if (!fits)
			return false;
	}
	return true;
}

static void explain(struct mhp_step *step, const char *reason)
{
	char why[sizeof(step->why)];

	str_copy(why, step->why);
	str_format(step->why, "%s%s%s", why, *why ? "; " : "", reason);
}

/* Gives the open steps of the chain the zone, unless the kernel refuses it for a block. */
static void set_zone(struct planner *p, uint32_t chain, enum mhp_zone_request zone,
		     const char *reason)
{
	for (size_t i = 0; i < p->plan->nr_steps; i++) {
		struct mhp_step *step = &p->plan->steps[i];

		if (step->chain != chain || !is_open(step))
			continue;
		if (!is_possible(p->topo, step, zone)) {
			explain(step, "the kernel chooses the zone: a block cannot have each");
			continue;
		}
		step->zone = zone;
		explain(step, reason);
	}
}

static void choose_for_chain(struct planner *p, uint32_t chain, struct sums *sums)
{
	uint64_t more = open_bytes(p->plan, chain);
	bool is_movable = node_ratio_holds(sums->movable + more, sums->kernel, sums->ratio_movable,
					   sums->ratio_kernel);
	char movable[24], kernel[24], reason[128];

	if (!more)
		return;
	str_format(reason, "movable would be %s to %s of kernel zones, %s %u:%u",
		   format_size(sums->movable + more, movable, sizeof(movable)),
		   format_size(sums->kernel, kernel, sizeof(kernel)),
		   is_movable ? "within" : "more than", sums->ratio_movable, sums->ratio_kernel);
	set_zone(p, chain, is_movable ? MHP_ZONE_REQUEST_MOVABLE : MHP_ZONE_REQUEST_KERNEL, reason);
	*(is_movable ? &sums->movable : &sums->kernel) += more;
}

void plan_choose_zones(struct planner *p)
{
	const struct mhp_request *r = p->request;
	const char *reason = NULL; /* why the kernel chooses */
	struct sums sums = {
		.ratio_movable = r->ratio_movable ? r->ratio_movable : MOVABLE_RATIO_MAX,
		.ratio_kernel = r->ratio_movable ? r->ratio_kernel : 1,
	};

	if (r->zone != MHP_ZONE_REQUEST_AUTO)
		return;
	if (strcmp(p->topo->memory.online_policy, "auto_movable") == 0)
		reason = "the kernel chooses the zone by its policy auto_movable";
	else if (!node_sum_zones(p->topo, &sums.movable, &sums.kernel))
		reason = "the kernel chooses the zone: the sizes of the zones are not known";
	sums.movable += p->topo->movable_to_come;
	sums.kernel += p->topo->kernel_to_come;
	for (uint32_t chain = 0; chain < p->plan->nr_chains; chain++)
		if (reason)
			set_zone(p, chain, MHP_ZONE_REQUEST_AUTO, reason);
		else
			choose_for_chain(p, chain, &sums);
}
