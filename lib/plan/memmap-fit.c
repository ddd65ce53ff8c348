/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refuses a memmap that cannot fit into memory, even with consent: the kernel would use up all
 * memory for it, fail, and keep most of it until the next boot.
 */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/plan/cost.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <string.h>

/* Available memory changes all the time, so hints leave a margin of 1/CHANGES. */
#define CHANGES 32

struct shortage {
	const struct mhp_step *step; /* the first that does not fit */
	uint64_t takes;		     /* bytes that it takes */
	uint64_t left;		     /* bytes available when it starts */
};

/* ---- finding a shortage -------------------------------------------------------------------- */

/*
 * Returns whether the cost is exact. If it is not known whether large pages share page structs, the
 * cost is an upper limit, and no reason to refuse.
 */
static bool is_certain(const struct planner *p, const struct mhp_step *step)
{
	bool is_kmem = step->type == MHP_STEP_SET_MODE && step->mode == MHP_DAX_SYSTEM_RAM;

	return is_kmem || p->topo->memory.vmemmap_dedup != MHP_TRISTATE_UNKNOWN;
}

static uint64_t bytes_taken(const struct mhp_step *step)
{
	const struct mhp_cost *cost = &step->cost;

	return cost->map == MHP_MEMMAP_MEM && cost->memmap_bytes > cost->freed_bytes
		       ? cost->memmap_bytes - cost->freed_bytes
		       : 0;
}

/* Returns the memory that the kernel gains from a step: a freed memmap, or new memory. */
static uint64_t bytes_gained(const struct mhp_step *step)
{
	const struct mhp_cost *cost = &step->cost;
	uint64_t memmap = cost->map == MHP_MEMMAP_MEM ? cost->memmap_bytes : 0;

	if (step->type == MHP_STEP_ONLINE_BLOCK)
		return step->zone == MHP_ZONE_REQUEST_MOVABLE ? 0 : step->size;
	return step->has_cost && cost->freed_bytes > memmap ? cost->freed_bytes - memmap : 0;
}

/* Adds up the steps in their order: what a step frees is available to later ones. */
static bool is_short(const struct planner *p, struct shortage *found)
{
	uint64_t left = p->plan->cost.available_bytes;

	if (left == MHP_UNKNOWN) /* this needs consent instead (budget.c) */
		return false;
	for (size_t i = 0; i < p->plan->nr_steps; i++) {
		const struct mhp_step *step = &p->plan->steps[i];
		uint64_t takes = step->has_cost && is_certain(p, step) ? bytes_taken(step) : 0;

		if (takes > left) {
			*found = (struct shortage){ step, takes, left };
			return true;
		}
		left += bytes_gained(step) - takes;
	}
	return false;
}

/* ---- hints --------------------------------------------------------------------------------- */

/* Returns the step that creates the namespace of a step, which may be the step itself; or NULL. */
static const struct mhp_step *creation_of(const struct mhp_plan *plan, const struct mhp_step *step)
{
	for (const struct mhp_step *at = step + 1; at-- > plan->steps;)
		if (at->chain == step->chain && at->type == MHP_STEP_CREATE_NAMESPACE)
			return at;
	return NULL;
}

/* Returns the largest namespace whose memmap takes at most these bytes, by bisection; 0: none.
 */
static uint64_t largest_size(const struct planner *p, const struct mhp_step *create,
			     const struct mhp_step *kmem, uint64_t bytes)
{
	const struct mhp_region *region = topology_find_region(p->topo, create->object);
	uint64_t unit = region ? cost_size_unit(region, create->align) : 0, most = 0, tried;
	uint64_t end = region ? (create->size ? create->size : region->size) / unit : 0;

	while (most < end) {
		struct mhp_cost cost;

		tried = most + (end - most + 1) / 2;
		cost = plan_namespace_cost(p, region, kmem, tried * unit, create->align,
					   create->map);
		if (cost.map == MHP_MEMMAP_MEM && cost.memmap_bytes > bytes)
			end = tried - 1;
		else
			most = tried;
	}
	/* a namespace without usable memory has no memmap either */
	if (!most || !plan_namespace_cost(p, region, kmem, most * unit, create->align, create->map)
			      .usable_bytes)
		return 0;
	return most * unit;
}

static int hint_size(const struct planner *p, const struct shortage *s,
		     const struct mhp_step *create, struct mhp_error *err)
{
	const struct mhp_region *region = topology_find_region(p->topo, create->object);
	const struct mhp_step *kmem = create == s->step ? NULL : s->step;
	const char *labels = region && !region->has_labels ? "--init-labels " : "";
	const char *map = !kmem ? "; with --map=dev it is kept on the device" : "";
	uint64_t keep = p->plan->cost.reserve_bytes, space = s->left - s->left / CHANGES;
	uint64_t most = largest_size(p, create, kmem, space);
	uint64_t good = space > keep ? largest_size(p, create, kmem, space - keep) : 0;
	char a[32], b[32], c[24];

	if (region && !region->has_labels && !region->can_label)
		return err_hint(err, -ENOSPC,
				"its DIMMs have no labels, so only the whole region can be "
				"used%s",
				map);
	if (!most)
		return err_hint(err, -ENOSPC, "free memory first: no size would fit%s", map);
	if (!good)
		return err_hint(err, -ENOSPC, "no more than %s--size %s fits%s", labels,
				size_word(most, a, sizeof(a)), map);
	return err_hint(err, -ENOSPC,
			"no more than %s--size %s fits; %s leaves the %s that should stay "
			"free%s",
			labels, size_word(most, a, sizeof(a)), size_word(good, b, sizeof(b)),
			format_size(keep, c, sizeof(c)), map);
}

/* Hints at the part of an existing device, or of a new CXL region, that would fit. */
static int hint_part(const struct planner *p, const struct shortage *s, struct mhp_error *err)
{
	const struct cxl_setup *cxl = &p->plan->chains[s->step->chain].cxl;
	const struct mhp_cost *cost = &s->step->cost;
	uint64_t bytes =
		s->step->size && s->step->type == MHP_STEP_SET_MODE ? s->step->size : cost->size;
	char part[24];

	/* in proportion; double, as the product may be too large */
	bytes = (uint64_t)((double)bytes * (double)s->left / (double)s->takes);
	if (*cxl->window && !*cxl->region && align_down(bytes, CXL_PIECE * cxl->ways))
		return err_hint(err, -ENOSPC,
				"free memory first, or make a smaller region: no more than about "
				"--size %s would fit",
				size_word(align_down(bytes, CXL_PIECE * cxl->ways), part,
					  sizeof(part)));
	return err_hint(err, -ENOSPC,
			"free memory first, or use a smaller device: no more than "
			"about %s of it would fit",
			format_size(bytes, part, sizeof(part)));
}

static const char *object_name(const struct mhp_plan *plan, const struct mhp_step *step)
{
	const struct chain *chain = &plan->chains[step->chain];

	if (!step->is_predicted || !*chain->region)
		return step->object;
	return *chain->ns_name ? chain->ns_name : chain->region;
}

int plan_check_memmaps(struct planner *p, uint32_t *chain, struct mhp_error *err)
{
	const struct mhp_step *create;
	struct shortage s;
	char take[24], have[24], all[24], behind[96] = "";

	if (!is_short(p, &s))
		return 0;
	*chain = s.step->chain;
	create = creation_of(p->plan, s.step);
	if (s.left != p->plan->cost.available_bytes)
		str_format(behind, ", of the %s that are available now",
			   format_size(p->plan->cost.available_bytes, all, sizeof(all)));
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: the memmap takes %s of ordinary memory, and there are no more than %s%s",
		object_name(p->plan, s.step), format_size(s.takes, take, sizeof(take)),
		format_size(s.left, have, sizeof(have)), behind);
	return create ? hint_size(p, &s, create, err) : hint_part(p, &s, err);
}
