/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the steps of a plan in order, and undoes them where one has failed. */
#include "lib/exec/runner.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/exec/block-work.h"
#include "lib/exec/drain.h"
#include "lib/exec/event.h"
#include "lib/exec/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const step_fn step_fns[NR_STEP_TYPES] = {
	[MHP_STEP_LOAD_MODULE] = step_load_module,
	[MHP_STEP_ENABLE_REGION] = step_enable_region,
	[MHP_STEP_INIT_LABELS] = step_init_labels,
	[MHP_STEP_CREATE_NAMESPACE] = step_create_namespace,
	[MHP_STEP_ENABLE_NAMESPACE] = step_enable_namespace,
	[MHP_STEP_SET_MODE] = step_set_mode,
	[MHP_STEP_ONLINE_BLOCK] = step_online_block,
	[MHP_STEP_OFFLINE_BLOCK] = step_offline_block,
	[MHP_STEP_DESTROY_NAMESPACE] = step_destroy_namespace,
	[MHP_STEP_CREATE_DEVICE] = step_create_device,
	[MHP_STEP_RESIZE_DEVICE] = step_resize_device,
	[MHP_STEP_DESTROY_DEVICE] = step_destroy_device,
	[MHP_STEP_ENABLE_MEMDEV] = step_enable_memdev,
	[MHP_STEP_CREATE_CXL_REGION] = step_create_cxl_region,
	[MHP_STEP_ADD_MEMDEV] = step_add_memdev,
	[MHP_STEP_COMMIT_CXL_REGION] = step_commit_cxl_region,
	[MHP_STEP_ENABLE_CXL_REGION] = step_enable_cxl_region,
	[MHP_STEP_DESTROY_CXL_REGION] = step_destroy_cxl_region,
};

/* Returns true for the end of a CXL region after a failed step for one of its dax devices. */
static bool is_in_use(const struct exec *x, const struct mhp_step *step)
{
	const char *region = x->plan->chains[step->chain].cxl.region;

	if (step->type != MHP_STEP_DESTROY_CXL_REGION)
		return false;
	for (size_t i = 0; i < x->plan->nr_chains; i++) {
		const struct mhp_dax *dax = topology_find_dax(x->topo, x->plan->chains[i].device);

		if (x->chains[i].failed && dax && strcmp(dax->cxl_region, region) == 0)
			return true;
	}
	return false;
}

/*
 * Returns true after a failure in the chain, or in that of a device of the CXL region. After a
 * failed block the other blocks are still tried.
 */
static bool is_skipped(const struct exec *x, const struct mhp_step *step, const bool *chain_broken)
{
	if (step->chain == MHP_NO_CHAIN)
		return false;
	if (!x->chains[step->chain].failed)
		return is_in_use(x, step);
	return chain_broken[step->chain] || !is_block_step(step->type);
}

/* Reports a step that may not start, because its record could not be written. */
static int report_not_started(struct exec *x, struct mhp_step *step, int rc,
			      const struct mhp_error *why)
{
	struct mhp_error err = *why;

	event_step(x, step, MHP_EVENT_STEP_STARTED, false, false, 0);
	if (rc != -ENOMEM) { /* which ends the run */
		str_format(err.message, "%s: not started: %.400s", step->object, why->message);
		rc = exec_fail(x, step, step->object, &err, "", 0);
	}
	exec_step_done(x, step, false, true, 0);
	return rc;
}

/*
 * Returns whether a step has left a CXL region without its members: only the record of the run then
 * shows whose region it was.
 */
static bool is_half_destroyed(const struct mhp_step *step, int rc, bool changed)
{
	return step->type == MHP_STEP_DESTROY_CXL_REGION && rc < 0 && changed;
}

static int run_step(struct exec *x, struct mhp_step *step)
{
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	bool changed = false;
	int rc;

	x->object = step->object;
	rc = intent_log_begin(x, &step, 1, &err);
	if (rc < 0)
		return report_not_started(x, step, rc, &err);
	event_step(x, step, MHP_EVENT_STEP_STARTED, false, false, 0);
	rc = step_fns[step->type](x, step, &changed);
	if (is_half_destroyed(step, rc, changed))
		intent_log_keep(x);
	else
		intent_log_done(x, step);
	exec_step_done(x, step, changed, rc < 0, clock_msec() - start);
	return rc;
}

/* Marks all chains as failed, after a step that all depend on. */
static void fail_all_chains(struct exec *x, enum mhp_reason reason)
{
	for (size_t i = 0; i < x->plan->nr_chains; i++)
		if (!x->chains[i].failed) {
			x->chains[i].failed = true;
			x->chains[i].reason = reason;
		}
}

static void report_planned_failures(struct exec *x)
{
	for (size_t i = 0; i < x->plan->nr_failures; i++) {
		event_failure(x, NULL, &x->plan->failures[i]);
		failures_add(&x->failures, &x->plan->failures[i]);
	}
}

/* Reports that the run ends for lack of memory. Its changes are still reported. */
static void report_no_memory(struct exec *x)
{
	struct mhp_error err = { 0 };

	err_errno(&err, -ENOMEM, "cannot continue");
	failures_add_error(&x->failures, &err, "");
	event_failure(x, NULL, &x->failures.at[x->failures.nr - 1]);
}

/* Marks the chains that a failed step breaks. Returns true if no further step may run. */
static bool ends_run(struct exec *x, const struct mhp_step *step, int rc, bool *broken)
{
	if (rc < 0 && step->chain == MHP_NO_CHAIN)
		fail_all_chains(x, x->failures.at[x->failures.nr - 1].error.reason);
	else if (rc < 0 && !is_block_step(step->type))
		broken[step->chain] = true;
	return rc < 0 && (x->options->roll_back || step->chain == MHP_NO_CHAIN);
}

/* Runs parallel steps of one kind that are written down together. */
static int run_parallel(struct exec *x, struct mhp_step **steps, size_t nr, bool creates)
{
	struct mhp_error err = { 0 };
	int rc = intent_log_begin(x, steps, nr, &err), first = 0;

	for (size_t i = 0; rc < 0 && i < nr; i++) {
		int failed = report_not_started(x, steps[i], rc, &err);

		first = first ? first : failed;
	}
	if (rc < 0)
		return first;
	rc = creates ? creations_run(x, steps, nr) : batch_run(x, steps, nr);
	for (size_t i = 0; i < nr; i++)
		intent_log_done(x, steps[i]);
	return rc;
}

/* Runs the parallel steps from *at on together, and moves *at past them. */
static int run_batch(struct exec *x, size_t *at, bool *broken)
{
	cleanup_free struct mhp_step **steps = calloc(x->plan->nr_steps - *at, sizeof(*steps));
	bool creates = x->plan->steps[*at].type == MHP_STEP_CREATE_NAMESPACE;
	size_t nr = 0;
	int rc;

	if (!steps)
		return -ENOMEM;
	for (; *at < x->plan->nr_steps && x->plan->steps[*at].is_parallel &&
	       (x->plan->steps[*at].type == MHP_STEP_CREATE_NAMESPACE) == creates;
	     (*at)++)
		if (!is_skipped(x, &x->plan->steps[*at], broken))
			steps[nr++] = &x->plan->steps[*at];
	rc = run_parallel(x, steps, nr, creates);
	for (size_t i = 0; i < nr; i++)
		broken[steps[i]->chain] = x->chains[steps[i]->chain].failed;
	return rc;
}

static int run_steps(struct exec *x)
{
	cleanup_free bool *broken = calloc(x->plan->nr_chains + 1, sizeof(*broken));
	struct mhp_step *step;
	int rc;

	if (!broken)
		return -ENOMEM;
	for (size_t i = 0; i < x->plan->nr_steps;) {
		step = &x->plan->steps[i];
		if (ctx_cancelled(x->ctx))
			x->interrupted = true;
		if (x->interrupted)
			return 0;
		if (step->is_parallel) {
			rc = run_batch(x, &i, broken);
			if (rc == -ENOMEM || (rc < 0 && x->options->roll_back))
				return rc == -ENOMEM ? rc : 0;
			continue;
		}
		i++;
		if (is_skipped(x, step, broken))
			continue;
		rc = run_step(x, step);
		if (rc == -ENOMEM || ends_run(x, step, rc, broken))
			return rc == -ENOMEM ? rc : 0;
	}
	return 0;
}

/* ---- undo -------------------------------------------------------------------------------- */

static int undo_one(struct exec *x, const struct done *done)
{
	struct mhp_step step = *done->step;
	bool changed = false;

	x->object = done->step->object;
	switch (step.type) {
	case MHP_STEP_ONLINE_BLOCK:
	case MHP_STEP_OFFLINE_BLOCK:
		return done->whole ? undo_device(x, done) : block_undo(x, done);
	case MHP_STEP_SET_MODE:
		step.mode = done->mode;
		return step_set_mode(x, &step, &changed);
	case MHP_STEP_CREATE_DEVICE:
		return undo_create_device(x, &step);
	case MHP_STEP_RESIZE_DEVICE:
		return undo_resize_device(x, &step);
	case MHP_STEP_ENABLE_NAMESPACE:
		return undo_enable_namespace(x, &step);
	case MHP_STEP_ENABLE_MEMDEV:
	case MHP_STEP_CREATE_CXL_REGION:
	case MHP_STEP_ADD_MEMDEV:
	case MHP_STEP_COMMIT_CXL_REGION:
	case MHP_STEP_ENABLE_CXL_REGION:
		return undo_cxl_step(x, &step);
	case MHP_STEP_CREATE_NAMESPACE:
		step.type = MHP_STEP_DESTROY_NAMESPACE;
		str_copy(step.object, x->plan->chains[done->chain].ns_name);
		return step_destroy_namespace(x, &step, &changed);
	default:
		return 0;
	}
}

static void record_undone(struct exec *x, uint32_t chain, bool undone)
{
	if (chain == MHP_NO_CHAIN)
		return;
	x->chains[chain].undone = undone;
	x->chains[chain].changed = !undone;
}

static void roll_back(struct exec *x)
{
	bool all = true;

	for (size_t i = 0; i < x->nr_done; i++)
		record_undone(x, x->done[i].chain, true);
	intent_log_undo(x);
	x->undoing = true;
	for (size_t i = x->nr_done; i-- > 0;) {
		if (undo_one(x, &x->done[i]) < 0) {
			record_undone(x, x->done[i].chain, false);
			all = false;
		}
	}
	x->undoing = false;
	for (size_t i = 0; i < x->plan->nr_chains; i++) {
		if (x->chains[i].is_kept)
			record_undone(x, (uint32_t)i, false);
		all = all && !x->chains[i].is_kept;
	}
	x->rolled_back = all;
	if (!all)
		event_warning(x, "not everything could be undone; mhpctl list shows the "
				 "current state");
}

void exec_run(struct exec *x)
{
	report_planned_failures(x);
	drain_run(x);
	if (run_steps(x) < 0)
		report_no_memory(x);
	if (x->options->roll_back && x->nr_done && x->interrupted)
		event_warning(x, "interrupted, so nothing was undone");
	else if (x->options->roll_back && x->nr_done && x->failures.nr)
		roll_back(x);
	cxl_end_unfinished(x);
	drain_end(x);
}
