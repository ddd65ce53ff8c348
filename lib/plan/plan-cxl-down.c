/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to destroy CXL regions: all of their memory goes first, device by device. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/dax-region.h"
#include "lib/plan/cxl.h"
#include "lib/plan/data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what cannot be destroyed ------------------------------------------------------------ */

static int refuse_persistent(const struct mhp_cxl_region *region, struct mhp_error *err)
{
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"cxl/%s: is persistent, and such regions are not destroyed here", region->name);
	return err_hint(err, -EOPNOTSUPP,
			"name the volatile regions, such as cxl/region0; its namespaces are those "
			"of nd/%s",
			region->name);
}

static int refuse_locked(const struct mhp_cxl_region *region, struct mhp_error *err)
{
	if (region->is_locked == MHP_TRISTATE_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "cxl/%s: cannot tell whether the firmware has locked it",
			       region->name);
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"cxl/%s: is locked by the firmware: its memory can leave, the region stays",
		region->name);
	return err_hint(err, -EOPNOTSUPP,
			"without --destroy, mhpctl remove takes its memory offline");
}

static int check_region(const struct planner *p, const struct mhp_cxl_region *region,
			struct mhp_error *err)
{
	int rc;

	if (cxl_is_persistent(region))
		return refuse_persistent(region, err);
	rc = cxl_check_seen(p, region, err);
	if (rc == 0)
		rc = cxl_check_memory(p, region, err);
	return rc == 0 && region->is_locked != MHP_TRISTATE_NO ? refuse_locked(region, err) : rc;
}

static bool is_online(const struct planner *p, const struct mhp_dax *dax)
{
	if (dax->mode != MHP_DAX_SYSTEM_RAM || p->topo->no_blocks)
		return false;
	return dax->blocks_online == MHP_UNKNOWN || dax->blocks_online;
}

static int check_device(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	int rc = plan_check_driver(dax, err);

	if (rc < 0)
		return rc;
	if (p->request->verb == MHP_VERB_REMOVE || !is_online(p, dax))
		return 0;
	return err_hint(err,
			err_set(err, -EBUSY, MHP_REASON_IN_USE,
				"cxl/%s: memory of %s is online, or may be", dax->cxl_region,
				dax->name),
			"mhpctl remove cxl/%s --destroy takes it offline first", dax->cxl_region);
}

/* ---- the order of regions ---------------------------------------------------------------- */

/* Returns the number of a decoder of a memory device: 1 of decoder3.1. */
static unsigned long number_of(const char *decoder)
{
	const char *dot = strrchr(decoder, '.');

	return dot ? strtoul(dot + 1, NULL, 10) : 0;
}

/* Returns whether a memory device gave to the first region after it gave to the other one. */
static const char *card_above(const struct mhp_cxl_region *above,
			      const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < above->nr_members; i++)
		for (unsigned k = 0; k < region->nr_members; k++)
			if (*above->members[i].memdev &&
			    strcmp(above->members[i].memdev, region->members[k].memdev) == 0 &&
			    number_of(above->members[i].decoder) >
				    number_of(region->members[k].decoder))
				return above->members[i].memdev;
	return NULL;
}

/* Returns whether a target of the request means the region. */
static bool is_asked(const struct planner *p, const struct mhp_cxl_region *region)
{
	for (size_t i = 0; i < p->request->nr_targets; i++) {
		struct target target;

		if (target_parse(p->request->targets[i], &target, NULL) < 0 ||
		    target_resolve(p->topo, &target, NULL) < 0)
			continue;
		if (target.kind == TARGET_CXL_MEMDEV
			    ? cxl_has_card(region, target.name)
			    : target.kind == TARGET_CXL_REGION &&
				      strcmp(target.name, region->name) == 0)
			return true;
	}
	return false;
}

/* Refuses a region under another one that stays: memory devices free the last part first. */
static int check_above(const struct planner *p, const struct mhp_cxl_region *region,
		       struct mhp_error *err)
{
	for (size_t i = 0; i < p->topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *above = &p->topo->cxl_regions[i];
		const char *card = card_above(above, region);

		if (!card || is_asked(p, above))
			continue;
		err_set(err, -EBUSY, MHP_REASON_IN_USE,
			"cxl/%s: cxl/%s took its part of %s later, and parts are given back in the "
			"opposite order",
			region->name, above->name, card);
		return err_hint(err, -EBUSY, "mhpctl %s cxl/%s cxl/%s destroys both",
				p->request->destroy ? "remove --destroy" : "destroy", above->name,
				region->name);
	}
	return 0;
}

unsigned long cxl_destroy_order(const struct planner *p, const char *name)
{
	const struct mhp_cxl_region *region = topology_find_cxl_region(p->topo, name);
	unsigned long last = 0;

	for (unsigned i = 0; region && i < region->nr_members; i++)
		if (number_of(region->members[i].decoder) > last)
			last = number_of(region->members[i].decoder);
	return last;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Plans to take the memory of a device offline and to unbind it. The region takes it away. */
static int down_device(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	char what[80];
	int rc = plan_dax_chain(p, dax, &chain, &is_new, err);

	if (rc < 0 || !is_new)
		return rc;
	rc = plan_offline_runs(p, chain);
	str_format(what, "destroy cxl/%s and the data of %s", dax->cxl_region, dax->name);
	if (rc == 0)
		rc = plan_ask_data(p, DATA_USE_DESTROY, NULL, dax, what);
	if (rc < 0 || dax->mode != MHP_DAX_SYSTEM_RAM)
		return rc;
	step = plan_step(p, MHP_STEP_SET_MODE, chain, "%s", dax->name);
	if (!step)
		return -ENOMEM;
	step->mode = MHP_DAX_UNBOUND;
	step->size = dax->size;
	str_copy(step->why, "it is system memory");
	str_copy(step->needs, "every block of it is offline");
	str_copy(step->undo, "bind it to kmem");
	return 0;
}

/* Calls fn for each device of the region that has memory. */
static int each_device(struct planner *p, const struct mhp_cxl_region *region, dax_fn fn,
		       struct mhp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_dax && rc == 0; i++)
		if (strcmp(p->topo->dax[i].cxl_region, region->name) == 0 &&
		    !dax_has_no_memory(&p->topo->dax[i]))
			rc = fn(p, &p->topo->dax[i], err);
	return rc;
}

int cxl_down(struct planner *p, struct mhp_error *err)
{
	const struct mhp_cxl_region *regions = p->topo->cxl_regions;
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		if (!cxl_is_meant(p, &regions[i]))
			continue;
		rc = check_region(p, &regions[i], err);
		if (rc == 0)
			rc = each_device(p, &regions[i], check_device, err);
		if (rc == 0)
			rc = check_above(p, &regions[i], err);
	}
	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		if (!cxl_is_meant(p, &regions[i]))
			continue;
		rc = each_device(p, &regions[i], down_device, err);
		if (rc == 0)
			rc = cxl_add_destroy(p, &regions[i], "asked for");
	}
	if (rc < 0 || p->target->target.kind != TARGET_CXL_MEMDEV)
		return rc;
	rc = cxl_warn_of_lost(p, p->target->target.name);
	if (rc == 0)
		rc = cxl_warn_of_others(p, p->target->target.name);
	return rc;
}
