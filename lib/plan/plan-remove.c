/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans remove (offline, unbind from kmem, then devdax or destroy) and destroy. */
#include "lib/base/error.h"
#include "lib/model/dax-region.h"
#include "lib/plan/data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int plan_leave_mode(struct planner *p, uint32_t chain, const struct mhp_dax *dax, bool destroy)
{
	enum mhp_dax_mode want = destroy ? MHP_DAX_UNBOUND : MHP_DAX_DEVDAX;
	struct mhp_step *step;
	int rc = 0;

	if (dax->mode == want || (destroy && dax->mode == MHP_DAX_DEVDAX))
		return 0; /* a destroy ends mode devdax too */
	if (!destroy)
		rc = plan_module(p, "device_dax", p->topo->has_device_dax,
				 "it is the driver of mode devdax");
	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", dax->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->mode = want;
	step->size = dax->size;
	str_format(step->why, "it is %s",
		   dax->mode == MHP_DAX_SYSTEM_RAM ? "system memory" : "not bound to device_dax");
	if (dax->mode == MHP_DAX_SYSTEM_RAM) {
		str_copy(step->needs, "every block of it is offline");
		str_copy(step->undo, "bind it to kmem");
	}
	return 0;
}

static int destroy_namespace(struct planner *p, uint32_t chain, const struct mhp_namespace *ns,
			     const struct mhp_dax *dax)
{
	struct mhp_step *step;
	char what[64];
	int rc;

	str_format(what, "destroy %s and its data", ns->name);
	rc = plan_ask_data(p, DATA_USE_DESTROY, ns, dax, what);
	step = rc == 0 ? plan_step(p, MHP_STEP_DESTROY_NAMESPACE, chain, "%s", ns->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->size = ns->raw_size;
	str_copy(step->why, "asked for");
	str_copy(step->needs, "nothing uses it");
	return 0;
}

static int fail_no_namespace(const struct mhp_dax *dax, struct mhp_error *err)
{
	return err_set(
		err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"%s: has no namespace to destroy, and is in no dax region that can be divided",
		dax->name);
}

/*
 * Returns whether the target means to destroy the device itself. A device of a dax region has to be
 * named, or its region: a new one of the same name takes its place at the next boot.
 */
static bool means_part(const struct planner *p, const struct mhp_dax *dax)
{
	enum target_kind kind = p->target->target.kind;

	return *dax->dax_region && (kind == TARGET_DAX || kind == TARGET_DAX_REGION);
}

static int remove_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, dax->ns_name);
	bool destroy = p->request->destroy, is_part = destroy && means_part(p, dax);
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (destroy && !ns && !is_part && p->target->target.kind == TARGET_DAX)
		return err_hint(err, fail_no_namespace(dax, err), "leave out --destroy");
	rc = plan_dax_chain(p, dax, &chain, &is_new, err);
	if (rc < 0 || !is_new || (dax_has_no_memory(dax) && !is_part))
		return rc;
	rc = plan_offline_runs(p, chain);
	if (rc == 0 && is_part && dax->mode == MHP_DAX_SYSTEM_RAM)
		rc = plan_leave_mode(p, chain, dax, true);
	if (rc == 0 && is_part)
		return plan_undivide(p, chain, dax, err);
	if (rc == 0)
		rc = plan_leave_mode(p, chain, dax, destroy && ns);
	if (rc == 0 && destroy && ns)
		rc = destroy_namespace(p, chain, ns, dax);
	return rc;
}

/* ---- namespaces without a dax device ----------------------------------------------------- */

static bool names_namespace(const struct planner *p, const struct mhp_namespace *ns)
{
	const struct target *target = &p->target->target;

	switch (target->kind) {
	case TARGET_REGION:
		return strcmp(ns->region, target->name) == 0;
	case TARGET_NAMESPACE:
		return strcmp(ns->name, target->name) == 0;
	case TARGET_DAX:
		return strcmp(ns->device, target->name) == 0;
	case TARGET_ALL:
		return ns->mode == MHP_NAMESPACE_DEVDAX;
	default:
		return false;
	}
}

int plan_destroy_namespace(struct planner *p, const struct mhp_namespace *ns)
{
	uint32_t chain;
	bool is_new = false;
	int rc = plan_chain(p, ns->name, &chain, &is_new);

	if (rc < 0 || !is_new) /* planned for an earlier target */
		return rc;
	str_copy(p->plan->chains[chain].region, ns->region);
	str_copy(p->plan->chains[chain].ns_name, ns->name);
	rc = plan_lock_region(p, ns->region);
	return rc < 0 ? rc : destroy_namespace(p, chain, ns, NULL);
}

static int destroy_rest(struct planner *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_namespaces && rc == 0; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (!names_namespace(p, ns) || topology_is_empty_region(p->topo, ns) ||
		    topology_find_dax(p->topo, ns->device))
			continue;
		rc = plan_destroy_namespace(p, ns);
	}
	return rc;
}

static int fail_wrong_kind(const struct target *target, const char *what, const char *hint,
			   struct mhp_error *err)
{
	return err_hint(
		err, err_set(err, -EINVAL, MHP_REASON_USAGE, "%s: is not %s", target->text, what),
		"%s", hint);
}

static int check_region(const struct planner *p, const char *name, struct mhp_error *err)
{
	const struct mhp_region *region = topology_find_region(p->topo, name);

	if (!region || region->is_enabled)
		return 0;
	return err_hint(err,
			err_set(err, -ENXIO, MHP_REASON_UNSUPPORTED,
				"%s: is disabled, so its namespaces are unknown", name),
			"enable it first: ndctl enable-region %s", name);
}

static int check_orphans_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	int rc = 0;

	for (unsigned i = 0; i < dax->nr_ranges && rc == 0; i++)
		rc = plan_check_orphans(p, p->target->target.text, dax->ranges[i], err);
	return rc;
}

/* Refuses a target with orphaned memory, which stays even if its device is gone. */
static int check_orphans(struct planner *p, const struct target *target, struct mhp_error *err)
{
	const struct mhp_region *region = NULL;
	const struct mhp_namespace *ns;
	int rc;

	switch (target->kind) {
	case TARGET_NODE:
		return plan_check_orphans_node(p, target->text, (int)target->first, err);
	case TARGET_ALL:
		return plan_check_orphans(p, target->text, (struct mhp_range){ 0, UINT64_MAX },
					  err);
	case TARGET_REGION:
		region = topology_find_region(p->topo, target->name);
		break;
	case TARGET_NAMESPACE:
		ns = topology_find_namespace(p->topo, target->name);
		region = ns ? topology_find_region(p->topo, ns->region) : NULL;
		break;
	default:
		rc = plan_each_dax(p, check_orphans_dax, err);
		return rc < 0 ? rc : 0;
	}
	return plan_check_orphans_region(p, target->text, region, err);
}

static bool is_of_dax(const struct mhp_topology *topo, const struct mhp_block *block)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (dax_has_block(&topo->dax[i], topo->memory.block_size, block->id))
			return true;
	return false;
}

/* Refuses a node with blocks of no dax device, such as those of a DIMM or of virtio-mem. */
static int check_node(struct planner *p, const struct target *target, struct mhp_error *err)
{
	uint64_t of_none = 0, online = 0;

	for (size_t i = 0; i < p->topo->nr_blocks; i++) {
		const struct mhp_block *block = &p->topo->blocks[i];

		if (block->node != (int)target->first || is_of_dax(p->topo, block))
			continue;
		of_none++;
		online += block->state != MHP_BLOCK_OFFLINE;
	}
	if (!of_none)
		return 0;
	err_set(err, -EINVAL, MHP_REASON_USAGE,
		"%s: is not a device, and %" PRIu64 " of its blocks (%" PRIu64
		" of them online) belong to no dax device",
		target->text, of_none, online);
	return err_hint(err, -EINVAL,
			"mhpctl offline %s takes them offline; then the hypervisor or the "
			"firmware removes the memory; a dax device is removed by its own name",
			target->text);
}

int plan_remove_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	int rc;

	if (target->kind == TARGET_BLOCKS)
		return fail_wrong_kind(
			target, "a device",
			"single blocks go offline with mhpctl offline; a dax device is "
			"removed as a whole",
			err);
	if (target->kind == TARGET_REGION) {
		rc = check_region(p, target->name, err);
		if (rc < 0)
			return rc;
	}
	rc = check_orphans(p, target, err);
	if (rc == 0 && target->kind == TARGET_NODE)
		rc = check_node(p, target, err);
	if (rc < 0)
		return rc;
	rc = plan_each_dax(p, remove_dax, err);
	if (rc < 0)
		return rc;
	return p->request->destroy ? destroy_rest(p) : 0;
}

/* ---- destroy ----------------------------------------------------------------------------- */

/* Refuses a device that cannot be destroyed; skips one without a namespace unless named. */
static int refuse_destroy(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	bool is_part = means_part(p, dax);

	if (!*dax->ns_name && !is_part)
		return p->target->target.kind == TARGET_DAX ? fail_no_namespace(dax, err) : 0;
	if (dax->mode != MHP_DAX_SYSTEM_RAM)
		return 0;
	err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s%sis system memory",
		is_part ? dax->name : dax->ns_name, is_part ? "" : dax->name, is_part ? "" : " ");
	return err_hint(err, -EBUSY,
			"mhpctl remove %s --destroy takes it offline and destroys "
			"it",
			dax->name);
}

static int destroy_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, dax->ns_name);
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (means_part(p, dax)) {
		rc = plan_dax_chain(p, dax, &chain, &is_new, err);
		return rc < 0 || !is_new ? rc : plan_undivide(p, chain, dax, err);
	}
	if (!ns)
		return 0;
	rc = plan_chain(p, ns->name, &chain, &is_new);
	if (rc < 0 || !is_new)
		return rc;
	str_copy(p->plan->chains[chain].region, ns->region);
	str_copy(p->plan->chains[chain].ns_name, ns->name);
	str_copy(p->plan->chains[chain].device, dax->name);
	rc = plan_lock_region(p, ns->region);
	return rc < 0 ? rc : destroy_namespace(p, chain, ns, dax);
}

int plan_destroy_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	const struct mhp_namespace *ns;
	int rc = 0;

	if (target->kind == TARGET_BLOCKS || target->kind == TARGET_NODE)
		return fail_wrong_kind(target, "a namespace",
				       "name a namespace, its UUID or a region", err);
	ns = target->kind == TARGET_NAMESPACE ? topology_find_namespace(p->topo, target->name)
					      : NULL;
	if (ns && topology_is_empty_region(p->topo, ns))
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "%s: is the whole label-less region and cannot be destroyed",
			       ns->name);
	if (target->kind == TARGET_REGION)
		rc = check_region(p, target->name, err);
	if (rc == 0)
		rc = plan_each_dax(p, refuse_destroy, err);
	if (rc >= 0)
		rc = plan_each_dax(p, destroy_dax, err);
	return rc < 0 ? rc : destroy_rest(p);
}
