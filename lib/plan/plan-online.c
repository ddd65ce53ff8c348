/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to bring regions, namespaces, nodes and blocks online, from any state. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/model/daxdev.h"
#include "lib/plan/cost.h"
#include "lib/plan/cxl.h"
#include "lib/plan/data.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <string.h>

/* ---- namespaces and regions -------------------------------------------------------------- */

/* Plans only to enable it, which loses no data: its content can be read afterwards. */
static int enable_first(struct planner *p, uint32_t chain, const struct mhp_namespace *ns)
{
	int rc = plan_enable(p, chain, ns);

	if (rc < 0)
		return rc;
	p->plan->steps[p->plan->nr_steps - 1].is_direct_to_kmem = false;
	p->plan->partial = true;
	return 0;
}

/* Plans for a devdax namespace without a device: enable it, then bind the device to kmem. */
static int online_disabled(struct planner *p, const struct mhp_namespace *ns, struct mhp_error *err)
{
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);
	bool is_seen = region && region->start != MHP_UNKNOWN;
	struct mhp_range range = { 0, 0 };
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc = plan_chain(p, ns->name, &chain, &is_new);

	if (rc < 0 || !is_new)
		return rc;
	if (!p->plan->second_round && !plan_may_overwrite(p, ns))
		return enable_first(p, chain, ns);
	rc = plan_ask_memory(p, ns, NULL);
	if (rc == 0)
		rc = plan_enable(p, chain, ns);
	if (rc < 0)
		return rc;
	step = &p->plan->steps[p->plan->nr_steps - 1];
	step->is_parallel = true;
	step->overwrite = true; /* with consent, see plan_ask_memory() */
	/* an approximation for the forecast: the exact range is known once it is enabled */
	if (is_seen)
		range = cost_devdax_data(region->start, ns->raw_size,
					 ns->align ? ns->align : step->align, MHP_MEMMAP_MEM,
					 p->topo->memory.page_size);
	else if (p->request->list_hidden && plan_unseen(p, ns->name, PLAN_ADDRESSES, err) < 0)
		return -ENOMEM;
	return plan_to_kmem(p, chain, region && *region->dax_seed ? region->dax_seed : "dax device",
			    true, &range, is_seen, ns->raw_size);
}

static int online_namespace(struct planner *p, const struct mhp_namespace *ns,
			    struct mhp_error *err)
{
	const struct mhp_dax *dax = topology_find_dax(p->topo, ns->device);
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);
	int rc = plan_check_same(p->topo, p->request, ns, err);

	if (rc == 0 && region && !dax)
		rc = plan_check_node(p, region->name, region->target_node, err);
	if (rc == 0 && region && !dax && !ns->align) /* its creation was not finished */
		rc = plan_check_align(p, region, err);
	if (rc < 0)
		return rc;
	return dax ? plan_online_dax(p, dax, err) : online_disabled(p, ns, err);
}

/* Refuses a new namespace that would lose more bytes than it gives as memory. */
static int check_gain(const struct planner *p, const struct mhp_region *region, uint64_t size,
		      struct mhp_range data, struct mhp_error *err)
{
	const uint64_t block = p->topo->memory.block_size;
	uint64_t first, gain = range_whole_blocks(data, block, &first) * block;
	char a[24], b[24], c[24];

	if (gain && size - gain <= gain)
		return 0;
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: a namespace of %s gives %s of memory in whole memory blocks", region->name,
		format_size(size, a, sizeof(a)), format_size(gain, b, sizeof(b)));
	return err_hint(err, -ENOSPC, "a memory block is %s here; ask for at least %s",
			format_size(block, b, sizeof(b)),
			format_size(align_up(data.start - 1, block) - data.start + size -
					    (data.end - data.start) + 2 * block,
				    c, sizeof(c)));
}

static int online_new(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	const bool is_seen = region->start != MHP_UNKNOWN;
	const struct mhp_step *create;
	struct mhp_range data;
	uint32_t chain;
	uint64_t size;
	bool is_new = false;
	int rc = plan_chain(p, region->name, &chain, &is_new);

	if (rc < 0 || !is_new)
		return rc;
	str_copy(p->plan->chains[chain].region, region->name);
	rc = plan_check_node(p, region->name, region->target_node, err);
	if (rc == 0)
		rc = plan_lock_region(p, region->name);
	if (rc == 0)
		rc = plan_create_on(p, chain, region, true, err);
	if (rc < 0)
		return rc;
	create = &p->plan->steps[p->plan->nr_steps - 1];
	if (create->type != MHP_STEP_CREATE_NAMESPACE) /* other steps come first */
		return 0;
	size = create->size ? create->size : region->size;
	data = cost_devdax_data(is_seen ? region->start : 0, size, create->align, create->map,
				p->topo->memory.page_size);
	rc = is_seen ? check_gain(p, region, size, data, err)
		     : plan_unseen(p, region->name, PLAN_ADDRESSES, err);
	if (rc < 0)
		return rc;
	return plan_to_kmem(p, chain, *region->dax_seed ? region->dax_seed : "dax device", true,
			    &data, is_seen, is_seen ? size : data.end - data.start);
}

static int online_region(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	bool any = false;
	int rc = plan_region_usable(p, region, err);

	if (rc == 0)
		rc = plan_check_orphans_region(p, region->name, region, err);
	if (rc < 0)
		return rc;
	if (!region->is_enabled) {
		rc = plan_check_align(p, region, err);
		return rc < 0 ? rc : plan_enable_region(p, region, false);
	}
	for (size_t i = 0; i < p->topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (strcmp(ns->region, region->name) != 0 || ns->mode != MHP_NAMESPACE_DEVDAX)
			continue;
		any = true;
		rc = online_namespace(p, ns, err);
		if (rc == 0 && p->request->init_labels && !region->has_labels)
			rc = plan_warn(p, "%s: no labels are written, because %s exists",
				       region->name, ns->name);
		if (rc < 0)
			return rc;
	}
	return any ? plan_warn_of_rest(p, region, 0) : online_new(p, region, err);
}

static int online_named_namespace(struct planner *p, const struct mhp_namespace *ns,
				  struct mhp_error *err)
{
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);

	if (ns->mode == MHP_NAMESPACE_DEVDAX) {
		int rc = plan_check_orphans_region(p, ns->name, region, err);

		return rc < 0 ? rc : online_namespace(p, ns, err);
	}
	/* the raw namespace of a label-less region means an empty region */
	if (region && !region->has_labels && ns->mode == MHP_NAMESPACE_RAW)
		return online_region(p, region, err);
	err_set(err, -EBUSY, MHP_REASON_MISMATCH, "%s: is in mode %s, not devdax", ns->name,
		mhp_namespace_mode_name(ns->mode));
	return err_hint(err, -EBUSY, "to discard its data: mhpctl destroy %s", ns->name);
}

/* Plans "all", which means all dax devices; warns about CXL memory that is in none. */
static int online_all(struct planner *p, struct mhp_error *err)
{
	int rc = plan_each_dax(p, plan_online_dax, err);

	for (size_t i = 0; i < p->topo->nr_cxl_memdevs && rc >= 0; i++)
		rc = cxl_warn_of_rest(p, &p->topo->cxl_memdevs[i]);
	return rc < 0 ? rc : 0;
}

/* Plans for the node's blocks, and for devices without blocks, whose node may be gone too. */
static int online_node(struct planner *p, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int node = (int)p->target->target.first, rc = 0;

	for (size_t i = 0; i < p->topo->nr_dax && rc == 0; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (dax->target_node == node && dax_is_empty(dax, p->topo->memory.block_size))
			rc = plan_online_dax(p, dax, err);
	}
	if (rc == 0 && topology_find_node(p->topo, node))
		rc = plan_named_blocks(p, &chain, &is_new, err);
	if (rc == 0 && is_new)
		rc = plan_online_existing(p, chain);
	return rc;
}

int plan_online_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	uint32_t chain;
	bool is_new = false;
	int rc;

	switch (target->kind) {
	case TARGET_REGION:
		return online_region(p, topology_find_region(p->topo, target->name), err);
	case TARGET_NAMESPACE:
		return online_named_namespace(p, topology_find_namespace(p->topo, target->name),
					      err);
	case TARGET_DAX_REGION:
	case TARGET_CXL_REGION: /* the others are planned by plan_cxl_target() */
		return plan_online_parts(p, err);
	case TARGET_ALL:
		return online_all(p, err);
	case TARGET_DAX:
		rc = plan_each_dax(p, plan_online_dax, err);
		return rc < 0 ? rc : 0;
	case TARGET_NODE:
		return online_node(p, err);
	default:
		rc = plan_named_blocks(p, &chain, &is_new, err);
		return rc < 0 || !is_new ? rc : plan_online_existing(p, chain);
	}
}
