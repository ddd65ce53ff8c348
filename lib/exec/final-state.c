/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/final-state.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/chain-check.h"
#include "lib/exec/event.h"
#include "lib/model/block.h"
#include "lib/model/zone.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/kernel.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RULES_MS       3000
#define RULES_BEGIN_MS 200

/* ---- reporting --------------------------------------------------------------------------- */

int final_state_hint_back(const struct exec *x, struct mhp_error *err, int rc)
{
	char who[200];

	if (exec_name_onliners(x, false, who, sizeof(who)))
		return err_hint(err, rc,
				"%s brings memory online on this machine; turn that off, then run "
				"this again",
				who);
	return err_hint(err, rc,
			"%s: look for a timer, a service or a script that writes to "
			"/" KERNEL_BLOCKS "/memory*/state, stop it, then run this again",
			x->topo->onliners_unread ? "not all udev rules can be read, so it may be "
						   "one of them"
						 : "no udev rule does so on this machine");
}

static void set_hint_away(struct mhp_error *err)
{
	err_hint(
		err, 0,
		"another program did it: look for a service or a script that writes to /" KERNEL_BLOCKS
		"/memory*/state or works on the device, stop it, then "
		"run this again");
}

/* ---- blocks ------------------------------------------------------------------------------ */

/* Collects the blocks that failures name. */
static int collect_reported(struct chain_check *p)
{
	unsigned long long id;
	int rc = 0, end;

	for (size_t i = 0; i < p->x->failures.nr && rc == 0; i++) {
		const char *target = p->x->failures.at[i].target;

		end = 0;
		if (sscanf(target, "memory%llu%n", &id, &end) == 1 && !target[end])
			rc = idset_add(&p->reported, id, id);
	}
	return rc;
}

/*
 * Returns whether every step that changes the blocks has ended. For an offline only the offline
 * steps count: they try all blocks even after a failure, and later steps do not change blocks.
 */
static bool steps_have_ended(const struct chain_check *p)
{
	bool down = p->chain->has_want && p->chain->want == MHP_BLOCK_OFFLINE;
	size_t nr = 0;

	if (p->was_given_up || p->state->undone || p->state->whole_ended ||
	    (!down && p->state->is_broken))
		return false;
	for (size_t i = 0; i < p->x->plan->nr_steps; i++)
		nr += p->x->plan->steps[i].chain == p->index &&
		      (!down || p->x->plan->steps[i].type == MHP_STEP_OFFLINE_BLOCK);
	return p->state->nr_ended >= nr;
}

static void report_back(struct chain_check *p, const struct mhp_block *block, const char *name)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, MHP_REASON_CAME_BACK,
		"%s: was offline, and at the end of the run it is %s again", name,
		block->state == MHP_BLOCK_ONLINE ? "online" : mhp_block_state_name(block->state));
	final_state_hint_back(p->x, &err, 0);
	chain_report_failure(p, MHP_STEP_OFFLINE_BLOCK, name, &err);
}

static void report_away(struct chain_check *p, const struct mhp_block *block, const char *name)
{
	struct mhp_error err = { 0 };
	char who[200];

	if (block->state != MHP_BLOCK_ONLINE) {
		err_set(&err, 0, MHP_REASON_WENT_AWAY,
			"%s: was online, and at the end of the run it is %s again", name,
			mhp_block_state_name(block->state));
		set_hint_away(&err);
	} else if (block->zone == MHP_ZONE_UNKNOWN) {
		err_set(&err, 0, MHP_REASON_WRONG_ZONE,
			"%s: is online, and its zone cannot be read at the end of the run; it may not "
			"be zone %s",
			name, mhp_zone_request_name(p->x->plan->zone));
		err_hint(&err, 0, "once mhpctl list shows its zone, run the same command again");
	} else {
		err_set(&err, 0, MHP_REASON_WRONG_ZONE,
			"%s: is online in zone %s at the end of the run, not %s", name,
			mhp_zone_name(block->zone), mhp_zone_request_name(p->x->plan->zone));
		if (exec_name_onliners(p->x, true, who, sizeof(who)))
			err_hint(&err, 0, "%s brings memory online on this machine; turn that off",
				 who);
	}
	chain_report_failure(p, MHP_STEP_ONLINE_BLOCK, name, &err);
}

static void report_unread(struct chain_check *p, const char *name, int rc)
{
	struct mhp_error err = { 0 };

	err_errno(&err, rc, "%s: its state cannot be read at the end of the run", name);
	chain_report_failure(p,
			     p->chain->want == MHP_BLOCK_OFFLINE ? MHP_STEP_OFFLINE_BLOCK
								 : MHP_STEP_ONLINE_BLOCK,
			     name, &err);
}

/* Returns whether the zone of an online block is not known although the kernel shows zones. */
static bool is_zone_hidden(const struct chain_check *p, const struct mhp_block *block)
{
	const struct mhp_topology *topo = p->x->topo;

	if (block->zone != MHP_ZONE_UNKNOWN || p->x->plan->zone == MHP_ZONE_REQUEST_AUTO)
		return false;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (topo->blocks[i].zone != MHP_ZONE_UNKNOWN &&
		    topo->blocks[i].zone != MHP_ZONE_NONE)
			return true;
	return false; /* a kernel without valid_zones */
}

static bool is_as_wanted(const struct chain_check *p, const struct mhp_block *block)
{
	if (block->state != p->chain->want)
		return false;
	return p->chain->want == MHP_BLOCK_OFFLINE ||
	       (zone_satisfies(block->zone, p->x->plan->zone) && !is_zone_hidden(p, block));
}

/* Reads the node only for the first block of a run: the blocks of a device share it. */
static void add_online(struct chain_check *p, const struct mhp_block *block, bool is_first)
{
	struct chain_seen *seen = &p->state->seen;

	if (is_first || !seen->online) {
		int node = block_read_node(&p->x->ctx->sys, block->id);

		seen->node = seen->online && seen->node != node ? -1 : node;
	}
	seen->zone = seen->online && seen->zone != block->zone ? MHP_ZONE_NONE : block->zone;
	seen->online++;
}

/*
 * Checks a block. wanted: the run has brought the block to the wanted state, so another state is a
 * failure.
 */
static void check_block(struct chain_check *p, uint64_t id, bool is_first, bool wanted)
{
	struct mhp_block block;
	char name[32];
	int rc = block_read(&p->x->ctx->sys, id, &block);
	/* a removed block is not online */
	bool done = rc == -ENOENT ? p->chain->want == MHP_BLOCK_OFFLINE
				  : rc >= 0 && is_as_wanted(p, &block);

	wanted = wanted && !idset_has(&p->reported, id);
	p->state->seen.total++;
	str_format(name, "memory%" PRIu64, id);
	if (done) {
		p->state->seen.done++;
	} else if (rc == -ENOENT) {
		if (wanted && !p->missing++)
			p->first_missing = id;
	} else if (rc < 0) {
		if (wanted)
			report_unread(p, name, rc);
	} else if (wanted && p->chain->want == MHP_BLOCK_OFFLINE) {
		report_back(p, &block, name);
	} else if (wanted) {
		report_away(p, &block, name);
	}
	if (rc == 0 && block.state == MHP_BLOCK_ONLINE)
		add_online(p, &block, is_first);
}

/* Reports missing blocks as one failure: a device mostly loses all its memory at once. */
static void report_missing(struct chain_check *p)
{
	const char *object = *p->chain->device ? p->chain->device : p->chain->key;
	struct mhp_error err = { 0 };

	if (!p->missing)
		return;
	err_set(&err, 0, MHP_REASON_WENT_AWAY,
		"%s: %" PRIu64 " of its %" PRIu64
		" memory blocks %s missing at the end of the run, memory%" PRIu64 "%s",
		object, p->missing, idset_count(&p->chain->blocks), p->missing == 1 ? "is" : "are",
		p->first_missing, p->missing == 1 ? "" : " the first of them");
	set_hint_away(&err);
	chain_report_failure(p, MHP_STEP_ONLINE_BLOCK, object, &err);
}

static void check_blocks(struct chain_check *p)
{
	uint64_t last = plan_last_wanted(p->chain, p->x->topo->memory.block_size);
	bool reached = steps_have_ended(p);

	if (!p->chain->has_want) /* such as an init of a region that is memory */
		return;
	for (size_t i = 0; i < p->chain->blocks.nr; i++) {
		const struct idrun *run = &p->chain->blocks.runs[i];

		for (uint64_t id = run->first; id <= run->last; id++)
			check_block(p, id, id == run->first, reached && id <= last);
	}
	report_missing(p);
}

/* ---- devices ----------------------------------------------------------------------------- */

static const char *driver_text(const char *driver)
{
	return *driver ? driver : "no driver";
}

static void report_device(struct chain_check *p, enum mhp_reason reason, const char *what)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, reason, "%s: %s at the end of the run", p->chain->device, what);
	err_hint(&err, 0,
		 "another program works on the device (daxctl, a rule of udev or a script); "
		 "stop that, then run this again");
	chain_report_failure(p, MHP_STEP_SET_MODE, p->chain->device, &err);
}

/* Expects the device to be bound to kmem, if a step or the scan said so. */
static void check_is_memory(struct chain_check *p, const char *driver)
{
	const struct mhp_dax *dax = topology_find_dax(p->x->topo, p->chain->device);
	char what[96];

	if (!chain_last_step(p, MHP_STEP_SET_MODE) && !(dax && dax->mode == MHP_DAX_SYSTEM_RAM))
		return;
	if (strcmp(driver, "kmem") == 0)
		return;
	str_format(what, "is bound to %s and not to kmem", driver_text(driver));
	report_device(p, MHP_REASON_WENT_AWAY, what);
}

static void check_is_no_memory(struct chain_check *p, const char *driver, bool destroys)
{
	char what[96];

	if (strcmp(driver, "kmem") == 0) {
		report_device(p, MHP_REASON_CAME_BACK, "is system memory again");
	} else if (!destroys && strcmp(driver, "device_dax") != 0) {
		str_format(what, "is bound to %s and not to device_dax", driver_text(driver));
		report_device(p, MHP_REASON_WENT_AWAY, what);
	}
}

static void check_device(struct chain_check *p)
{
	enum mhp_verb verb = p->x->plan->verb;
	bool destroys = chain_last_step(p, MHP_STEP_DESTROY_NAMESPACE) ||
			divided_state_is_of(p->x, p->index) || cxl_state_destroys(p->x, p->index);
	struct mhp_error err = { 0 };
	char driver[MHP_NAME_MAX];
	int rc;

	if (!*p->chain->device || !chain_ended_well(p) ||
	    (verb != MHP_VERB_ONLINE && verb != MHP_VERB_REMOVE && verb != MHP_VERB_INIT))
		return;
	rc = dax_driver(p->x->ctx, p->chain->device, driver, sizeof(driver));
	if (rc == -ENOENT && !destroys) {
		report_device(p, MHP_REASON_WENT_AWAY, "is missing");
	} else if (rc < 0 && rc != -ENOENT) {
		err_errno(&err, rc, "%s: its driver cannot be read at the end of the run",
			  p->chain->device);
		chain_report_failure(p, MHP_STEP_SET_MODE, p->chain->device, &err);
	} else if (rc == 0 && verb == MHP_VERB_ONLINE) {
		check_is_memory(p, driver);
	} else if (rc == 0 && verb == MHP_VERB_REMOVE) {
		check_is_no_memory(p, driver, destroys);
	} else if (rc == 0 && !*driver) {
		report_device(p, MHP_REASON_WENT_AWAY, "is bound to no driver");
	}
}

/* ---- the run ----------------------------------------------------------------------------- */

/*
 * Waits until udev is idle, at most RULES_MS: its rules may undo a change a moment later. The queue
 * file exists while udev handles an event.
 */
static void await_rules(struct exec *x)
{
	uint64_t deadline = clock_deadline(RULES_MS);
	bool any = false, has_rule = false;

	for (size_t i = 0; i < x->plan->nr_chains; i++)
		any = any || x->chains[i].changed;
	for (size_t i = 0; i < x->topo->nr_onliners; i++)
		has_rule = has_rule || x->topo->onliners[i].kind != MHP_ONLINER_KERNEL_POLICY;
	if (!any)
		return;
	if (has_rule) /* udev may not have received the last event yet */
		clock_sleep(RULES_BEGIN_MS);
	while (root_exists(&x->ctx->sys, CONF_UDEV_QUEUE) != 0 && clock_msec() < deadline &&
	       !ctx_cancelled(x->ctx))
		clock_sleep(20);
}

void final_state_read(struct exec *x)
{
	bool was_given_up = x->interrupted || (x->options->roll_back && x->failures.nr);

	if (!was_given_up)
		await_rules(x);
	for (uint32_t i = 0; i < x->plan->nr_chains; i++) {
		struct chain_check p = chain_check_of(x, i, was_given_up);

		p.state->seen = (struct chain_seen){ .node = -1 };
		if (collect_reported(&p) < 0) { /* without memory a block may be reported twice */
			idset_free(&p.reported);
			p.reported = (struct idset){ 0 };
		}
		check_blocks(&p);
		check_device(&p);
		idset_free(&p.reported);
	}
	final_namespaces_read(x, was_given_up);
}
