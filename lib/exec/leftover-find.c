/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects that a step of a killed run was about, by their identity. */
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/exec/leftover.h"

#include <string.h>
#include <strings.h>

static bool is_at(const struct mhp_range *range, uint64_t start, uint64_t size)
{
	return range->start < range->end && start == range->start &&
	       size == range->end - range->start;
}

bool leftover_has_range(const struct intent_step *step)
{
	return step->range.start < step->range.end;
}

/*
 * Returns whether the range of a step is that of its region: the step changes that or adds to it.
 */
static bool has_range_of_region(const struct intent_step *step)
{
	static const enum mhp_step_type types[] = { MHP_STEP_CREATE_NAMESPACE,
						    MHP_STEP_ENABLE_REGION, MHP_STEP_INIT_LABELS };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (interrupted_step_is(step, types[i]))
			return true;
	return false;
}

/* Compares the region with that of the step, whose range may be that of a namespace in it. */
static bool is_region_of(const struct intent_step *step, const struct mhp_region *region)
{
	const struct mhp_range range = { region->start, region->start + region->size };

	return has_range_of_region(step) ? is_at(&step->range, region->start, region->size)
					 : range_contains(range, step->range);
}

const struct mhp_region *leftover_region(const struct mhp_topology *topo,
					 const struct intent_step *step)
{
	for (size_t i = 0; i < topo->nr_regions; i++) {
		const struct mhp_region *region = &topo->regions[i];

		if (leftover_has_range(step) && region->start != MHP_UNKNOWN) {
			if (is_region_of(step, region))
				return region;
		} else if (strcmp(region->name, step->region) == 0) {
			return region;
		}
	}
	return NULL;
}

static bool is_uuid_of(const struct mhp_namespace *ns, const char *uuid)
{
	return *uuid && (strcasecmp(ns->id, uuid) == 0 || strcasecmp(ns->uuid, uuid) == 0);
}

const struct mhp_namespace *leftover_namespace(const struct mhp_topology *topo,
					       const struct intent_step *step)
{
	for (size_t i = 0; i < topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &topo->namespaces[i];

		if (is_uuid_of(ns, step->uuid))
			return ns;
		if (!*step->uuid && ns->start != MHP_UNKNOWN &&
		    is_at(&step->range, ns->start, ns->raw_size))
			return ns;
	}
	return NULL;
}

/* Returns the namespace of a region without labels that passes the test. */
static const struct mhp_namespace *find_raw(const struct mhp_topology *topo,
					    const struct mhp_region *region, bool is_forced)
{
	for (size_t i = 0; region && !region->has_labels && i < topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &topo->namespaces[i];

		if (strcmp(ns->region, region->name) == 0 &&
		    (is_forced ? ns->is_forced_raw : !ns->is_enabled))
			return ns;
	}
	return NULL;
}

const struct mhp_namespace *leftover_disabled_raw(const struct mhp_topology *topo,
						  const struct mhp_region *region)
{
	return find_raw(topo, region, false);
}

const struct mhp_namespace *leftover_forced_raw(const struct mhp_topology *topo,
						const struct intent_step *step)
{
	return find_raw(topo, leftover_region(topo, step), true);
}

const struct mhp_dax *leftover_device(const struct mhp_topology *topo,
				      const struct intent_step *step)
{
	const struct mhp_namespace *ns = *step->uuid ? leftover_namespace(topo, step) : NULL;

	if (*step->uuid)
		return ns ? topology_find_dax(topo, ns->device) : NULL;
	for (size_t i = 0; i < topo->nr_dax && leftover_has_range(step); i++) {
		const struct ranges ranges = ranges_of(&topo->dax[i]);
		const struct mhp_range around = ranges_around(&ranges);

		if (topo->dax[i].has_ranges && around.start == step->range.start &&
		    around.end == step->range.end)
			return &topo->dax[i];
	}
	return NULL;
}

bool leftover_is_cxl(const struct intent_step *step)
{
	static const enum mhp_step_type types[] = {
		MHP_STEP_CREATE_CXL_REGION, MHP_STEP_ADD_MEMDEV,	 MHP_STEP_COMMIT_CXL_REGION,
		MHP_STEP_ENABLE_CXL_REGION, MHP_STEP_DESTROY_CXL_REGION,
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (interrupted_step_is(step, types[i]))
			return true;
	return false;
}

/*
 * Returns whether both steps are about one CXL region. The name of one that is still to be created
 * is a forecast, so the memory devices are compared.
 */
static bool is_of_same_region(const struct intent_step *step, const struct intent_step *later)
{
	if (leftover_is_cxl(step) && leftover_is_cxl(later))
		return strcmp(step->window, later->window) == 0 &&
		       strcmp(step->members, later->members) == 0;
	return (leftover_is_cxl(step) || leftover_is_cxl(later)) && *step->region &&
	       strcmp(step->region, later->region) == 0;
}

/*
 * Returns whether both steps are about one namespace or CXL region, or about one device without a
 * namespace.
 */
static bool is_of_same(const struct intent_step *step, const struct intent_step *later)
{
	bool creates = interrupted_step_is(step, MHP_STEP_CREATE_DEVICE);

	if (is_of_same_region(step, later))
		return true;
	if (*step->uuid)
		return strcmp(later->uuid, step->uuid) == 0;
	return strcmp(later->object, creates ? step->want : step->object) == 0;
}

bool leftover_is_followed(const struct interrupted_run *run, const struct intent_step *step)
{
	for (enum intent_place place = 0; place < INTENT_PLACES; place++) {
		const struct intent_found *file = run->files[place];

		for (size_t i = 0; file && i < file->intent.nr_steps; i++) {
			const struct intent_step *other = &file->intent.steps[i];

			if (other->number > step->number && is_of_same(step, other))
				return true;
		}
	}
	return false;
}

bool leftover_is_made(const struct interrupted_run *run, const struct intent_step *step)
{
	const struct intent_found *file = run->files[INTENT_LASTING];

	for (size_t i = 0; file && *step->uuid && i < file->intent.nr_steps; i++)
		if (interrupted_step_is(&file->intent.steps[i], MHP_STEP_CREATE_NAMESPACE) &&
		    strcmp(file->intent.steps[i].uuid, step->uuid) == 0)
			return true;
	return false;
}
