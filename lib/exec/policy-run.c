/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a policy: its requests one by one, with one result. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/exec/counting.h"
#include "lib/exec/event.h"
#include "lib/exec/exec.h"
#include "lib/exec/policy-reporting.h"
#include "lib/exec/policy-result.h"
#include "lib/exec/policy-run.h"
#include "lib/exec/recording.h"
#include "lib/exec/result.h"
#include "lib/exec/run.h"
#include "lib/exec/run-totals.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- events ------------------------------------------------------------------------------ */

static void on_event(const struct mhp_event *event, void *data)
{
	struct policy_run *run = data;
	struct mhp_event named = *event;

	if (run->state && event->type == MHP_EVENT_STEP_STARTED)
		run->state->made_device |= retries_makes_device(event->step->type);
	if (run->job) {
		named.section = run->job->section->name;
		named.file = run->job->section->file;
		named.line = run->job->section->line;
	}
	/* make times count from the start of the run; steps and blocks keep their own time */
	if (event->type != MHP_EVENT_STEP_DONE && event->type != MHP_EVENT_RETRYING)
		named.elapsed_ms += run->job_ms;
	if (run->options->event)
		run->options->event(&named, run->options->data);
}

static bool on_consent(const struct mhp_plan *plan, void *data)
{
	const struct policy_run *run = data;

	return run->options->consent && run->options->consent(plan, run->options->data);
}

static void emit_warnings(struct policy_run *run)
{
	const char *text;

	for (size_t i = 0; (text = mhp_policy_plan_warning(run->plan, i)); i++)
		emit_warning(&run->emitter, "%s", text);
}

/* ---- one request ------------------------------------------------------------------------- */

static bool has_on_failure(const struct policy_run *run, enum mhp_on_failure choice)
{
	return !run->options->keep_going && run->job->section->on_failure == choice;
}

/* Fails the request without a try if it is refused. Returns whether it is. */
static bool refuse_job(struct policy_run *run, struct job_state *state)
{
	struct mhp_error err = { 0 };

	state->is_held = retries_hold(&run->retries, run->job->section->name, &err);
	if (state->is_held)
		policy_add_error_as(run, &err, MHP_STATUS_NOT_TRIED);
	else if (run->job->error.reason) /* at the planning */
		policy_add_error(run, &run->job->error);
	else
		return false;
	state->failed = true;
	return true;
}

static struct mhp_run_options job_options(struct policy_run *run)
{
	const struct mhp_policy_section *section = run->job->section;
	struct mhp_run_options options = *run->options;

	/* with two parts neither has the fingerprint of the plan; it was checked before */
	if (run->plan->policy->is_expected && !section->first)
		options.fingerprint = run->job->fingerprint;
	options.event = on_event;
	options.consent = on_consent;
	options.data = run;
	options.roll_back |= has_on_failure(run, MHP_ON_FAILURE_ROLLBACK);
	if (section->hook_before)
		options.hook_before = section->hook_before;
	if (section->hook_after)
		options.hook_after = section->hook_after;
	if (section->hook_timeout_ms)
		options.hook_timeout_ms = section->hook_timeout_ms;
	return options;
}

/* Runs the request, whose hooks belong to both of its parts. */
static int run_part(struct policy_run *run, struct job_state *state, bool first,
		    struct mhp_result **result, struct mhp_error *err)
{
	struct mhp_request request = policy_request(run->job, run->agreed, first);
	const struct mhp_run_options options = job_options(run);
	int rc = 0;

	request.keep_going |= options.keep_going;
	request.keep_going &= !options.roll_back;
	if (first) {
		rc = hooks_init(&state->hooks, run->ctx, &options, err);
		str_copy(state->hooks.facts.section, run->job->section->name);
	}
	return rc < 0 ? rc : run_request(run->ctx, &request, &options, &state->hooks, result, err);
}

static void run_job(struct policy_run *run, struct job_state *state, bool first)
{
	struct mhp_result *result = NULL;
	struct mhp_error err = { 0 };
	int rc;

	state->done = !first || !run->job->section->first;
	if (refuse_job(run, state))
		return;
	run->job_ms = clock_msec() - run->emitter.start_ms;
	run->state = state;
	rc = run_part(run, state, first, &result, &err);
	run->state = NULL;
	run->job_ms = 0;
	state->failed = rc < 0 || result->nr_failures || result->status != MHP_STATUS_OK;
	state->is_interrupted = rc < 0 ? err.reason == MHP_REASON_INTERRUPTED
				       : result->status == MHP_STATUS_INTERRUPTED;
	run->interrupted |= state->is_interrupted;
	if (state->done || state->failed)
		state->hook_failed = !hooks_end(&state->hooks, &run->emitter, result, &err);
	if (rc < 0)
		policy_add_error(run, &err);
	else
		policy_add_result(run, result);
	mhp_result_free(result);
}

/* Runs all jobs, but only the `first` part of those that have one; then, !first, the rest. */
static void run_jobs(struct policy_run *run, bool first)
{
	for (size_t i = 0; i < run->plan->nr_jobs; i++) {
		struct job_state *state = &run->states[i];

		run->job = &run->plan->jobs[i].pub;
		if (state->failed || (!first && !run->job->section->first))
			continue;
		if (run->stopped || ctx_cancelled(run->ctx))
			continue;
		run_job(run, state, first);
		run->stopped |= (state->failed || state->hook_failed) &&
				has_on_failure(run, MHP_ON_FAILURE_STOP);
	}
}

/* Runs the hook after a request whose second part was not tried. */
static void end_hooks(struct policy_run *run, struct job_state *state)
{
	struct mhp_error err = { 0 };

	if (run->stopped)
		err_set(&err, -ECANCELED, MHP_REASON_NOT_TRIED, "an earlier section failed");
	else
		err_set(&err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted");
	hooks_end(&state->hooks, &run->emitter, NULL, &err);
}

static void add_not_tried(struct policy_run *run)
{
	for (size_t i = 0; i < run->plan->nr_jobs; i++) {
		if (run->states[i].failed || run->states[i].done)
			continue;
		run->job = &run->plan->jobs[i].pub;
		run->interrupted |= !run->stopped;
		policy_add_status(run,
				  run->stopped ? MHP_STATUS_NOT_TRIED : MHP_STATUS_INTERRUPTED);
		end_hooks(run, &run->states[i]);
	}
}

/* ---- the final state --------------------------------------------------------------------- */

static bool removes_memory(const struct mhp_policy_job *job)
{
	return job->verb == MHP_VERB_OFFLINE || job->verb == MHP_VERB_REMOVE ||
	       job->verb == MHP_VERB_DESTROY;
}

/* Reports a change that another program undid while later sections ran. */
static void add_undone(struct policy_run *run, const struct mhp_step *step)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, removes_memory(run->job) ? MHP_REASON_CAME_BACK : MHP_REASON_WENT_AWAY,
		"%s: was as declared, and at the end of the run it is not: %s would be needed "
		"again",
		step->object, mhp_step_type_text(step->type));
	policy_add_error(run, &err);
}

static void add_unread(struct policy_run *run, const struct mhp_error *why)
{
	struct mhp_error err = *why;

	str_format(err.message, "the final state cannot be verified: %.400s", why->message);
	policy_add_error(run, &err);
}

/* Plans the job again on a new scan: a job that is done needs no step. */
static void verify_job(struct policy_run *run, const struct mhp_topology *topo)
{
	struct mhp_request request = policy_request(run->job, MHP_CONSENT_ALL, false);
	cleanup_plan struct mhp_plan *plan = NULL;
	struct mhp_error err = { 0 };
	int rc = mhp_plan_new(topo, &request, &plan, &err);

	if (rc == 0 && plan->nr_steps)
		add_undone(run, &plan->steps[0]);
	else if (rc == 0 && plan->nr_failures)
		policy_add_error(run, &plan->failures[0].error);
	/* the target of a removal may be gone together with its name */
	else if (rc < 0 && !(removes_memory(run->job) && err.reason == MHP_REASON_NO_SUCH_TARGET))
		add_unread(run, &err);
}

/* Returns whether the saved plan covered only the first part, so that steps remain. */
static bool has_more_steps(const struct policy_run *run)
{
	return run->plan->policy->is_expected && run->job->plan && run->job->plan->partial;
}

static void verify_jobs(struct policy_run *run)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };
	size_t nr_failures;
	int rc = 0;

	if (run->interrupted || !run->plan->nr_jobs)
		return;
	rc = mhp_topology_scan(run->ctx, 0, &topo, &err);
	for (size_t i = 0; i < run->plan->nr_jobs; i++) {
		run->job = &run->plan->jobs[i].pub;
		if (run->states[i].failed || !run->states[i].done || has_more_steps(run))
			continue;
		nr_failures = run->result->nr_failures;
		if (rc < 0)
			add_unread(run, &err);
		else
			verify_job(run, topo);
		run->states[i].failed = run->result->nr_failures > nr_failures;
	}
}

/* ---- the policy -------------------------------------------------------------------------- */

static void fill_status(const struct policy_run *run)
{
	struct mhp_result *result = run->result;
	size_t good = 0;

	for (size_t i = 0; i < result->nr_targets; i++)
		good += mhp_result_target(result, i)->status == MHP_STATUS_OK;
	if (run->interrupted)
		result_end(result, MHP_STATUS_INTERRUPTED, MHP_REASON_INTERRUPTED);
	else
		result_judge(result, good);
	result->elapsed_ms = clock_msec() - run->emitter.start_ms;
}

/* Records the sections that failed after they had made a device. */
static void record_failed(struct policy_run *run)
{
	int rc;

	for (size_t i = 0; i < run->plan->nr_jobs; i++) {
		const struct job_state *state = &run->states[i];
		const struct mhp_error *why;

		run->job = &run->plan->jobs[i].pub;
		why = policy_result_error(run->result, run->job->section->name);
		if (!state->failed && !state->done)
			retries_keep(&run->retries, run->job->section->name);
		else if (state->failed && !state->is_held && state->made_device &&
			 !state->is_interrupted && why)
			retries_add(&run->retries, run->job->section->name, why);
	}
	rc = retries_end(&run->retries);
	if (rc < 0)
		emit_warning(&run->emitter,
			     "failed sections cannot be recorded, and may be tried again at each "
			     "event of a device: %s",
			     strerror(-rc));
}

static void run_all(struct policy_run *run)
{
	emit_warnings(run);
	policy_reporting_run(run->ctx, run->plan->policy, &run->emitter, run->result);
	run_jobs(run, true);
	run_jobs(run, false);
	add_not_tried(run);
	verify_jobs(run);
	record_failed(run);
	policy_result_sections(run->result, run->plan->policy);
	policy_reporting_section(run->result, run->plan->policy);
	fill_status(run);
}

/* Allocates the whole result before anything is changed. */
static int reserve_result(struct policy_run *run)
{
	for (size_t i = 0; i < run->plan->nr_jobs; i++)
		run->nr_targets += run->plan->jobs[i].pub.nr_targets;
	run->nr_targets++; /* reporting */
	run->result = result_new(run->nr_targets);
	run->states = calloc(run->plan->nr_jobs + 1, sizeof(*run->states));
	if (run->result)
		run->result->sections = calloc(run->plan->policy->nr_sections + 2,
					       sizeof(struct mhp_section_result));
	return run->result && run->result->sections && run->states ? 0 : -ENOMEM;
}

static int plan_all(struct policy_run *run, const struct mhp_policy *policy,
		    struct mhp_policy_plan **plan, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_topology none = { 0 };
	int rc = 0;

	/* an empty policy needs no scan */
	if (policy->nr_sections)
		rc = mhp_scan_policy(run->ctx, policy, run->agreed, &topo, err);
	if (rc == 0)
		rc = policy_plan_run(topo ? topo : &none, policy, run->agreed, plan, err);
	if (rc == 0)
		retries_take(&run->retries, policy, topo ? topo : &none, run->agreed, run->options);
	return rc;
}

/* Runs the policy with the plan. */
static int run_planned(struct policy_run *run, struct mhp_error *err)
{
	int rc = reserve_result(run);

	if (rc == 0)
		run_all(run);
	for (size_t i = 0; run->states && i < run->plan->nr_jobs; i++)
		hooks_free(&run->states[i].hooks);
	free(run->states);
	if (rc < 0) {
		mhp_result_free(run->result);
		return err_errno(err, rc, "policy");
	}
	return 0;
}

/* Runs the policy. recording: NULL for a run that leaves no record. */
static int run_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		      const struct mhp_run_options *options, struct recording *recording,
		      struct mhp_result **result, struct mhp_error *err)
{
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	struct policy_run run = {
		.ctx = ctx,
		.options = options,
		.agreed = agreed,
		.named = *options,
		.emitter = { &run.named, clock_msec() },
	};
	int rc = mhp_policy_check(policy, err);

	run.named.event = on_event;
	run.named.data = &run;
	*result = NULL;
	if (rc < 0)
		return rc;
	retries_begin(&run.retries, ctx, options);
	rc = plan_all(&run, policy, &plan, err);
	if (rc == 0) {
		if (recording)
			recording_begin_work(recording);
		run.plan = plan;
		rc = run_planned(&run, err);
	}
	retries_free(&run.retries);
	*result = rc == 0 ? run.result : NULL;
	return rc;
}

static bool is_empty_policy(const struct mhp_policy *policy)
{
	return !policy->nr_sections && !mhp_policy_reporting(policy) &&
	       !mhp_policy_problem(policy, 0);
}

MHP_EXPORT int mhp_policy_run(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
			      const struct mhp_run_options *options, struct mhp_result **result,
			      struct mhp_error *err)
{
	struct mhp_run_options known;
	struct mhp_error own = { 0 };
	struct recording recording;
	struct counting counting;
	int rc;

	*result = NULL;
	err = err ? err : &own;
	rc = run_options_take(&known, options, err);
	if (rc < 0)
		return rc;
	if (is_empty_policy(policy)) /* does nothing and leaves no record */
		return run_policy(ctx, policy, agreed, &known, NULL, result, err);
	counting_begin(&counting, ctx, TOTAL_APPLY);
	recording_begin(&recording, ctx, RUN_KIND_POLICY);
	rc = run_policy(ctx, policy, agreed, &known, &recording, result, err);
	recording_end(&recording, *result, err);
	counting_end(&counting, *result, err);
	return rc;
}
