/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/leftover-act.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/lock.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <string.h>

#define REGION_MS 60000

/* Takes the first failure of a result. Returns its errno, or 0. */
static int take_result(struct leftover_acts *acts, const struct mhp_result *result,
		       struct mhp_error *err)
{
	const struct mhp_failure *failure = mhp_result_failure(result, 0);

	acts->has_changes |= result->has_changes;
	if (result->status == MHP_STATUS_OK)
		return 0;
	if (failure)
		*err = failure->error;
	else
		err_set(err, -EIO, MHP_REASON_KERNEL, "the run ended as %s",
			mhp_status_name(result->status));
	return err->errnum ? -err->errnum : -EIO;
}

/*
 * Runs a request on one target, if the plan for it is still the one that follows from the scan: a
 * name may belong to another object by now.
 */
static int run_on(struct leftover_acts *acts, enum mhp_verb verb, const char *target,
		  struct mhp_error *err)
{
	const char *targets[] = { target };
	const struct mhp_request request =
		MHP_REQUEST_INIT(.verb = verb, .targets = targets, .nr_targets = 1,
				 .agreed = acts->agreed);
	struct mhp_result *result = NULL;
	int rc = mhp_run(acts->ctx, &request, acts->run, &result, err);

	if (rc == 0)
		rc = take_result(acts, result, err);
	mhp_result_free(result);
	return rc;
}

/* Runs a task on a region or namespace that no other run works on. */
static int run_locked(struct leftover_acts *acts, const struct judged *judged, child_fn fn,
		      struct mhp_error *err)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(REGION_MS),
		.watch_fd = -1,
	};
	cleanup_lock int lock_fd = lock_open(acts->ctx, LOCK_MEMORY, err);
	struct nd_change_args args = { .overwrite = false };
	struct child_result result;
	pid_t holder = 0;
	int rc = lock_fd < 0 ? lock_fd : lock_range(lock_fd, judged->range, &holder);

	if (rc == -EAGAIN)
		return err_set(err, rc, MHP_REASON_LOCK_HELD,
			       "%s: process %d, another mhpctl, works on it", judged->target,
			       (int)holder);
	if (rc < 0)
		return rc;
	str_copy(args.name, judged->target);
	rc = child_call(acts->child, CHILD_TASK(fn, &args), &wait, NULL, &result, err);
	acts->has_changes |= rc >= 0;
	return rc < 0 ? rc : 0;
}

/* ---- events: a run on one target emits its own ------------------------------------------- */

static void emit_step(const struct leftover_acts *acts, const struct mhp_step *step,
		      enum mhp_event_type type, int rc)
{
	struct mhp_event event = {
		.type = type,
		.step = step,
		.has_changes = type == MHP_EVENT_STEP_DONE && rc == 0,
		.has_failed = rc < 0,
		.device = step->object,
	};

	emit(acts->emitter, &event);
}

static void emit_step_failure(const struct leftover_acts *acts, const struct mhp_step *step,
			      const struct mhp_error *err, uint64_t elapsed_ms)
{
	struct mhp_failure failure = {
		.has_step = true,
		.step = step->type,
		.error = *err,
		.elapsed_ms = elapsed_ms,
		.migrate_failures = MHP_UNKNOWN,
		.node_pins = MHP_UNKNOWN,
	};

	str_copy(failure.target, step->object);
	emit_failure(acts->emitter, &failure);
}

static int run_task(struct leftover_acts *acts, const struct judged *judged, child_fn fn,
		    enum mhp_step_type type, struct mhp_error *err)
{
	struct mhp_step step = { .type = type };
	uint64_t start = clock_msec();
	int rc;

	str_copy(step.object, judged->target);
	emit_step(acts, &step, MHP_EVENT_STEP_STARTED, 0);
	rc = run_locked(acts, judged, fn, err);
	if (rc < 0 && !err->reason)
		err_errno(err, rc, "%s", judged->target);
	if (rc < 0)
		emit_step_failure(acts, &step, err, clock_msec() - start);
	emit_step(acts, &step, MHP_EVENT_STEP_DONE, rc);
	return rc;
}

void leftover_do(struct leftover_acts *acts, struct judged *judged)
{
	const struct nd_ops *nd = acts->ctx->nd;
	struct mhp_error err = { 0 };
	int rc = 0;

	if (ctx_cancelled(acts->ctx))
		rc = err_set(&err, -EINTR, MHP_REASON_INTERRUPTED, "%s: interrupted",
			     judged->pub.object);
	else if (judged->act == LEFTOVER_INIT)
		rc = run_on(acts, MHP_VERB_INIT, judged->target, &err);
	else if (judged->act == LEFTOVER_DESTROY)
		rc = run_on(acts, MHP_VERB_DESTROY, judged->target, &err);
	else if (judged->act == LEFTOVER_REGION)
		rc = run_task(acts, judged, nd->enable_dimms, MHP_STEP_ENABLE_REGION, &err);
	else if (judged->act == LEFTOVER_END_RAW)
		rc = run_task(acts, judged, nd->end_raw, MHP_STEP_ENABLE_NAMESPACE, &err);
	if (rc < 0 && !err.reason)
		err_errno(&err, rc, "%s", judged->pub.object);
	if (rc < 0)
		judged->pub.error = err;
}
