/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a request: scan, plan, lock, ask, run the hook before it and the steps. */
#include "lib/exec/run.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/base/sized.h"
#include "lib/exec/choosing.h"
#include "lib/exec/consent.h"
#include "lib/exec/drain.h"
#include "lib/exec/killed-runs.h"
#include "lib/exec/permission.h"
#include "lib/exec/event.h"
#include "lib/exec/result.h"
#include "lib/exec/runner.h"
#include "lib/exec/scan.h"
#include "lib/plan/drain.h"
#include "lib/sys/lock.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS	     4 /* rounds of one kind in a row before giving up */
#define WAIT_STEP_MS 50
#define KILLED_MS    30000

/* Why another round follows. */
enum round {
	ROUND_LAST = 0,
	ROUND_WAITED,	/* waited for another mhpctl: the scan is old */
	ROUND_ANSWERED, /* the user agreed, which may have taken long */
	ROUND_HOOK,	/* a hook has run, which may have changed the machine */
	ROUND_BEGUN,	/* the caller has done something before the first change */
	ROUND_PART,	/* the plan was partial */
	ROUND_REPLACE,	/* blocks failed, and others can be chosen instead */
	ROUND_OUTDATED, /* nothing to do, but the machine changed since it was planned */
	ROUND_MAX,
};

struct run {
	struct mhp_ctx *ctx;
	const struct mhp_request *request;
	const struct mhp_run_options *options;
	struct emitter emitter;
	struct hooks *hooks;
	int lock_fd;
	struct intent_log intent;
	bool has_begun;	       /* begin() of the options was called */
	bool has_reported;     /* about runs that ended in the middle */
	size_t nr_interrupted; /* such runs */
	uint64_t killed_until; /* deadline of all waits for a killed run */
	bool waited;	       /* waited for another mhpctl: the scan is old */
	bool wait_reported;
	bool again;	     /* a round after a partial plan */
	bool can_plan_again; /* a plan without steps that is outdated is made again */
	uint64_t agreed;     /* fingerprint of the plan that the user has just agreed to, or 0 */
	struct choosing choosing; /* of a request that chooses blocks */
	struct mhp_drain *drain;  /* of all rounds so far, or NULL */
	uint64_t block_size;
};

/* ---- lock -------------------------------------------------------------------------------- */

static int lock_all(const struct run *run, const struct mhp_plan *plan, pid_t *holder)
{
	int rc = 0;

	for (size_t i = 0; i < plan->nr_locks && rc == 0; i++)
		rc = lock_range(run->lock_fd, plan->locks[i], holder);
	if (rc < 0)
		lock_release(run->lock_fd); /* runs with half of the locks could deadlock */
	return rc;
}

static int lock_plan(struct run *run, const struct mhp_plan *plan, struct mhp_error *err)
{
	uint64_t deadline = clock_msec() + run->options->wait_ms;
	char comm[32], shown[64], holder_text[96];
	pid_t holder;
	int rc;

	if (run->lock_fd < 0)
		run->lock_fd = lock_open(run->ctx, LOCK_MEMORY, err);
	if (run->lock_fd < 0)
		return run->lock_fd;
	while ((rc = lock_all(run, plan, &holder)) == -EAGAIN) {
		procs_comm(run->ctx, holder, comm, sizeof(comm));
		str_format(holder_text, "%s[%d]", text_escape(comm, shown, sizeof(shown)),
			   (int)holder);
		if (ctx_cancelled(run->ctx))
			return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED,
				       "interrupted while waiting for %s", holder_text);
		if (holder && holder == run->options->hook_pid)
			return err_hint(
				err,
				err_set(err, rc, MHP_REASON_LOCK_HELD,
					"%s works on the same memory, and waits for the end "
					"of this hook",
					holder_text),
				"leave that memory to it, or use the hook after it");
		if (clock_msec() >= deadline)
			return err_set(err, rc, MHP_REASON_LOCK_HELD,
				       "%s works on the same memory%s", holder_text,
				       run->options->wait_ms ? " and has not finished in time"
							     : "");
		if (!run->wait_reported)
			emit_waiting(&run->emitter, holder_text);
		run->wait_reported = true;
		run->waited = true;
		clock_sleep(WAIT_STEP_MS);
	}
	return rc < 0 ? err_errno(err, rc, "cannot lock the memory") : 0;
}

/* ---- one round --------------------------------------------------------------------------- */

/*
 * Returns 0 if the plan is agreed to. Returns 1 if the user has just agreed: that may have taken
 * hours, so scan and plan again, and ask again if anything differs.
 */
static int ask_consent(struct run *run, const struct mhp_topology *topo,
		       const struct mhp_plan *plan, struct mhp_error *err)
{
	uint64_t fingerprint = plan_fingerprint(topo, plan);

	for (size_t i = 0; i < plan->nr_consents; i++) /* a new kind is asked for again */
		fingerprint = hash_number(fingerprint, plan->consents[i].kind);
	if (!plan->nr_consents || run->agreed == fingerprint)
		return 0;
	if (run->options->consent && run->options->consent(plan, run->options->data)) {
		run->agreed = fingerprint;
		return 1;
	}
	return consent_missing(plan, err);
}

/*
 * Waits for the last write of a killed run, which may continue in the kernel. Until it ends, a scan
 * is soon outdated, and the write needs the settings of that run: an add of memory reads
 * auto_online_blocks for each block.
 */
static void await_killed(struct run *run)
{
	if (!run->killed_until)
		run->killed_until = clock_msec() + KILLED_MS;
	while (procs_has_dying_child(run->ctx) && clock_msec() < run->killed_until &&
	       !ctx_cancelled(run->ctx))
		clock_sleep(WAIT_STEP_MS);
}

/*
 * Waits for the write of a killed run and restores the settings that it has left changed. Call it
 * before a scan.
 */
static void recover_killed(struct run *run)
{
	struct mhp_error left = { 0 };
	struct settings settings;
	int count;

	await_killed(run);
	if (!run->has_reported)
		run->nr_interrupted = killed_runs_report(run->ctx, &run->emitter);
	run->has_reported = true;
	settings_init(&settings, run->ctx);
	settings.probe_ms = run->options->timeout_ms;
	count = settings_recover(&settings, &left);
	settings_free(&settings);
	if (left.errnum)
		emit_warning(&run->emitter, "%s", left.message);
	if (!count)
		return;
	emit_warning(&run->emitter,
		     "restored %d setting%s that an earlier run had changed before it was killed",
		     count, count == 1 ? "" : "s");
}

/* Returns ROUND_LAST with the result, ROUND_OUTDATED without one, or -ENOMEM. */
static int run_plan(struct run *run, const struct mhp_topology *topo, struct mhp_plan *plan,
		    struct mhp_result **result, struct mhp_error *err)
{
	struct exec x;
	int rc = exec_init(&x, run->ctx, plan, topo, run->options);

	x.intent = &run->intent;
	x.can_plan_again = run->can_plan_again;
	x.drained_ms = drain_spent_ms(run->drain);
	/* allocate the whole result before anything is changed */
	*result = rc == 0 ? result_new(plan->nr_targets) : NULL;
	if (*result) {
		x.emitter = run->emitter;
		event_plan(&x);
		exec_run(&x);
		intent_log_next(&run->intent, plan->nr_steps);
		result_fill(*result, &x);
	}
	if (x.is_outdated) {
		mhp_result_free(*result);
		*result = NULL;
	}
	exec_free(&x);
	if (x.is_outdated)
		return ROUND_OUTDATED;
	return *result ? ROUND_LAST : err_errno(err, -ENOMEM, "cannot continue");
}

/* Returns whether the next round may run: a target that failed does not stop the others. */
static bool may_continue(const struct mhp_result *result)
{
	return result->exit_code == 0 ||
	       (result->has_changes && result->status != MHP_STATUS_INTERRUPTED &&
		result->status != MHP_STATUS_ROLLED_BACK);
}

/* Fails if the plan is not the one of the given fingerprint: consent covers only that plan. */
static int check_same(const struct run *run, const struct mhp_topology *topo,
		      const struct mhp_plan *plan, struct mhp_error *err)
{
	uint64_t wanted = run->options->fingerprint;

	if (!wanted || !plan->nr_steps || plan_fingerprint(topo, plan) == wanted)
		return 0;
	return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN,
		       "%s: the machine has changed since the plan was made",
		       plan->nr_targets ? plan->targets[0].target.text : "plan");
}

/* Returns whether another round follows a partial plan; never if the run is for one saved plan. */
static bool needs_another_round(const struct run *run, bool partial,
				const struct mhp_result *result)
{
	if (!partial || !may_continue(result))
		return false;
	if (!run->options->fingerprint)
		return true;
	emit_warning(&run->emitter,
		     "the plan ends here; run mhpctl plan again for the remaining steps");
	return false;
}

static int scan_and_plan(const struct run *run, struct mhp_topology **topo, struct mhp_plan **plan,
			 struct mhp_error *err)
{
	int rc = scan_for(run->ctx, run->request, run->again, topo, err);

	if (rc < 0)
		return rc;
	choosing_continue(&run->choosing, *topo);
	rc = scan_drain(run->ctx, run->request, run->again, *topo, err);
	if (rc < 0)
		return rc;
	rc = plan_new(*topo, run->request, run->again, plan, err);
	return rc != 0 ? rc : check_same(run, *topo, *plan, err);
}

/* Calls the caller before the first change. Returns ROUND_BEGUN if it was called now, or an errno.
 */
static int begin_changes(struct run *run, struct mhp_error *err)
{
	int rc;

	if (run->has_begun || !run->options->begin)
		return 0;
	run->has_begun = true;
	rc = run->options->begin(run->options->data, err);
	if (rc < 0)
		return err && err->reason ? rc : err_errno(err, rc, "cannot begin");
	return ROUND_BEGUN;
}

/*
 * Locks, asks, and runs the hook. Returns ROUND_LAST if the plan may run, another enum round, or an
 * errno.
 */
static int lock_and_ask(struct run *run, const struct mhp_topology *topo,
			const struct mhp_plan *plan, struct mhp_error *err)
{
	int rc = permission_check(run->ctx, err);

	if (rc < 0)
		return rc;
	run->waited = false;
	rc = lock_plan(run, plan, err);
	if (rc < 0)
		return rc;
	if (run->waited)
		return ROUND_WAITED;
	rc = ask_consent(run, topo, plan, err);
	if (rc)
		return rc > 0 ? ROUND_ANSWERED : rc;
	rc = hooks_begin(run->hooks, &run->emitter, topo, plan, err);
	if (rc)
		return rc > 0 ? ROUND_HOOK : rc;
	return begin_changes(run, err);
}

/*
 * Runs one round. Returns an enum round (ROUND_LAST: done) or a negative errno. *result covers this
 * and earlier rounds.
 */
static int run_round(struct run *run, struct mhp_result **result, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_plan struct mhp_plan *plan = NULL;
	struct mhp_result *now = NULL;
	bool partial;
	int rc = scan_and_plan(run, &topo, &plan, err);

	if (rc == 0 && plan->nr_steps)
		rc = lock_and_ask(run, topo, plan, err);
	if (rc != ROUND_LAST)
		return rc;
	partial = plan->partial;
	rc = run_plan(run, topo, plan, &now, err);
	if (rc != ROUND_LAST)
		return rc;
	if (*result) /* of the previous round, which only prepared this one */
		result_join(now, *result);
	mhp_result_free(*result);
	*result = now;
	rc = drain_take(&run->drain, plan);
	if (rc < 0)
		return err_errno(err, rc, "cannot continue");
	run->again = needs_another_round(run, partial, now);
	if (run->again || !plan->receipt)
		return run->again ? ROUND_PART : ROUND_LAST;
	run->block_size = topo->memory.block_size;
	rc = choosing_take(&run->choosing, run->ctx, topo, plan, now);
	if (rc < 0)
		return err_errno(err, rc, "cannot continue");
	return rc && !run->options->roll_back ? ROUND_REPLACE : ROUND_LAST;
}

static int set_give_up_error(int round, struct mhp_error *err)
{
	if (round == ROUND_WAITED)
		return err_set(err, -EAGAIN, MHP_REASON_LOCK_HELD,
			       "another mhpctl was working on the same memory each time");
	if (round == ROUND_ANSWERED)
		return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN,
			       "the machine changed after each answer");
	return err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "each round left more steps to do");
}

/* Runs rounds until the last. Waits and answers are counted since the last steps. */
static int run_all_rounds(struct run *run, struct mhp_result **result, struct mhp_error *err)
{
	unsigned nr[ROUND_MAX] = { 0 };

	for (;;) {
		int rc;

		if (!run->ctx->is_copy) /* each time: a run may be killed while we wait for it */
			recover_killed(run);
		run->can_plan_again = !run->options->fingerprint && nr[ROUND_OUTDATED] + 1 < ROUNDS;
		rc = run_round(run, result, err);
		if (rc <= 0)
			return rc;
		/* each replacement leaves fewer blocks to choose from, so they end */
		if (rc != ROUND_REPLACE && ++nr[rc] >= ROUNDS)
			return set_give_up_error(rc, err);
		if (rc == ROUND_PART || rc == ROUND_REPLACE)
			nr[ROUND_WAITED] = nr[ROUND_ANSWERED] = 0;
	}
}

/* Refuses list_hidden: such a plan leaves out steps, which would seem done. */
static int check_not_look_only(const struct mhp_request *request, struct mhp_error *err)
{
	return request->list_hidden ? err_set(err, -EINVAL, MHP_REASON_USAGE,
					      "a plan with list_hidden cannot be carried out")
				    : 0;
}

static int take_arguments(const struct mhp_request *request, struct mhp_request *known,
			  const struct mhp_run_options *options,
			  struct mhp_run_options *known_options, struct mhp_error *err)
{
	int rc = request_take(known, request, err);

	if (rc == 0)
		rc = run_options_take(known_options, options, err);
	return rc < 0 ? rc : check_not_look_only(known, err);
}

/* Gives the result, if there is one, what all rounds of the run have reached together. */
static void end_result(struct run *run, struct mhp_result *result)
{
	if (result) {
		choosing_end(&run->choosing, run->ctx, run->block_size, result);
		result->drain = TAKE_PTR(run->drain);
	}
	choosing_free(&run->choosing);
	drain_free(run->drain);
}

int run_request(struct mhp_ctx *ctx, const struct mhp_request *request,
		const struct mhp_run_options *options, struct hooks *hooks,
		struct mhp_result **result, struct mhp_error *err)
{
	struct mhp_request known;
	struct mhp_run_options known_options;
	struct run run = {
		.ctx = ctx,
		.request = &known,
		.options = &known_options,
		.emitter = { &known_options, clock_msec() },
		.hooks = hooks,
		.lock_fd = -1,
	};
	struct mhp_error why = { 0 };
	int rc;

	*result = NULL;
	intent_log_init(&run.intent, ctx, &known, &run.emitter);
	rc = take_arguments(request, &known, options, &known_options, &why);
	if (rc == 0)
		rc = run_all_rounds(&run, result, &why);
	intent_log_end(&run.intent);
	if (run.nr_interrupted) /* also after a failure: what a killed run has done may be why */
		killed_runs_remove(ctx, &run.emitter);
	lock_close(run.lock_fd);
	hooks->has_changes |= *result && (*result)->has_changes;
	/* an earlier round has run: its result gets the error */
	if (rc < 0 && *result) {
		result_add_error(*result, &why);
		rc = 0;
	}
	end_result(&run, *result);
	if (*result)
		return 0;
	if (err)
		*err = why;
	return rc;
}

MHP_EXPORT int mhp_run_check(struct mhp_ctx *ctx, const struct mhp_request *request,
			     const struct mhp_run_options *options, struct mhp_error *err)
{
	struct mhp_request known;
	struct mhp_run_options silent;
	struct run run = {
		.ctx = ctx,
		.request = &known,
		.options = &silent,
		.emitter = { &silent, clock_msec() },
		.lock_fd = -1,
	};
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_plan struct mhp_plan *plan = NULL;
	struct hooks hooks;
	int rc = take_arguments(request, &known, options, &silent, err);

	if (rc == 0)
		rc = hooks_init(&hooks, ctx, &silent, err);
	if (rc < 0)
		return rc;
	silent.consent = NULL;
	if (!ctx->is_copy)
		recover_killed(&run);
	rc = scan_for(ctx, &known, false, &topo, err);
	if (rc == 0)
		rc = mhp_plan_new(topo, &known, &plan, err);
	if (rc != 0 || !plan->nr_steps)
		return rc;
	emit_plan(&run.emitter, plan);
	rc = permission_check(ctx, err);
	if (rc == 0 && !silent.wait_ms) /* with wait_ms the run itself waits */
		rc = lock_plan(&run, plan, err);
	lock_close(run.lock_fd);
	if (rc == 0)
		rc = ask_consent(&run, topo, plan, err);
	if (rc == 0)
		rc = hooks_check(&hooks, err);
	return rc < 0 ? rc : 1;
}
