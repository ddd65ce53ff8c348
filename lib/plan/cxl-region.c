/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Existing CXL regions: what is known about them, and the steps that end or finish them. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- facts ------------------------------------------------------------------------------- */

bool cxl_is_meant(const struct planner *p, const struct mhp_cxl_region *region)
{
	const struct target *target = &p->target->target;

	return target->kind == TARGET_CXL_REGION ? strcmp(region->name, target->name) == 0
						 : cxl_has_card(region, target->name);
}

bool cxl_has_dax(const struct mhp_topology *topo, const struct mhp_cxl_region *region)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].cxl_region, region->name) == 0)
			return true;
	return false;
}

int cxl_check_seen(const struct planner *p, const struct mhp_cxl_region *region,
		   struct mhp_error *err)
{
	const char *part = "dax_devices", *why = topology_why_hidden(p->topo, part);

	if (region->state == MHP_CXL_STATE_UNKNOWN || !*region->window)
		return err_set(err, -EIO, MHP_REASON_KERNEL, "cxl/%s: its state cannot be read",
			       region->name);
	if (!why)
		why = topology_why_hidden(p->topo, part = "dax_regions");
	if (!why)
		return 0;
	err_set(err, -EIO, MHP_REASON_KERNEL, "cxl/%s: cannot tell whether it has a dax device",
		region->name);
	return err_hint(err, -EIO, "%s: %s", part, why);
}

static int refuse_lost(const struct mhp_cxl_region *region, struct mhp_error *err)
{
	char size[24];

	if (region->unbacked_bytes == MHP_UNKNOWN || region->online_bytes == MHP_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "cxl/%s: cannot tell whether memory of it is online", region->name);
	err_set(err, -EIO, MHP_REASON_NEEDS_REBOOT,
		"cxl/%s: %s of it are online while no decoder answers for them, so their data is "
		"lost",
		region->name, format_size(region->unbacked_bytes, size, sizeof(size)));
	return err_hint(err, -EIO,
			"stop the programs that use it, and reboot; mhpctl doctor shows the "
			"blocks");
}

/*
 * Refuses memory that belongs to no dax device, which no command removes. On a kernel without
 * memory blocks there is none.
 */
int cxl_check_memory(const struct planner *p, const struct mhp_cxl_region *region,
		     struct mhp_error *err)
{
	struct mhp_range range;
	int rc = 0;

	if (p->topo->no_blocks)
		return 0;
	if (region->unbacked_bytes && region->unbacked_bytes != MHP_UNKNOWN)
		return refuse_lost(region, err);
	if (cxl_region_range(region, &range))
		rc = plan_check_orphans(p, p->target->target.text, range, err);
	if (rc < 0)
		return rc;
	if (region->unbacked_bytes || region->online_bytes == MHP_UNKNOWN)
		return refuse_lost(region, err);
	if (!region->online_bytes || cxl_has_dax(p->topo, region))
		return 0;
	err_set(err, -EOPNOTSUPP, MHP_REASON_BOOT_MEMORY,
		"cxl/%s: is ordinary memory, which the firmware gave to the kernel at boot",
		region->name);
	return err_hint(err, -EOPNOTSUPP,
			"it has no dax device and cannot be removed; mhpctl list --blocks shows "
			"its blocks");
}

/* ---- chains ------------------------------------------------------------------------------ */

static const struct mhp_cxl_window *find_window(const struct mhp_topology *topo, const char *name)
{
	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		if (strcmp(topo->cxl_windows[i].name, name) == 0)
			return &topo->cxl_windows[i];
	return NULL;
}

int cxl_lock_window(struct planner *p, const char *name)
{
	const struct mhp_cxl_window *window = find_window(p->topo, name);
	struct mhp_range range = { 0, UINT64_MAX };

	if (window && !cxl_window_range(window, &range))
		range = (struct mhp_range){ 0, UINT64_MAX };
	return plan_lock(p, range);
}

int cxl_region_chain(struct planner *p, const struct mhp_cxl_region *region, uint32_t *chain,
		     bool *is_new)
{
	struct cxl_setup *cxl;
	char key[64];
	int rc;

	str_format(key, "cxl/%s", region->name);
	rc = plan_chain(p, key, chain, is_new);
	if (rc < 0 || !*is_new)
		return rc;
	cxl = &p->plan->chains[*chain].cxl;
	str_copy(cxl->region, region->name);
	str_copy(cxl->window, region->window);
	cxl->size = region->size;
	cxl->granularity = region->granularity;
	cxl->ways = region->ways;
	for (unsigned i = 0; i < region->nr_members; i++) {
		str_copy(cxl->members[i].memdev, region->members[i].memdev);
		cxl->members[i].serial = region->members[i].serial;
	}
	return cxl_lock_window(p, region->window);
}

/* ---- steps ------------------------------------------------------------------------------- */

int cxl_add_destroy(struct planner *p, const struct mhp_cxl_region *region, const char *why)
{
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc = cxl_region_chain(p, region, &chain, &is_new);

	if (rc < 0 || !is_new) /* planned for an earlier target */
		return rc;
	step = plan_step(p, MHP_STEP_DESTROY_CXL_REGION, chain, "%s", region->name);
	if (!step)
		return -ENOMEM;
	step->size = region->size == MHP_UNKNOWN ? 0 : region->size;
	str_copy(step->why, why);
	str_copy(step->needs, "no memory block of it is left, and nobody has its dax devices open");
	return 0;
}

static struct mhp_step *way_step(struct planner *p, enum mhp_step_type type, uint32_t chain,
				 const struct cxl_way *way)
{
	struct mhp_step *step = plan_step(p, type, chain, "%s", way->region);

	if (!step)
		return NULL;
	step->is_predicted = way->is_predicted;
	step->size = way->size;
	return step;
}

static int add_commit(struct planner *p, uint32_t chain, const struct cxl_way *way)
{
	struct mhp_step *step = way_step(p, MHP_STEP_COMMIT_CXL_REGION, chain, way);

	if (!step)
		return -ENOMEM;
	str_copy(step->why, "no decoder answers to its addresses");
	str_copy(step->undo, "reset its decoders");
	return 0;
}

static int add_enable(struct planner *p, uint32_t chain, const struct cxl_way *way)
{
	struct mhp_step *step;
	int rc = plan_module(p, "dax_cxl", p->topo->has_dax_cxl,
			     "it makes the dax devices of CXL regions");

	step = rc == 0 ? way_step(p, MHP_STEP_ENABLE_CXL_REGION, chain, way) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_direct_to_kmem = p->request->verb == MHP_VERB_ONLINE;
	str_copy(step->why, "without its driver it has no dax device");
	str_copy(step->undo, "unbind it from its driver");
	return 0;
}

static int add_devdax(struct planner *p, uint32_t chain, const char *device, uint64_t size)
{
	struct mhp_step *step;
	int rc = plan_module(p, "device_dax", p->topo->has_device_dax,
			     "it is the driver of mode devdax");

	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", device) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_predicted = true;
	step->mode = MHP_DAX_DEVDAX;
	step->size = size;
	str_copy(step->why, "the device is bound to no driver");
	str_copy(step->undo, "unbind it");
	return 0;
}

/* Writes the name of the first dax device of a region, which has the number of the region. */
static const char *name_device(const char *region, char *name, size_t size)
{
	const char *number = region + strcspn(region, "0123456789");

	if (*number)
		snprintf(name, size, "dax%.10s.0", number);
	else
		snprintf(name, size, "dax device");
	return name;
}

/* Returns whether the request means a part of the region, which is planned once it is enabled. */
static bool wants_part(const struct planner *p, const struct cxl_way *way)
{
	return p->target->target.kind == TARGET_CXL_REGION && p->request->bytes &&
	       p->request->bytes != way->size;
}

int cxl_add_way(struct planner *p, uint32_t chain, const struct cxl_way *way)
{
	char device[MHP_NAME_MAX];
	struct mhp_dax future;
	int rc = way->commit ? add_commit(p, chain, way) : 0;

	name_device(way->region, device, sizeof(device));
	if (rc == 0)
		rc = add_enable(p, chain, way);
	if (rc == 0 && wants_part(p, way)) {
		p->plan->partial = true;
		return 0;
	}
	if (rc == 0 && p->request->verb == MHP_VERB_CREATE)
		return add_devdax(p, chain, device, way->size);
	future = cxl_future_dax(&p->plan->chains[chain], device);
	if (rc == 0)
		rc = plan_warn_of_staying(p, &future);
	return rc < 0 ? rc
		      : plan_to_kmem(p, chain, device, true, &way->range, way->has_range,
				     way->size);
}

struct mhp_dax cxl_future_dax(const struct chain *chain, const char *name)
{
	struct mhp_dax dax = {
		.mode = MHP_DAX_UNBOUND,
		.origin = MHP_ORIGIN_CXL,
		.size = chain->cxl.size,
		.align = 2ULL << 20, /* drivers/dax/cxl.c: of the region, and of its first device */
		.numa_node = -1,
		.target_node = -1,
		.memmap_on_memory = MHP_TRISTATE_YES,
	};

	str_copy(dax.name, name);
	return dax;
}

/* Returns whether the region lacks a member, which cannot be named any more. */
static bool lacks_member(const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (!*region->members[i].decoder)
			return true;
	return false;
}

int cxl_warn_of_lost(struct planner *p, const char *memdev)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];

		if (lacks_member(region) && region->unbacked_bytes && !cxl_is_persistent(region) &&
		    !cxl_has_card(region, memdev))
			rc = plan_warn(p,
				       "%s: cxl/%s has lost a member, perhaps this one, while its "
				       "memory was online: mhpctl doctor shows what is lost",
				       memdev, region->name);
	}
	return rc;
}

int cxl_warn_of_others(struct planner *p, const char *memdev)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];
		const char *other = NULL;

		for (unsigned k = 0; k < region->nr_members; k++)
			if (*region->members[k].memdev &&
			    strcmp(region->members[k].memdev, memdev) != 0)
				other = region->members[k].memdev;
		if (other && cxl_has_card(region, memdev))
			rc = plan_warn(p, "%s: cxl/%s also has memory of %s", memdev, region->name,
				       other);
	}
	return rc;
}
