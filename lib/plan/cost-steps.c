/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cost of each step of a plan, from the current state of the machine. */
#include "lib/base/error.h"
#include "lib/model/aligns.h"
#include "lib/model/daxdev.h"
#include "lib/plan/cost.h"
#include "lib/plan/cxl.h"

#include <string.h>

/* Returns the last earlier step of the chain that creates the device, or NULL. */
static const struct mhp_step *creation_before(const struct mhp_plan *plan,
					      const struct mhp_step *step)
{
	for (const struct mhp_step *at = step; at-- > plan->steps;)
		if (at->chain == step->chain && (at->type == MHP_STEP_CREATE_NAMESPACE ||
						 at->type == MHP_STEP_ENABLE_NAMESPACE))
			return at;
	return NULL;
}

static void cost_of_create(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_region *region = topology_find_region(p->topo, step->object);
	const struct mhp_memory *memory = &p->topo->memory;

	if (!region)
		return;
	/* a hidden address is assumed to be aligned */
	step->cost =
		cost_layout(memory, region->start == MHP_UNKNOWN ? 0 : region->start,
			    step->size ? step->size : region->size, step->align, step->map, NULL);
	if (!step->is_direct_to_kmem)
		cost_add_device_memmap(&step->cost, memory, step->cost.size - step->cost.end_bytes,
				       step->align, step->map,
				       cost_nearest_node(p->topo, region->numa_node));
	step->has_cost = true;
}

static void cost_of_enable(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, step->object);
	const struct mhp_region *region = ns ? topology_find_region(p->topo, ns->region) : NULL;
	const struct mhp_memory *memory = &p->topo->memory;
	bool is_devdax = ns && ns->mode == MHP_NAMESPACE_DEVDAX;
	uint64_t align;
	enum mhp_memmap_location map;

	if (!region || (!is_devdax && ns->mode != MHP_NAMESPACE_FSDAX))
		return; /* raw or sector: no memmap, or not known yet */
	align = ns->align ? ns->align : step->align;
	if (!align)
		align = aligns_default(p->topo, region);
	map = ns->map != MHP_MEMMAP_NONE ? ns->map : MHP_MEMMAP_MEM;
	step->cost = cost_layout(memory, region->start == MHP_UNKNOWN ? 0 : region->start,
				 ns->raw_size, align, map, NULL);
	if (!step->is_direct_to_kmem) /* fsdax has no fixed large pages, so page structs are not
				       * shared
				       */
		cost_add_device_memmap(&step->cost, memory, ns->raw_size - step->cost.end_bytes,
				       is_devdax ? align : memory->page_size, map,
				       cost_nearest_node(p->topo, region->numa_node));
	step->has_cost = true;
}

/* Returns the size of the device that an earlier step creates. */
static uint64_t future_size(const struct mhp_plan *plan, const struct mhp_step *step)
{
	const struct mhp_step *before = creation_before(plan, step);

	return before ? before->cost.usable_bytes : step->size;
}

/* Returns the node of the memory of the device that an earlier step creates. */
static int future_node(const struct planner *p, const struct mhp_step *step)
{
	const char *name = p->plan->chains[step->chain].region;
	const struct mhp_region *region = topology_find_region(p->topo, name);

	if (!region)
		return cost_memory_node(p->topo, -1, -1);
	return cost_memory_node(p->topo, region->target_node, region->numa_node);
}

static void cost_of_kmem(const struct planner *p, struct mhp_step *step, const struct mhp_dax *dax)
{
	struct mhp_cost *cost = &step->cost;

	*cost = (struct mhp_cost){ .time_ms = MHP_UNKNOWN };
	cost->size = dax ? dax->size : future_size(p->plan, step);
	cost->usable_bytes = cost->size;
	cost_add_blocks(cost, &p->topo->memory, step->size,
			dax && dax_memmap_on_memory(dax, &p->topo->memory),
			dax ? cost_memory_node(p->topo, dax->target_node, dax->numa_node)
			    : future_node(p, step));
	if (dax && dax->mode == MHP_DAX_DEVDAX && dax->memmap_bytes != MHP_UNKNOWN)
		cost->freed_bytes = dax->memmap_bytes;
	step->has_cost = true;
}

static void cost_of_devdax(const struct planner *p, struct mhp_step *step,
			   const struct mhp_dax *dax)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, dax->ns_name);

	step->cost = (struct mhp_cost){ .node = -1, .size = dax->size, .time_ms = MHP_UNKNOWN };
	step->cost.usable_bytes = dax->size;
	if (step->mode == MHP_DAX_DEVDAX)
		cost_add_device_memmap(
			&step->cost, &p->topo->memory, dax_mapped_bytes(dax, ns), dax->align,
			ns && ns->map == MHP_MEMMAP_DEV ? MHP_MEMMAP_DEV : MHP_MEMMAP_MEM,
			cost_nearest_node(p->topo, dax->numa_node));
	if (dax->memmap_bytes != MHP_UNKNOWN)
		step->cost.freed_bytes = dax->memmap_bytes;
	step->has_cost = true;
}

static const struct mhp_step *resize_before(const struct mhp_plan *plan,
					    const struct mhp_step *step)
{
	for (const struct mhp_step *at = step; at-- > plan->steps;)
		if (at->chain == step->chain && at->type == MHP_STEP_RESIZE_DEVICE)
			return at;
	return NULL;
}

bool plan_future_dax(const struct planner *p, const struct mhp_step *step, struct mhp_dax *dax)
{
	const struct mhp_step *resize = resize_before(p->plan, step);
	const struct chain *chain = &p->plan->chains[step->chain];
	const struct mhp_dax_region *region = topology_find_dax_region(p->topo, chain->dax_region);
	const struct mhp_dax *now = topology_find_dax(p->topo, chain->device);

	if (step->is_predicted && *chain->cxl.window) {
		*dax = cxl_future_dax(chain, step->object);
		return true;
	}
	if (!resize || !region)
		return false;
	*dax = now ? *now : (struct mhp_dax){ .memmap_on_memory = MHP_TRISTATE_NO };
	str_copy(dax->name, step->object);
	dax->mode = MHP_DAX_UNBOUND;
	dax->memmap_bytes = 0;
	dax->size = resize->size;
	dax->align = resize->align ? resize->align : dax->align;
	dax->numa_node = region->numa_node;
	dax->target_node = region->target_node;
	dax->nr_ranges = chain->ranges.nr;
	memcpy(dax->ranges, chain->ranges.at, sizeof(dax->ranges));
	return true;
}

static void cost_of_mode(const struct planner *p, struct mhp_step *step)
{
	struct mhp_dax future;
	const struct mhp_dax *dax = plan_future_dax(p, step, &future) ? &future
				    : step->is_predicted	      ? NULL
							 : topology_find_dax(p->topo, step->object);

	if (step->mode == MHP_DAX_SYSTEM_RAM)
		cost_of_kmem(p, step, dax);
	else if (dax)
		cost_of_devdax(p, step, dax);
}

/* Adds the memmap of missing blocks of a kmem device, which this step adds to the kernel. */
static void cost_of_adding(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_dax *dax = topology_find_dax(p->topo, p->plan->chains[step->chain].device);

	if (!step->is_predicted || !dax || dax->mode != MHP_DAX_SYSTEM_RAM)
		return;
	cost_add_blocks(&step->cost, &p->topo->memory, step->size,
			dax_memmap_on_memory(dax, &p->topo->memory),
			cost_memory_node(p->topo, dax->target_node, dax->numa_node));
}

/* Sets the cost of an online: the kernel writes the page structs of a block at each online. */
static void cost_of_online(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_memory *memory = &p->topo->memory;

	step->cost = (struct mhp_cost){ .node = -1, .size = step->size };
	step->cost.usable_bytes = step->size;
	step->cost.page_structs = step->size / memory->page_size;
	step->cost.time_ms = cost_time_ms(memory, step->cost.page_structs);
	step->has_cost = true;
	cost_of_adding(p, step);
}

static void cost_of_destroy(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, step->object);
	const struct mhp_dax *dax = ns ? topology_find_dax(p->topo, ns->device) : NULL;

	if (!dax || dax->mode != MHP_DAX_DEVDAX || dax->memmap_bytes == MHP_UNKNOWN)
		return;
	step->cost = (struct mhp_cost){ .node = -1,
					.freed_bytes = dax->memmap_bytes,
					.time_ms = MHP_UNKNOWN };
	step->has_cost = true;
}

static void cost_of_step(const struct planner *p, struct mhp_step *step)
{
	switch (step->type) {
	case MHP_STEP_CREATE_NAMESPACE:
		cost_of_create(p, step);
		break;
	case MHP_STEP_ENABLE_NAMESPACE:
		cost_of_enable(p, step);
		break;
	case MHP_STEP_SET_MODE:
		cost_of_mode(p, step);
		break;
	case MHP_STEP_ONLINE_BLOCK:
		cost_of_online(p, step);
		break;
	case MHP_STEP_DESTROY_NAMESPACE:
		cost_of_destroy(p, step);
		break;
	default:
		break;
	}
	if (step->cost.map == MHP_MEMMAP_MEM)
		step->memmap_bytes = step->cost.memmap_bytes;
}

int plan_costs(struct planner *p)
{
	int rc;

	plan_choose_zones(p);
	for (size_t i = 0; i < p->plan->nr_steps; i++)
		cost_of_step(p, &p->plan->steps[i]);
	rc = plan_choices(p);
	return rc < 0 ? rc : plan_budget(p);
}
