/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes that show whether two plans, or the devices of two scans, are the same. */
#include "lib/base/hash.h"
#include "lib/model/dax-region.h"
#include "lib/plan/plan.h"

#include <string.h>

static uint64_t hash_dax(uint64_t hash, const struct mhp_dax *dax)
{
	hash = hash_text(hash, dax->name);
	hash = hash_number(hash, dax->mode);
	hash = hash_number(hash, dax->size);
	hash = hash_number(hash, dax->align);
	hash = hash_number(hash, (uint64_t)dax->target_node);
	for (unsigned i = 0; i < dax->nr_ranges; i++) {
		hash = hash_number(hash, dax->ranges[i].start);
		hash = hash_number(hash, dax->ranges[i].end);
	}
	return hash;
}

static uint64_t hash_namespace(uint64_t hash, const struct mhp_namespace *ns)
{
	hash = hash_text(hash, ns->name);
	hash = hash_text(hash, ns->uuid);
	hash = hash_text(hash, ns->id);
	hash = hash_number(hash, ns->mode);
	hash = hash_number(hash, ns->raw_size);
	return hash_number(hash, ns->is_enabled);
}

static uint64_t hash_region(uint64_t hash, const struct mhp_region *region)
{
	hash = hash_text(hash, region->name);
	hash = hash_number(hash, region->start);
	hash = hash_number(hash, region->size);
	hash = hash_number(hash, region->available_bytes);
	hash = hash_number(hash, region->has_labels);
	hash = hash_number(hash, region->is_enabled);
	return hash_number(hash, region->is_read_only);
}

static uint64_t hash_dax_region(uint64_t hash, const struct mhp_dax_region *region)
{
	hash = hash_text(hash, region->path);
	hash = hash_number(hash, region->size);
	return hash_number(hash, region->available_bytes);
}

static uint64_t hash_cxl_region(uint64_t hash, const struct mhp_cxl_region *region)
{
	hash = hash_text(hash, region->name);
	hash = hash_text(hash, region->window);
	hash = hash_number(hash, region->state);
	hash = hash_number(hash, region->start);
	hash = hash_number(hash, region->size);
	hash = hash_number(hash, region->granularity);
	hash = hash_number(hash, region->ways);
	for (unsigned i = 0; i < region->nr_members; i++) {
		hash = hash_text(hash, region->members[i].decoder);
		hash = hash_number(hash, region->members[i].serial);
	}
	return hash;
}

static uint64_t hash_memdev(uint64_t hash, const struct mhp_cxl_memdev *memdev)
{
	hash = hash_text(hash, memdev->name);
	hash = hash_number(hash, memdev->serial);
	hash = hash_number(hash, memdev->is_enabled);
	hash = hash_number(hash, memdev->ram_bytes);
	return hash_number(hash, memdev->ram_used_bytes);
}

static uint64_t hash_window(uint64_t hash, const struct mhp_cxl_window *window)
{
	hash = hash_text(hash, window->name);
	hash = hash_number(hash, window->start);
	hash = hash_number(hash, window->size);
	hash = hash_number(hash, window->max_extent_start);
	return hash_number(hash, window->max_extent_bytes);
}

/* Hashes the CXL region that steps make or undo, with its window and its memory devices. */
static uint64_t hash_cxl(uint64_t hash, const struct mhp_topology *topo,
			 const struct cxl_setup *cxl)
{
	const struct mhp_cxl_region *region = topology_find_cxl_region(topo, cxl->region);
	const struct mhp_cxl_memdev *memdev;

	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		if (strcmp(topo->cxl_windows[i].name, cxl->window) == 0)
			hash = hash_window(hash, &topo->cxl_windows[i]);
	for (unsigned i = 0; i < cxl->ways; i++) {
		memdev = topology_find_cxl_memdev(topo, cxl->members[i].memdev);
		if (memdev)
			hash = hash_memdev(hash, memdev);
	}
	return region ? hash_cxl_region(hash, region) : hash;
}

/* Hashes the state that the steps of the chain start from. */
static uint64_t hash_chain(uint64_t hash, const struct mhp_topology *topo,
			   const struct chain *chain)
{
	const struct mhp_region *region = topology_find_region(topo, chain->region);
	const struct mhp_namespace *ns = topology_find_namespace(topo, chain->ns_name);
	const struct mhp_dax *dax = topology_find_dax(topo, chain->device);
	const struct mhp_dax_region *dax_region = topology_find_dax_region(topo, chain->dax_region);

	hash = hash_text(hash, chain->key);
	if (region)
		hash = hash_region(hash, region);
	if (ns)
		hash = hash_namespace(hash, ns);
	if (dax_region)
		hash = hash_dax_region(hash, dax_region);
	for (unsigned i = 0; i < chain->ranges.nr; i++) {
		hash = hash_number(hash, chain->ranges.at[i].start);
		hash = hash_number(hash, chain->ranges.at[i].end);
	}
	hash = hash_cxl(hash, topo, &chain->cxl);
	return dax ? hash_dax(hash, dax) : hash;
}

/* Skips modules, which may have been loaded in the meantime and change nothing else. */
static uint64_t hash_step(uint64_t hash, const struct mhp_step *step)
{
	if (step->type == MHP_STEP_LOAD_MODULE)
		return hash;
	hash = hash_number(hash, step->type);
	hash = hash_text(hash, step->object);
	hash = hash_number(hash, step->mode);
	hash = hash_number(hash, step->zone);
	hash = hash_number(hash, step->size);
	hash = hash_number(hash, step->align);
	hash = hash_number(hash, step->map);
	hash = hash_text(hash, step->label);
	hash = hash_number(hash, step->ways);
	hash = hash_number(hash, step->granularity);
	return hash_number(hash, step->overwrite);
}

/*
 * Hashes a loss: consent covers exactly this data, so a plan that loses other data is another plan.
 */
static uint64_t hash_loss(uint64_t hash, const struct mhp_loss *loss)
{
	hash = hash_text(hash, loss->object);
	hash = hash_text(hash, loss->uuid);
	return hash_text(hash, loss->content_text);
}

uint64_t plan_fingerprint(const struct mhp_topology *topo, const struct mhp_plan *plan)
{
	uint64_t hash = hash_number(HASH_INIT, plan->verb);

	for (size_t i = 0; i < plan->nr_targets; i++)
		hash = hash_text(hash, plan->targets[i].target.text);
	for (size_t i = 0; i < plan->nr_chains; i++)
		hash = hash_chain(hash, topo, &plan->chains[i]);
	for (size_t i = 0; i < plan->nr_losses; i++)
		hash = hash_loss(hash, &plan->losses[i]);
	for (size_t i = 0; i < plan->nr_steps; i++)
		hash = hash_step(hash, &plan->steps[i]);
	return hash;
}

uint64_t devices_fingerprint(const struct mhp_topology *topo)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < topo->nr_regions; i++)
		sum += hash_region(HASH_INIT, &topo->regions[i]);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		sum += hash_namespace(HASH_INIT, &topo->namespaces[i]);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (!dax_has_no_memory(&topo->dax[i])) /* the next one has another name each time */
			sum += hash_dax(HASH_INIT, &topo->dax[i]);
	for (size_t i = 0; i < topo->nr_dax_regions; i++)
		sum += hash_dax_region(HASH_INIT, &topo->dax_regions[i]);
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		sum += hash_memdev(HASH_INIT, &topo->cxl_memdevs[i]);
	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		sum += hash_window(HASH_INIT, &topo->cxl_windows[i]);
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		sum += hash_cxl_region(HASH_INIT, &topo->cxl_regions[i]);
	return sum;
}
