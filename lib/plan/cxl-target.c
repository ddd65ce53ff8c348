/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Targets of CXL: where regions are neither made nor undone, a memory device or a region means its
 * dax devices, and all memory in them.
 */
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- requests ------------------------------------------------------------------------------ */

static int check_targets(const struct mhp_request *request, struct mhp_error *err)
{
	struct target target;
	int rc;

	for (size_t i = 0; i < request->nr_targets; i++) {
		rc = target_parse(request->targets[i], &target, err);
		if (rc < 0)
			return rc;
		if (target.kind != TARGET_CXL_MEMDEV && target.kind != TARGET_SERIAL)
			return err_usage(err,
					 "name CXL memory devices, such as mem0, or their serial "
					 "numbers",
					 "%s: only a new CXL region has a window, a granularity "
					 "and ways",
					 target.text);
	}
	return 0;
}

int plan_check_cxl_request(const struct mhp_request *request, struct mhp_error *err)
{
	uint64_t granularity = request->granularity;
	int rc;

	if (!request->interleave && !granularity && !request->window)
		return 0;
	if (request->verb != MHP_VERB_ONLINE && request->verb != MHP_VERB_CREATE)
		return err_usage(err, "",
				 "only a new CXL region has a window, a granularity and ways");
	if (granularity && (!is_power_of_two(granularity) || granularity < CXL_GRANULARITY_LEAST ||
			    granularity > CXL_GRANULARITY_MOST))
		return err_usage(err, "it is a power of two from 256 to 16384 bytes",
				 "no such granularity: %" PRIu64, granularity);
	rc = check_targets(request, err);
	if (rc == 0 && request->interleave && request->nr_targets < 2)
		return err_usage(err, "mhpctl online --interleave mem0 mem1",
				 "one memory device cannot be interleaved");
	return rc;
}

/* ---- dax devices --------------------------------------------------------------------------- */

static int count_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	(void)p;
	(void)dax;
	(void)err;
	return 0;
}

/* Refuses if dax devices or their regions may be hidden. */
static int check_hidden(const struct planner *p, const char *what, struct mhp_error *err)
{
	const char *part = "dax_devices", *why = topology_why_hidden(p->topo, part);

	if (!why)
		why = topology_why_hidden(p->topo, part = "dax_regions");
	if (!why)
		return 0;
	err_set(err, -EIO, MHP_REASON_KERNEL, "%s: cannot tell whether it has a %s",
		p->target->target.text, what);
	return err_hint(err, -EIO, "%s: %s", part, why);
}

/* Reports a region or memory device without what it would provide. */
static int fail_without(const struct planner *p, const char *what, struct mhp_error *err)
{
	const char *text = p->target->target.text;
	int rc = check_hidden(p, what, err);

	if (rc < 0)
		return rc;
	err_set(err, -ENXIO, MHP_REASON_UNSUPPORTED, "%s: has no %s", text, what);
	if (p->request->verb == MHP_VERB_CREATE)
		return err_hint(err, -ENXIO, "mhpctl list shows the dax regions and their devices");
	return err_hint(err, -ENXIO,
			"mhpctl create %s makes one, and mhpctl online %s brings it online too; "
			"mhpctl doctor shows what is missing",
			text, text);
}

/* Accepts a target without dax devices that is to leave, if no memory of it can be online. */
static int check_none_online(struct planner *p, struct mhp_error *err)
{
	int rc = check_hidden(p, "dax device", err);

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];

		if (!cxl_is_meant(p, region))
			continue;
		rc = cxl_check_seen(p, region, err);
		if (rc == 0)
			rc = cxl_check_memory(p, region, err);
	}
	if (rc < 0 || p->target->target.kind != TARGET_CXL_MEMDEV)
		return rc;
	return cxl_warn_of_lost(p, p->target->target.name);
}

/* Checks a target that means its dax devices: it has some, or has none to take offline. */
static int check_devices(struct planner *p, struct mhp_error *err)
{
	int count = plan_each_dax(p, count_dax, err);

	if (count < 0)
		return count;
	if (!count && (p->request->verb == MHP_VERB_OFFLINE || p->request->verb == MHP_VERB_REMOVE))
		return check_none_online(p, err);
	if (!count)
		return fail_without(p, "dax device", err);
	return p->target->target.kind == TARGET_CXL_MEMDEV
		       ? cxl_warn_of_others(p, p->target->target.name)
		       : 0;
}

/* ---- the target ---------------------------------------------------------------------------- */

/*
 * Plans an online or a create of a region. Returns 0 for an enabled region that can be divided:
 * that is done with its dax devices.
 */
static int up_region(struct planner *p, struct mhp_error *err)
{
	const char *name = p->target->target.name;
	const struct mhp_cxl_region *region = topology_find_cxl_region(p->topo, name);
	int rc;

	if (topology_find_dax_region(p->topo, name))
		return 0;
	if (p->request->verb == MHP_VERB_CREATE && cxl_has_dax(p->topo, region))
		return fail_without(p, "dax region that can be divided", err);
	rc = cxl_up_region(p, region, err);
	return rc < 0 ? rc : 1;
}

int plan_cxl_target(struct planner *p, struct mhp_error *err)
{
	const struct mhp_request *r = p->request;
	bool is_up = r->verb == MHP_VERB_ONLINE || r->verb == MHP_VERB_CREATE;
	bool is_down = r->verb == MHP_VERB_DESTROY || r->destroy;
	int rc;

	if (p->target->target.kind == TARGET_CXL_REGION && is_up)
		return up_region(p, err);
	if (p->target->target.kind != TARGET_CXL_REGION &&
	    p->target->target.kind != TARGET_CXL_MEMDEV)
		return 0;
	if (r->verb == MHP_VERB_RESIZE) /* takes dax devices only */
		return 0;
	if (!is_up && !is_down)
		return check_devices(p, err);
	rc = is_up ? cxl_up_card(p, err) : cxl_down(p, err);
	return rc < 0 ? rc : 1;
}
