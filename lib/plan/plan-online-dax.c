/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to bring existing blocks and dax devices online. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/model/dax-region.h"
#include "lib/model/daxdev.h"
#include "lib/model/zone.h"
#include "lib/plan/data.h"
#include "lib/plan/failure.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool is_not_online(const struct planner *p, const struct mhp_block *block)
{
	(void)p;
	return block->state != MHP_BLOCK_ONLINE;
}

/* Warns about an online block whose zone cannot be read. */
static int warn_of_zones(struct planner *p, uint32_t chain)
{
	const struct mhp_block *block;
	size_t at = 0;

	if (p->request->zone != MHP_ZONE_REQUEST_MOVABLE &&
	    p->request->zone != MHP_ZONE_REQUEST_KERNEL)
		return 0;
	while ((block = plan_next_block(p, chain, &at)))
		if (block->state == MHP_BLOCK_ONLINE && block->zone == MHP_ZONE_UNKNOWN)
			return plan_warn(p,
					 "memory%" PRIu64 ": is online, and its zone cannot be "
					 "read; whether it is zone %s is not known",
					 block->id, mhp_zone_request_name(p->request->zone));
	return 0;
}

/* Says why blocks come online. */
static void explain_online(const struct planner *p, struct mhp_step *step)
{
	const struct mhp_block *blocks = p->topo->blocks;
	const size_t nr = p->topo->nr_blocks;
	uint64_t offline = 0, all = step->last_block - step->first_block + 1;

	for (size_t i = block_index(blocks, nr, step->first_block);
	     i < nr && blocks[i].id <= step->last_block; i++)
		offline += blocks[i].state == MHP_BLOCK_OFFLINE;
	str_format(step->why, "%s", offline == all ? "offline" : "not online");
}

void plan_describe_online(struct planner *p, size_t from)
{
	for (size_t i = from; i < p->plan->nr_steps; i++) {
		explain_online(p, &p->plan->steps[i]);
		str_copy(p->plan->steps[i].undo, "offline the blocks again");
	}
}

/*
 * Plans a step for each run of existing blocks that is offline, then for each run in another zone,
 * whose blocks go offline one by one: in between, most of the memory is online.
 */
int plan_online_existing(struct planner *p, uint32_t chain)
{
	size_t before = p->plan->nr_steps;
	int rc;

	plan_want(p, chain, MHP_BLOCK_ONLINE);
	p->plan->chains[chain].first = p->request->first;
	rc = warn_of_zones(p, chain);
	if (rc == 0)
		rc = plan_block_runs(p, chain, MHP_STEP_ONLINE_BLOCK, is_not_online);
	plan_cut_to_first(p->plan, chain, before, p->topo->memory.block_size);
	plan_describe_online(p, before);
	return rc < 0 ? rc : plan_zone_repairs(p, chain);
}

/* ---- dax devices ------------------------------------------------------------------------- */

/*
 * Warns about udev rules and daxctl's unit, which act on their own. Not about the kernel's policy:
 * it is set to the wanted zone while the device is added.
 */
static int warn_of_onliners(struct planner *p, const char *device)
{
	int rc = 0;

	for (size_t i = 0; i < p->topo->nr_onliners && rc == 0; i++) {
		const struct mhp_onliner *onliner = &p->topo->onliners[i];

		if (onliner->kind == MHP_ONLINER_KERNEL_POLICY)
			continue;
		rc = plan_warn(p,
			       "%s: %s also %s memory online; mhpctl has the kernel do it "
			       "first to avoid a race",
			       device, onliner->where,
			       onliner->is_uncertain ? "may bring" : "brings");
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

	plan_want(p, chain, MHP_BLOCK_ONLINE);
	c->forecast = true;
	c->first = p->request->first;
	for (unsigned i = 0; i < nr_ranges; i++) {
		nr = range_whole_blocks(ranges[i], size, &first);
		if (!nr)
			continue;
		rc = idset_add(&c->blocks, first, first + nr - 1);
		step = rc == 0 ? plan_step(p, MHP_STEP_ONLINE_BLOCK, chain, "memory%" PRIu64, first)
			       : NULL;
		if (!step)
			return -ENOMEM;
		step->is_predicted = true;
		step->zone = p->request->zone;
		step->first_block = first;
		step->last_block = first + nr - 1;
		step->size = nr * size;
		plan_name_run(step);
		str_copy(step->why, "new blocks come up offline");
		str_copy(step->undo, "offline the blocks again");
	}
	plan_cut_to_first(p->plan, chain, before, size);
	return 0;
}

static int warn_of_loss(struct planner *p, const char *device, uint64_t lost, uint64_t blocks)
{
	char a[24], b[24];

	if (lost <= p->topo->memory.block_size) /* normal: devices are rarely aligned to blocks */
		return 0;
	return plan_warn(p,
			 "%s: %s of it do not fill a whole memory block of %s and stay "
			 "unused%s",
			 device, format_size(lost, a, sizeof(a)),
			 format_size(p->topo->memory.block_size, b, sizeof(b)),
			 lost > blocks * p->topo->memory.block_size ? ", more than it gives" : "");
}

/*
 * Plans the steps from a device that is not system-ram, or does not exist yet, to online blocks.
 * Without ranges, which only root can read, its blocks are not in the plan.
 */
int plan_to_kmem(struct planner *p, uint32_t chain, const char *device, bool predicted,
		 const struct mhp_range *ranges, unsigned nr_ranges, uint64_t device_size)
{
	struct mhp_step *step;
	uint64_t first, blocks = 0, bytes;
	int rc;

	for (unsigned i = 0; i < nr_ranges; i++)
		blocks += range_whole_blocks(ranges[i], p->topo->memory.block_size, &first);
	bytes = nr_ranges ? blocks * p->topo->memory.block_size
			  : align_down(device_size, p->topo->memory.block_size);
	rc = plan_module(p, "kmem", p->topo->has_kmem, "it turns dax devices into memory");
	if (rc == 0 && nr_ranges)
		rc = warn_of_loss(p, device, device_size > bytes ? device_size - bytes : 0, blocks);
	if (rc == 0)
		rc = warn_of_onliners(p, device);
	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", device) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_predicted = predicted;
	step->mode = MHP_DAX_SYSTEM_RAM;
	step->zone = p->request->zone;
	step->size = bytes;
	str_copy(step->why, "the device is not system memory");
	str_copy(step->needs, "nobody has the device open");
	str_copy(step->undo, "bind it to device_dax");
	return forecast_runs(p, chain, ranges, nr_ranges);
}

int plan_ask_memory(struct planner *p, const struct mhp_namespace *ns, const struct mhp_dax *dax)
{
	char what[160];

	str_format(what, "turn %s into memory and lose its data",
		   ns	 ? ns->name
		   : dax ? dax->name
			 : "it");
	return plan_ask_data(p, DATA_USE_MEMORY, ns, dax, what);
}

static int check_dax(const struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	char size[24];
	int rc = 0;

	for (unsigned i = 0; i < dax->nr_ranges && dax->has_ranges && rc == 0; i++)
		rc = plan_check_orphans(p, dax->name, dax->ranges[i], err);
	if (rc < 0)
		return rc;

	if (dax->target_node < 0)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: the firmware gives no node for its memory", dax->name),
				"the kernel needs one for system memory (target_node is -1)");
	if (dax->mode != MHP_DAX_SYSTEM_RAM &&
	    plan_check_node(p, dax->name, dax->target_node, err) < 0)
		return -EOPNOTSUPP;
	rc = plan_check_driver(dax, err);
	if (rc < 0)
		return rc;
	if (dax_has_no_memory(dax))
		return err_hint(err,
				err_set(err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: has no memory",
					dax->name),
				"mhpctl resize --size SIZE %s gives it memory of %s", dax->name,
				dax->dax_region);
	if (dax->has_ranges && dax_block_bytes(dax, p->topo->memory.block_size) == 0)
		return err_hint(
			err,
			err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
				"%s: holds no whole memory block of %s", dax->name,
				format_size(p->topo->memory.block_size, size, sizeof(size))),
			"a device of two block sizes always contains a whole block");
	return 0;
}

/*
 * Plans for a kmem device with missing and without online blocks: a write to its state adds all of
 * them (lib/exec/step-device.c).
 */
static int online_empty(struct planner *p, uint32_t chain, const struct mhp_dax *dax)
{
	size_t before = p->plan->nr_steps;
	int rc = forecast_runs(p, chain, dax->ranges, dax->nr_ranges);

	for (size_t i = before; i < p->plan->nr_steps; i++) {
		str_format(p->plan->steps[i].why,
			   "the state of %s is %s, and some blocks are "
			   "missing",
			   dax->name, mhp_dax_state_name(dax->state));
		str_copy(p->plan->steps[i].undo, "remove the blocks again");
	}
	return rc;
}

/*
 * Plans to bind a device to kmem again that is bound and has no block: its memory was removed
 * without the driver, or the driver failed to add it.
 */
static int plan_rebind(struct planner *p, uint32_t chain, const struct mhp_dax *dax)
{
	size_t at = p->plan->nr_steps;
	int rc = plan_to_kmem(p, chain, dax->name, false, dax->ranges, dax->nr_ranges, dax->size);

	for (; rc == 0 && at < p->plan->nr_steps; at++)
		if (p->plan->steps[at].type == MHP_STEP_SET_MODE)
			str_copy(p->plan->steps[at].why,
				 "it is bound to kmem and has no memory block");
	return rc;
}

/* Adds a failure for missing blocks; the existing ones are brought online nevertheless. */
static int fail_missing_blocks(struct planner *p, const struct mhp_dax *dax, uint64_t missing,
			       uint64_t total)
{
	struct mhp_failure *failure = VEC_PUSH(p->plan->failures, p->plan->nr_failures);
	struct mhp_error err = { 0 };

	if (!failure)
		return -ENOMEM;
	err_set(&err, 0, MHP_REASON_KERNEL,
		"%s: %" PRIu64 " of its %" PRIu64 " memory blocks %s missing", dax->name, missing,
		total, missing == 1 ? "is" : "are");
	err_hint(&err, 0,
		 "the kernel log may say why; mhpctl remove %s and mhpctl online %s bind it to "
		 "kmem again",
		 dax->name, dax->name);
	failure_init(failure, dax->name, &err);
	p->target->failed = true;
	return 0;
}

/* Plans for a device in mode system-ram, which should have all blocks that fit into it. */
static int online_memory(struct planner *p, uint32_t chain, const struct mhp_dax *dax)
{
	uint64_t total =
		dax_block_bytes(dax, p->topo->memory.block_size) / p->topo->memory.block_size;
	uint64_t there = idset_count(&p->plan->chains[chain].blocks);
	int rc = 0;

	if (!dax->has_ranges) /* reported as hidden already */
		return plan_online_existing(p, chain);
	if (dax_is_empty(dax, p->topo->memory.block_size))
		return online_empty(p, chain, dax);
	if (!there)
		return plan_rebind(p, chain, dax);
	if (there < total)
		rc = fail_missing_blocks(p, dax, total - there, total);
	return rc < 0 ? rc : plan_online_existing(p, chain);
}

/* Refuses a device of a dax region whose size is not the requested one. */
static int check_size(const struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	uint64_t wanted = p->request->bytes;
	char have[24], want[24];

	if (!*dax->dax_region || !wanted || dax->size == wanted ||
	    dax->size == align_up(wanted, p->topo->memory.block_size))
		return 0;
	err_set(err, -EEXIST, MHP_REASON_MISMATCH, "%s: has %s, not %s", dax->name,
		format_size(dax->size, have, sizeof(have)),
		format_size(wanted, want, sizeof(want)));
	return err_hint(err, -EEXIST, "leave out the size, or change it with mhpctl resize");
}

int plan_online_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	const struct mhp_namespace *ns = topology_find_namespace(p->topo, dax->ns_name);
	uint32_t chain;
	bool is_new = false;
	int rc = check_dax(p, dax, err);

	if (rc == 0 && p->target->target.kind == TARGET_DAX)
		rc = check_size(p, dax, err);
	if (rc == 0 && ns) /* also for a target that does not name the namespace */
		rc = plan_check_same(p->topo, p->request, ns, err);
	if (rc == 0)
		rc = plan_dax_chain(p, dax, &chain, &is_new, err);
	if (rc < 0 || !is_new)
		return rc;
	rc = plan_ask_memory(p, ns, dax);
	if (rc < 0)
		return rc;
	if (dax->mode != MHP_DAX_SYSTEM_RAM)
		rc = plan_warn_of_staying(p, dax);
	if (rc < 0)
		return rc;
	if (dax->mode != MHP_DAX_SYSTEM_RAM)
		return plan_to_kmem(p, chain, dax->name, false, dax->ranges,
				    dax->has_ranges ? dax->nr_ranges : 0, dax->size);
	return online_memory(p, chain, dax);
}
