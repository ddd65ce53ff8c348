/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cost of a new namespace with each map and alignment, and of a CXL region in each window. */
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/aligns.h"
#include "lib/plan/cost.h"
#include "lib/plan/cxl.h"
#include "lib/plan/plan.h"

#include <errno.h>

static const enum mhp_memmap_location maps[] = { MHP_MEMMAP_MEM, MHP_MEMMAP_DEV };

/* Returns the set_mode step to system-ram after a create step, or NULL. */
static const struct mhp_step *kmem_step_after(const struct mhp_plan *plan, size_t create)
{
	for (size_t i = create + 1; i < plan->nr_steps; i++)
		if (plan->steps[i].chain == plan->steps[create].chain &&
		    plan->steps[i].type == MHP_STEP_SET_MODE &&
		    plan->steps[i].mode == MHP_DAX_SYSTEM_RAM)
			return &plan->steps[i];
	return NULL;
}

static bool has_new_labels(const struct mhp_plan *plan, uint32_t chain)
{
	for (size_t i = 0; i < plan->nr_steps; i++)
		if (plan->steps[i].type == MHP_STEP_INIT_LABELS && plan->steps[i].chain == chain)
			return true;
	return false;
}

/* Returns the bytes of the region that the namespace would take; 0: it does not fit. */
static uint64_t namespace_bytes(const struct planner *p, const struct mhp_region *region,
				uint32_t chain, uint64_t align)
{
	bool new_labels = has_new_labels(p->plan, chain);
	uint64_t unit = cost_size_unit(region, align), space, bytes;

	if (!region->has_labels && !new_labels)
		return region->size > align ? region->size : 0;
	space = new_labels ? region->size : region->max_extent_bytes;
	bytes = p->request->bytes ? align_up(p->request->bytes, unit) : align_down(space, unit);
	return bytes <= space && bytes > align ? bytes : 0;
}

struct mhp_cost plan_namespace_cost(const struct planner *p, const struct mhp_region *region,
				    const struct mhp_step *kmem, uint64_t bytes, uint64_t align,
				    enum mhp_memmap_location map)
{
	const struct mhp_memory *memory = &p->topo->memory;
	uint64_t start = region->start == MHP_UNKNOWN ? 0 : region->start, first, blocks;
	struct mhp_range data;
	struct mhp_cost cost = cost_layout(memory, start, bytes, align, map, &data);

	if (!kmem) {
		cost_add_device_memmap(&cost, memory, bytes - cost.end_bytes, align, map,
				       cost_nearest_node(p->topo, region->numa_node));
		return cost;
	}
	blocks = range_whole_blocks(data, memory->block_size, &first) * memory->block_size;
	cost_add_blocks(&cost, memory, blocks, false, kmem->cost.node);
	cost.page_structs = blocks / memory->page_size; /* when they go online */
	cost.time_ms = cost_time_ms(memory, cost.page_structs);
	return cost;
}

static int add_choice(struct planner *p, size_t step, const struct mhp_region *region,
		      uint64_t align, enum mhp_memmap_location map)
{
	const struct mhp_step *create = &p->plan->steps[step];
	uint64_t bytes = namespace_bytes(p, region, create->chain, align);
	struct mhp_alternative *added;
	struct mhp_cost cost;

	if (!bytes)
		return 0;
	cost = plan_namespace_cost(p, region, kmem_step_after(p->plan, step), bytes, align, map);
	if (!cost.usable_bytes)
		return 0;
	added = VEC_PUSH(p->plan->alternatives, p->plan->nr_alternatives);
	if (!added)
		return -ENOMEM;
	added->step = step;
	added->map = map;
	added->align = align;
	added->cost = cost;
	added->is_chosen = map == create->map && align == create->align;
	return 0;
}

/* Compares the times, which are proportional to the numbers of page structs. */
static void compare_times(struct mhp_alternative *choices, size_t nr)
{
	uint64_t chosen = 0;

	for (size_t i = 0; i < nr; i++)
		if (choices[i].is_chosen)
			chosen = choices[i].cost.page_structs;
	for (size_t i = 0; i < nr && chosen; i++) {
		double part = (double)choices[i].cost.page_structs / (double)chosen * 100;

		choices[i].time_percent = part < 1 ? 1 : (unsigned)(part + 0.5);
	}
}

/* Adds a choice for each alignment; only the chosen one if the kernel shows none. */
static int add_choices(struct planner *p, size_t step, const struct mhp_region *region)
{
	unsigned nr;
	const uint64_t *aligns = aligns_of(p->topo, region, &nr);
	uint64_t chosen = p->plan->steps[step].align;
	int rc = 0;

	for (size_t m = 0; m < ARRAY_SIZE(maps) && rc == 0; m++) {
		for (unsigned a = 0; a < nr && rc == 0; a++)
			rc = add_choice(p, step, region, aligns[a], maps[m]);
		if (!nr)
			rc = add_choice(p, step, region, chosen, maps[m]);
	}
	return rc;
}

/* Adds the choices of a step, which may have none. */
static int add_choices_of(struct planner *p, size_t step)
{
	const struct mhp_step *create = &p->plan->steps[step];
	const struct mhp_region *region;

	if (create->type == MHP_STEP_CREATE_CXL_REGION)
		return cxl_add_alternatives(p, step, kmem_step_after(p->plan, step));
	region = create->type == MHP_STEP_CREATE_NAMESPACE
			 ? topology_find_region(p->topo, create->object)
			 : NULL;
	return region ? add_choices(p, step, region) : 0;
}

int plan_choices(struct planner *p)
{
	struct mhp_plan *plan = p->plan;
	int rc = 0;

	for (size_t i = 0; i < plan->nr_steps && rc == 0; i++) {
		size_t before = plan->nr_alternatives;

		rc = add_choices_of(p, i);
		if (rc == 0 && plan->nr_alternatives > before)
			compare_times(plan->alternatives + before, plan->nr_alternatives - before);
	}
	return rc;
}
