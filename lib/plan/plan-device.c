/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Existing regions and namespaces: whether they are usable and as requested, and enabling them. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/model/aligns.h"
#include "lib/model/daxdev.h"
#include "lib/plan/cost.h"
#include "lib/plan/data.h"

#include <errno.h>
#include <string.h>

int plan_region_usable(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	(void)p;
	if (strcmp(region->type, "pmem") != 0)
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "%s: is a region of type %s, not pmem", region->name, region->type);
	if (region->is_read_only)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: is read-only", region->name),
				"the platform made it read-only; its attribute read_only can be "
				"changed by hand");
	return 0;
}

int plan_check_driver(const struct mhp_dax *dax, struct mhp_error *err)
{
	if (!dax_is_foreign(dax))
		return 0;
	if (!*dax->driver)
		return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: its driver cannot be read",
			       dax->name);
	err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: is bound to %s", dax->name, dax->driver);
	return err_hint(err, -EBUSY, "unbind it from that driver first");
}

int plan_check_align(const struct planner *p, const struct mhp_region *region,
		     struct mhp_error *err)
{
	char list[ALIGNS_TEXT_MAX], options[ALIGNS_TEXT_MAX * 2], asked[24];
	uint64_t align = p->request->align;
	const uint64_t *aligns;
	unsigned nr;

	if (!align || aligns_offer(p->topo, region, align))
		return 0;
	aligns = aligns_of(p->topo, region, &nr);
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"%s: the kernel supports no alignment of %s here, only %s", region->name,
		size_word(align, asked, sizeof(asked)),
		aligns_text(aligns, nr, "", " and ", list, sizeof(list)));
	return err_hint(err, -EOPNOTSUPP, "use %s, or leave it out",
			aligns_text(aligns, nr, "--align ", " or ", options, sizeof(options)));
}

uint64_t plan_align(const struct planner *p, const struct mhp_region *region)
{
	return p->request->align ? p->request->align : aligns_default(p->topo, region);
}

/* Plans the step that enables a namespace, and its drivers. */
int plan_enable(struct planner *p, uint32_t chain, const struct mhp_namespace *ns)
{
	const struct mhp_request *r = p->request;
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);
	struct mhp_step *step;
	int rc;

	str_copy(p->plan->chains[chain].region, ns->region);
	str_copy(p->plan->chains[chain].ns_name, ns->name);
	rc = plan_lock_region(p, ns->region);
	if (rc == 0)
		rc = plan_module(p, "nd_pmem", p->topo->has_nd_pmem, "it enables namespaces");
	if (rc == 0)
		rc = plan_dax_modules(p);
	step = rc == 0 ? plan_step(p, MHP_STEP_ENABLE_NAMESPACE, chain, "%s", ns->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_direct_to_kmem = r->verb == MHP_VERB_ONLINE;
	step->size = ns->size;
	str_copy(step->undo, "disable it");
	step->align = region ? plan_align(p, region) : r->align;
	step->map = r->map ? r->map : MHP_MEMMAP_MEM;
	step->overwrite = plan_may_overwrite(p, ns);
	str_format(step->why, "%s is disabled", ns->name);
	return 0;
}

int plan_enable_region(struct planner *p, const struct mhp_region *region, bool direct_to_kmem)
{
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc = plan_chain(p, region->name, &chain, &is_new);

	if (rc < 0 || !is_new || p->plan->second_round)
		return rc;
	rc = plan_lock_region(p, region->name);
	step = rc == 0 ? plan_step(p, MHP_STEP_ENABLE_REGION, chain, "%s", region->name) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_direct_to_kmem = direct_to_kmem;
	str_copy(p->plan->chains[chain].region, region->name);
	str_format(step->why, "%s is disabled", region->name);
	str_copy(step->needs, "later steps depend on its namespaces");
	p->plan->partial = true;
	return 0;
}

int plan_dax_modules(struct planner *p)
{
	int rc = plan_module(p, "dax_pmem", p->topo->has_dax_pmem,
			     "it turns namespaces into dax devices");

	/* also for kmem: udev loads device_dax when the device appears, which then binds it */
	if (rc == 0)
		rc = plan_module(p, "device_dax", p->topo->has_device_dax,
				 "it is the driver of mode devdax");
	return rc;
}

/* Returns whether the namespace has the requested size, which a creation rounds up. */
static bool has_size(const struct mhp_topology *topo, const struct mhp_request *r,
		     const struct mhp_namespace *ns)
{
	const struct mhp_region *region = topology_find_region(topo, ns->region);
	uint64_t align;

	if (!r->bytes || r->bytes == ns->raw_size)
		return true;
	if (!region || !region->has_labels)
		return false;
	align = r->align ? r->align : aligns_default(topo, region);
	return align_up(r->bytes, cost_size_unit(region, align)) == ns->raw_size ||
	       (ns->align && align_up(r->bytes, cost_size_unit(region, ns->align)) == ns->raw_size);
}

static int fail_other_size(const struct mhp_request *r, const struct mhp_namespace *ns,
			   struct mhp_error *err)
{
	char have[24], want[24];

	err_set(err, -EEXIST, MHP_REASON_MISMATCH, "%s: %s exists with %s, not %s", ns->region,
		ns->name, format_size(ns->raw_size, have, sizeof(have)),
		format_size(r->bytes, want, sizeof(want)));
	return err_hint(
		err, -EEXIST,
		"leave out the size to use it as it is, or run mhpctl remove %s --destroy first",
		ns->name);
}

int plan_check_same(const struct mhp_topology *topo, const struct mhp_request *r,
		    const struct mhp_namespace *ns, struct mhp_error *err)
{
	const char *what = NULL;
	char have[24];

	if (r->name && strcmp(r->name, ns->label) != 0)
		what = "name";
	else if (r->align && ns->align && r->align != ns->align)
		what = "alignment";
	else if (r->map && ns->map && r->map != ns->map)
		what = "map";
	else if (!has_size(topo, r, ns))
		return fail_other_size(r, ns, err);
	if (!what)
		return 0;
	err_set(err, -EEXIST, MHP_REASON_MISMATCH,
		"%s: %s exists (%s) with another %s than requested", ns->region, ns->name,
		format_size(ns->raw_size, have, sizeof(have)), what);
	return err_hint(err, -EEXIST,
			"leave out the %s, or run mhpctl remove %s --destroy "
			"first",
			what, ns->name);
}
