/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From whatever state to online memory. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/model/daxdev.h"
#include "lib/plan/cost.h"
#include "lib/plan/data.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool zone_fits(enum mhp_zone zone, enum mhp_zone_request request)
{
	switch (request) {
	case MHP_ZONE_REQUEST_MOVABLE:
		return zone == MHP_ZONE_MOVABLE;
	case MHP_ZONE_REQUEST_KERNEL:
		return zone != MHP_ZONE_MOVABLE;
	default:
		return true;
	}
}

static bool needs_online(const struct planner *p, const struct mhp_block *block)
{
	/* where zones cannot be read, what is online is taken to be right */
	return block->state != MHP_BLOCK_ONLINE ||
	       (block->zone != MHP_ZONE_UNKNOWN && !zone_fits(block->zone, p->request->zone));
}

/* What is taken to be right is not known to be. */
static int warn_of_zones(struct planner *p, uint32_t chain)
{
	if (p->request->zone != MHP_ZONE_REQUEST_MOVABLE &&
	    p->request->zone != MHP_ZONE_REQUEST_KERNEL)
		return 0;
	for (size_t i = 0; i < p->topo->nr_blocks; i++) {
		const struct mhp_block *block = &p->topo->blocks[i];

		if (block->state == MHP_BLOCK_ONLINE && block->zone == MHP_ZONE_UNKNOWN &&
		    idset_has(&p->plan->chains[chain].blocks, block->id))
			return plan_warn(p,
					 "memory%" PRIu64 ": is online, and its zone cannot be "
					 "read; whether it is zone %s is not known",
					 block->id, mhp_zone_request_name(p->request->zone));
	}
	return 0;
}

/* Blocks that are there: a step for each run that is offline or in another zone. */
static int online_existing(struct planner *p, uint32_t chain)
{
	size_t before = p->plan->nr_steps;
	int rc;

	p->plan->chains[chain].want = MHP_BLOCK_ONLINE;
	p->plan->chains[chain].first = p->request->first;
	rc = warn_of_zones(p, chain);
	if (rc == 0)
		rc = plan_block_runs(p, chain, MHP_STEP_ONLINE_BLOCK, needs_online);
	plan_cut_to_first(p->plan, chain, before, p->topo->memory.block_size);
	for (size_t i = before; i < p->plan->nr_steps; i++) {
		mhp_format(p->plan->steps[i].why, "offline, or not in zone %s",
			   mhp_zone_request_name(p->request->zone));
		mhp_copy(p->plan->steps[i].undo, "offline the blocks again");
	}
	return rc;
}

/* ---- dax devices ------------------------------------------------------------------------- */

/*
 * Rules of udev and daxctl's unit act on their own; who runs this should know of them. The kernel's
 * policy is a setting, and is what is asked for while the device is added.
 */
static int name_onliners(struct planner *p, const char *device)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_onliners && rc == 0; i++) {
		const struct mhp_onliner *onliner = &p->topo->onliners[i];

		if (onliner->kind == MHP_ONLINER_KERNEL_POLICY)
			continue;
		rc = plan_warn(p,
			       "%s: %s brings memory online too; the kernel is told to be faster",
			       device, onliner->where);
	}
	return rc;
}

static int forecast_runs(struct planner *p, uint32_t chain, const struct mhp_range *ranges,
			 unsigned nr_ranges)
{
	const uint64_t size = p->topo->memory.block_size;
	struct chain *c = &p->plan->chains[chain];
	struct mhp_step *step;
	size_t before = p->plan->nr_steps;
	uint64_t first, nr;
	int rc;

	c->want = MHP_BLOCK_ONLINE;
	c->forecast = true;
	c->first = p->request->first;
	for (unsigned i = 0; i < nr_ranges; i++) {
		nr = range_whole_blocks(ranges[i], size, &first);
		if (!nr)
			continue;
		rc = idset_add(&c->blocks, first, first + nr - 1);
		step = rc == 0 ? plan_step(p, MHP_STEP_ONLINE_BLOCK, chain,
					   "memory%" PRIu64 "-%" PRIu64, first, first + nr - 1)
			       : NULL;
		if (!step)
			return -ENOMEM;
		step->predicted = true;
		step->zone = p->request->zone;
		step->first_block = first;
		step->last_block = first + nr - 1;
		step->size = nr * size;
		mhp_copy(step->why, "new blocks come up offline");
		mhp_copy(step->undo, "offline the blocks again");
	}
	plan_cut_to_first(p->plan, chain, before, size);
	return 0;
}

static int warn_of_loss(struct planner *p, const char *device, uint64_t lost, uint64_t blocks)
{
	char a[24], b[24];

	if (lost <= p->topo->memory.block_size) /* no device is aligned to blocks at both ends */
		return 0;
	return plan_warn(p, "%s: %s of it lie in no whole memory block of %s and stay unused%s",
			 device, format_size(lost, a, sizeof(a)),
			 format_size(p->topo->memory.block_size, b, sizeof(b)),
			 lost > blocks * p->topo->memory.block_size ? ", more than it gives" : "");
}

/* The steps from a device that is not system-ram (or not there yet) to online blocks. */
static int plan_to_kmem(struct planner *p, uint32_t chain, const char *device, bool predicted,
			const struct mhp_range *ranges, unsigned nr_ranges, uint64_t device_size)
{
	struct mhp_step *step;
	uint64_t first, blocks = 0, bytes;
	int rc;

	for (unsigned i = 0; i < nr_ranges; i++)
		blocks += range_whole_blocks(ranges[i], p->topo->memory.block_size, &first);
	bytes = blocks * p->topo->memory.block_size;
	rc = plan_module(p, "kmem", p->topo->has_kmem, "it makes memory of dax devices");
	if (rc == 0)
		rc = warn_of_loss(p, device, device_size > bytes ? device_size - bytes : 0, blocks);
	if (rc == 0)
		rc = name_onliners(p, device);
	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", device) : NULL;
	if (!step)
		return -ENOMEM;
	step->predicted = predicted;
	step->mode = MHP_DAX_SYSTEM_RAM;
	step->zone = p->request->zone;
	step->size = bytes;
	mhp_copy(step->why, "the device is not system memory");
	mhp_copy(step->needs, "nobody has the device open");
	mhp_copy(step->undo, "bind it to device_dax");
	return forecast_runs(p, chain, ranges, nr_ranges);
}

static int ask_memory(struct planner *p, const struct mhp_namespace *ns, const struct mhp_dax *dax)
{
	char what[160];

	mhp_format(what, "make memory of %s and lose what it holds",
		   ns	 ? ns->name
		   : dax ? dax->name
			 : "it");
	return plan_ask_data(p, DATA_USE_MEMORY, ns, dax, what);
}

static int check_dax(const struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	char size[24];

	if (dax->target_node < 0)
		return mhp_hint(err,
				mhp_fail(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					 "%s: the firmware gives no node for its memory",
					 dax->name),
				"the kernel needs one for system memory (target_node is -1)");
	if (!dax->ranges_known)
		return mhp_fail(err, -EACCES, MHP_REASON_NOT_PERMITTED,
				"%s: its physical addresses are shown to root only", dax->name);
	if (dax->mode == MHP_DAX_OTHER)
		return mhp_hint(err,
				mhp_fail(err, -EBUSY, MHP_REASON_IN_USE, "%s: is bound to %s",
					 dax->name, dax->driver),
				"unbind it from that driver first");
	if (dax_block_bytes(dax, p->topo->memory.block_size) == 0)
		return mhp_hint(
			err,
			mhp_fail(err, -ENOSPC, MHP_REASON_NO_SPACE,
				 "%s: holds no whole memory block of %s", dax->name,
				 format_size(p->topo->memory.block_size, size, sizeof(size))),
			"a device needs about two blocks to be sure of one");
	return 0;
}

/*
 * Bound to kmem, and the kernel has none of its memory: it adds all of it by the device's state
 * (lib/exec/step-device.c).
 */
static int online_empty(struct planner *p, uint32_t chain, const struct mhp_dax *dax)
{
	size_t before = p->plan->nr_steps;
	int rc = forecast_runs(p, chain, dax->ranges, dax->nr_ranges);

	for (size_t i = before; i < p->plan->nr_steps; i++) {
		mhp_format(p->plan->steps[i].why, "the state of %s is %s, and not all is there",
			   dax->name, mhp_dax_state_name(dax->state));
		mhp_copy(p->plan->steps[i].undo, "remove the blocks again");
	}
	return rc;
}

static int online_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc = check_dax(p, dax, err);

	if (rc == 0)
		rc = plan_dax_chain(p, dax, &chain, &is_new, err);
	if (rc < 0 || !is_new)
		return rc;
	rc = ask_memory(p, topology_find_namespace(p->topo, dax->namespace_), dax);
	if (rc < 0)
		return rc;
	if (dax->mode != MHP_DAX_SYSTEM_RAM)
		return plan_to_kmem(p, chain, dax->name, false, dax->ranges, dax->nr_ranges,
				    dax->size);
	if (dax_is_empty(dax, p->topo->memory.block_size))
		return online_empty(p, chain, dax);
	return online_existing(p, chain);
}

/* ---- namespaces and regions -------------------------------------------------------------- */

int plan_check_same(const struct mhp_request *r, const struct mhp_namespace *ns,
		    struct mhp_error *err)
{
	const char *what = NULL;
	char have[24], want[24];

	if (r->name && strcmp(r->name, ns->label) != 0)
		what = "name";
	else if (r->align && ns->align && r->align != ns->align)
		what = "alignment";
	else if (r->map && ns->map && r->map != ns->map)
		what = "map";
	else if (r->size && ns->raw_size < r->size)
		what = "size";
	if (!what)
		return 0;
	mhp_fail(err, -EEXIST, MHP_REASON_MISMATCH,
		 "%s: %s is there (%s) with another %s than asked", ns->region, ns->name,
		 format_size(ns->raw_size, have, sizeof(have)), what);
	if (strcmp(what, "size") == 0)
		return mhp_hint(err, -EEXIST,
				"ask for no more than %s, or mhpctl remove %s --destroy first",
				format_size(ns->raw_size, want, sizeof(want)), ns->name);
	return mhp_hint(err, -EEXIST, "ask for no other %s, or mhpctl remove %s --destroy first",
			what, ns->name);
}

/* What it holds cannot be read while it is disabled. Enabling it loses nothing; then it is asked.
 */
static int enable_first(struct planner *p, uint32_t chain, const struct mhp_namespace *ns)
{
	int rc = plan_enable(p, chain, ns);

	if (rc < 0)
		return rc;
	p->plan->steps[p->plan->nr_steps - 1].short_way = false;
	p->plan->partial = true;
	return 0;
}

/* A devdax namespace without a device yet: enable it, then on as with any other. */
static int online_disabled(struct planner *p, const struct mhp_namespace *ns)
{
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);
	struct mhp_range range = { 0, 0 };
	struct mhp_step *step;
	uint32_t chain;
	bool is_new = false;
	int rc = plan_chain(p, ns->name, &chain, &is_new);

	if (rc < 0 || !is_new)
		return rc;
	if (!p->plan->second_round && !plan_may_overwrite(p, ns))
		return enable_first(p, chain, ns);
	rc = ask_memory(p, ns, NULL);
	if (rc == 0)
		rc = plan_enable(p, chain, ns);
	if (rc < 0)
		return rc;
	step = &p->plan->steps[p->plan->nr_steps - 1];
	step->parallel = true;
	step->overwrite = true; /* what that loses was asked for */
	/* where it lies is known once it is enabled; near enough for the forecast */
	if (region && region->start != MHP_UNKNOWN)
		range = cost_devdax_data(region->start, ns->raw_size, PLAN_DEFAULT_ALIGN,
					 MHP_MAP_MEM, p->topo->memory.page_size);
	return plan_to_kmem(p, chain, region && *region->dax_seed ? region->dax_seed : "dax device",
			    true, &range, 1, ns->raw_size);
}

static int online_namespace(struct planner *p, const struct mhp_namespace *ns,
			    struct mhp_error *err)
{
	const struct mhp_dax *dax = topology_find_dax(p->topo, ns->device);
	int rc = plan_check_same(p->request, ns, err);

	if (rc < 0)
		return rc;
	return dax ? online_dax(p, dax, err) : online_disabled(p, ns);
}

/* A new namespace that would give less memory than it loses is refused: nobody wants that. */
static int check_gain(const struct planner *p, const struct mhp_region *region, uint64_t size,
		      struct mhp_range data, struct mhp_error *err)
{
	const uint64_t block = p->topo->memory.block_size;
	uint64_t first, gain = range_whole_blocks(data, block, &first) * block;
	char a[24], b[24], c[24];

	if (gain && size - gain <= gain)
		return 0;
	mhp_fail(err, -ENOSPC, MHP_REASON_NO_SPACE,
		 "%s: a namespace of %s gives %s of memory in whole memory blocks", region->name,
		 format_size(size, a, sizeof(a)), format_size(gain, b, sizeof(b)));
	return mhp_hint(err, -ENOSPC, "a memory block is %s here; ask for at least %s",
			format_size(block, b, sizeof(b)),
			format_size(align_up(data.start - 1, block) - data.start + size -
					    (data.end - data.start) + 2 * block,
				    c, sizeof(c)));
}

static int online_new(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	const struct mhp_step *create;
	struct mhp_range data;
	uint32_t chain;
	uint64_t size;
	bool is_new = false;
	int rc = plan_chain(p, region->name, &chain, &is_new);

	if (rc < 0 || !is_new)
		return rc;
	mhp_copy(p->plan->chains[chain].region, region->name);
	rc = plan_lock_region(p, region->name);
	if (rc == 0)
		rc = plan_create_on(p, chain, region, true, err);
	if (rc < 0)
		return rc;
	create = &p->plan->steps[p->plan->nr_steps - 1];
	if (create->type != MHP_STEP_CREATE_NAMESPACE) /* something has to come first */
		return 0;
	if (region->start == MHP_UNKNOWN)
		return mhp_fail(err, -EACCES, MHP_REASON_NOT_PERMITTED,
				"%s: its physical addresses are shown to root only", region->name);
	size = create->size ? create->size : region->size;
	data = cost_devdax_data(region->start, size, create->align, create->map,
				p->topo->memory.page_size);
	rc = check_gain(p, region, size, data, err);
	if (rc < 0)
		return rc;
	return plan_to_kmem(p, chain, *region->dax_seed ? region->dax_seed : "dax device", true,
			    &data, 1, size);
}

static int online_region(struct planner *p, const struct mhp_region *region, struct mhp_error *err)
{
	bool any = false;
	int rc = plan_region_usable(p, region, err);

	if (rc < 0)
		return rc;
	if (!region->enabled)
		return plan_enable_region(p, region, false);
	for (size_t i = 0; i < p->topo->nr_namespaces; i++) {
		const struct mhp_namespace *ns = &p->topo->namespaces[i];

		if (strcmp(ns->region, region->name) != 0 || ns->mode != MHP_NAMESPACE_DEVDAX)
			continue;
		any = true;
		rc = online_namespace(p, ns, err);
		if (rc == 0 && p->request->init_labels && !region->labels)
			rc = plan_warn(p, "%s: no labels are written, as %s is there", region->name,
				       ns->name);
		if (rc < 0)
			return rc;
	}
	return any ? 0 : online_new(p, region, err);
}

static int online_named_namespace(struct planner *p, const struct mhp_namespace *ns,
				  struct mhp_error *err)
{
	const struct mhp_region *region = topology_find_region(p->topo, ns->region);

	if (ns->mode == MHP_NAMESPACE_DEVDAX)
		return online_namespace(p, ns, err);
	/* the raw namespace of a label-less region stands for the empty region */
	if (region && !region->labels && ns->mode == MHP_NAMESPACE_RAW)
		return online_region(p, region, err);
	mhp_fail(err, -EBUSY, MHP_REASON_MISMATCH, "%s: is in mode %s, not devdax", ns->name,
		 mhp_namespace_mode_name(ns->mode));
	return mhp_hint(err, -EBUSY, "if what it holds may be lost: mhpctl destroy %s", ns->name);
}

static int online_if_empty(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	return dax_is_empty(dax, p->topo->memory.block_size) ? online_dax(p, dax, err) : 0;
}

/* Its blocks, and the devices of it that have lost theirs, with which the node may have gone. */
static int online_node(struct planner *p, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc = plan_each_dax(p, online_if_empty, err);

	if (rc >= 0 && topology_find_node(p->topo, (int)p->target->target.first))
		rc = plan_named_blocks(p, &chain, &is_new, err);
	if (rc >= 0 && is_new)
		rc = online_existing(p, chain);
	return rc < 0 ? rc : 0;
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
	case TARGET_ALL:
	case TARGET_DAX:
		rc = plan_each_dax(p, online_dax, err);
		return rc < 0 ? rc : 0;
	case TARGET_NODE:
		return online_node(p, err);
	default:
		rc = plan_named_blocks(p, &chain, &is_new, err);
		return rc < 0 || !is_new ? rc : online_existing(p, chain);
	}
}
