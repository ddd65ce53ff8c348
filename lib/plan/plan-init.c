/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans to enable namespaces and dax devices as they are: nothing is created, nothing becomes
 * memory. Each is a chain of one step, and all of these steps run in parallel.
 */
#include "lib/base/error.h"
#include "lib/model/dax-region.h"
#include "lib/plan/data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int plan_init_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (dax_has_no_memory(dax) && p->target->target.kind != TARGET_DAX)
		return 0;
	if (dax_has_no_memory(dax))
		return err_hint(err,
				err_set(err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: has no memory",
					dax->name),
				"mhpctl resize --size SIZE %s gives it memory of %s", dax->name,
				dax->dax_region);
	rc = plan_dax_chain(p, dax, &chain, &is_new, err);
	if (rc < 0 || !is_new || dax->mode != MHP_DAX_UNBOUND)
		return rc;
	rc = plan_module(p, "device_dax", p->topo->has_device_dax,
			 "it is the driver of mode devdax");
	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", dax->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->mode = MHP_DAX_DEVDAX;
	step->is_parallel = true;
	step->size = dax->size;
	step->align = dax->align;
	str_copy(step->why, "the device is bound to no driver");
	str_copy(step->undo, "unbind it");
	return 0;
}

/* Asks for consent: finishing writes an info block, and with map dev a memmap. */
static int ask_unfinished(struct planner *p, const struct mhp_namespace *ns)
{
	char what[96];

	str_format(what, "finish the creation of %s and lose its data", ns->name);
	return plan_ask_data(p, DATA_USE_OVERWRITE, ns, NULL, what);
}

int plan_init_namespace(struct planner *p, const struct mhp_namespace *ns, struct mhp_error *err)
{
	const struct mhp_dax *dax = topology_find_dax(p->topo, ns->device);
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (dax)
		return plan_init_dax(p, dax, err);
	rc = plan_chain(p, ns->name, &chain, &is_new);
	if (rc < 0 || !is_new || namespace_is_whole(ns))
		return rc;
	if (ns->is_enabled)
		rc = ask_unfinished(p, ns);
	if (rc == 0)
		rc = plan_enable(p, chain, ns);
	if (rc < 0)
		return rc;
	step = &p->plan->steps[p->plan->nr_steps - 1];
	if (ns->is_enabled)
		str_format(step->why, "the creation of %s was interrupted", ns->name);
	step->overwrite |= ns->is_enabled; /* with consent, see above */
	step->is_parallel = true;
	step->align = ns->align ? ns->align : step->align;
	step->map = ns->map;
	return 0;
}

static int init_region(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	bool any = false;
	int rc;

	if (!region->is_enabled)
		return plan_enable_region(p, region, true);
	for (size_t i = 0; i < p->topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (strcmp(ns->region, region->name) != 0)
			continue;
		any = true;
		rc = plan_init_namespace(p, ns, err);
		if (rc < 0)
			return rc;
	}
	if (any || p->target->target.kind == TARGET_ALL)
		return 0;
	return plan_warn(p, "%s: has no namespace; mhpctl create %s makes one", region->name,
			 region->name);
}

static int init_all(struct planner *p, struct mhp_error *err)
{
	int rc = plan_check_seen(p, err);

	for (size_t i = 0; i < p->topo->nr_regions && rc >= 0; i++)
		rc = init_region(p, &p->topo->regions[i], err);
	for (size_t i = 0; i < p->topo->nr_dax && rc >= 0; i++)
		if (!*p->topo->dax[i].region)
			rc = plan_init_dax(p, &p->topo->dax[i], err);
	return rc < 0 ? rc : 0;
}

int plan_init_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	int rc;

	switch (target->kind) {
	case TARGET_ALL:
		return init_all(p, err);
	case TARGET_REGION:
		return init_region(p, topology_find_region(p->topo, target->name), err);
	case TARGET_NAMESPACE:
		return plan_init_namespace(p, topology_find_namespace(p->topo, target->name), err);
	case TARGET_DAX_REGION:
	case TARGET_DAX:
	case TARGET_CXL_REGION:
	case TARGET_CXL_MEMDEV:
		rc = plan_each_dax(p, plan_init_dax, err);
		return rc < 0 ? rc : 0;
	default:
		err_set(err, -EINVAL, MHP_REASON_USAGE,
			"%s: memory blocks have no memmap of their "
			"own to initialise",
			target->text);
		return err_hint(err, -EINVAL,
				"name a region, a namespace or a dax device; mhpctl online brings "
				"blocks online");
	}
}
