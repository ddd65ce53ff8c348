/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets of CXL: a memory device or a region means its dax devices, and all memory in them. */
#include "lib/base/error.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int count_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	(void)p;
	(void)dax;
	(void)err;
	return 0;
}

static int refuse_verb(const struct target *target, const char *what, struct mhp_error *err)
{
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "%s: CXL regions cannot be %s here",
		target->text, what);
	return err_hint(err, -EOPNOTSUPP,
			"cxl create-region and cxl destroy-region do it; a "
			"namespace is created on an NVDIMM region");
}

/* Reports a region or memory device without what it would provide. */
static int fail_without(const struct planner *p, const char *what, struct mhp_error *err)
{
	const char *text = p->target->target.text, *part = "dax_devices";
	const char *why = topology_why_hidden(p->topo, part);

	if (!why)
		why = topology_why_hidden(p->topo, part = "dax_regions");
	if (why) {
		err_set(err, -EIO, MHP_REASON_KERNEL, "%s: cannot tell whether it has a %s", text,
			what);
		return err_hint(err, -EIO, "%s: %s", part, why);
	}
	err_set(err, -ENXIO, MHP_REASON_UNSUPPORTED, "%s: has no %s", text, what);
	return err_hint(err, -ENXIO,
			"mhpctl doctor shows what is missing; cxl create-region makes a "
			"region, which provides a dax device");
}

/* Allows a dax device to be created in the region; the region itself stays as it is. */
static int check_create(const struct planner *p, const struct target *target, struct mhp_error *err)
{
	if (target->kind != TARGET_CXL_REGION)
		return refuse_verb(target, "created", err);
	if (topology_find_dax_region(p->topo, target->name))
		return 0;
	return fail_without(p, "dax region that can be divided", err);
}

/* Warns of the other memory devices of an interleaved region: they are meant too. */
static int warn_of_others(struct planner *p, const char *memdev)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && rc == 0; i++) {
		const struct mhp_cxl_region *region = &p->topo->cxl_regions[i];
		const char *other = NULL;
		bool has = false;

		for (unsigned k = 0; k < region->nr_members; k++) {
			bool is_it = strcmp(region->members[k].memdev, memdev) == 0;

			has |= is_it;
			if (!is_it && *region->members[k].memdev)
				other = region->members[k].memdev;
		}
		if (has && other)
			rc = plan_warn(p, "%s: cxl/%s also has memory of %s", memdev, region->name,
				       other);
	}
	return rc;
}

int plan_check_cxl(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	int count;

	if (target->kind != TARGET_CXL_REGION && target->kind != TARGET_CXL_MEMDEV)
		return 0;
	if (p->request->verb == MHP_VERB_CREATE)
		return check_create(p, target, err);
	if (p->request->verb == MHP_VERB_DESTROY || p->request->destroy)
		return refuse_verb(target, "destroyed", err);
	count = plan_each_dax(p, count_dax, err);
	if (count < 0)
		return count;
	if (!count)
		return fail_without(p, "dax device", err);
	return target->kind == TARGET_CXL_MEMDEV ? warn_of_others(p, target->name) : 0;
}
