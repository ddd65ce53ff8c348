/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink for programs: standard output is always JSON, failures included. */
#include "cmd/out/json/json.h"
#include "cmd/message-event.h"
#include "cmd/message.h"
#include "cmd/out/json/read.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

struct out_json {
	struct out out;
	struct json_object *warnings;	/* array: warnings of the run, for its result */
	struct json_object *losses;	/* array: losses of plans that ran or needed consent */
	struct json_object *hooks;	/* array: hooks that have ended */
	struct json_object *changes;	/* array: changes, for a document in one piece */
	struct out_reporting reporting; /* what the call has set and waited for */
	struct message_memory listed;	/* warnings in the array */
	struct message_memory printed;	/* warnings on standard error */
};

static struct out_json *json_of(struct out *out)
{
	return (struct out_json *)out;
}

static void json_list(struct out *out, const struct mhp_topology *topo, const struct out_view *view)
{
	const struct out_json_reading list = {
		.topo = topo,
		.view = view,
		.warnings = json_of(out)->warnings,
	};

	out_json_document(out, MHP_STATUS_OK, 0, out_json_list_body, &list, NULL);
}

static void json_check(struct out *out, const struct mhp_check *check, uint64_t page_size,
		       int exit_code)
{
	const struct out_json_reading checked = { .check = check,
						  .warnings = json_of(out)->warnings };

	(void)page_size;
	out_json_document(out, exit_code ? MHP_STATUS_BLOCKED : MHP_STATUS_OK, exit_code,
			  out_json_check_body, &checked, NULL);
}

static void json_pin(struct out *out, const struct mhp_pin_check *check, int exit_code)
{
	const struct out_json_reading checked = { .pin = check,
						  .warnings = json_of(out)->warnings };

	out_json_document(out,
			  check->verdict >= MHP_PIN_REFUSED ? MHP_STATUS_BLOCKED : MHP_STATUS_OK,
			  exit_code, out_json_check_body, &checked, NULL);
}

/* Adds the warnings of the call to those of a plan, which doc has. */
static void add_warnings(struct js *js, struct out *out, struct json_object *doc)
{
	struct json_object *kept = json_of(out)->warnings, *list = NULL;

	if (!doc || !json_object_object_get_ex(doc, "warnings", &list))
		return;
	for (size_t i = 0; i < json_object_array_length(kept); i++)
		js_put(js, list, NULL, json_object_get(json_object_array_get_idx(kept, i)));
}

/* Prints the plan of a dry run; err: there is none, or what it says is not known. */
static void print_plan(struct out *out, const struct mhp_plan *plan, const struct out_hooks *hooks,
		       const struct mhp_error *err)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "plan");

	out_json_idle_status(&js, doc, &out->call, err ? err : out_json_plan_error(plan));
	js_bool(&js, doc, "dry_run", true);
	out_json_plan(&js, doc, plan);
	out_json_hooks(&js, doc, hooks);
	add_warnings(&js, out, doc);
	if (out->call.document == OUT_DOCUMENT_PLAN)
		js_array(&js, doc, "sections");
	err ? out_json_error(&js, doc, &out->call, err) : out_json_plan_failures(&js, doc, plan);
	out_json_print_plan(out, &js, doc);
}

/* Prints the result of a call that changed nothing: a dry run, an error or help. */
static void print_idle(struct out *out, const struct mhp_error *err, const char *text)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "result");
	struct json_object *targets;

	out_json_idle_status(&js, doc, &out->call, err);
	js_bool(&js, doc, "dry_run", out->call.dry_run);
	targets = js_array(&js, doc, "targets");
	for (size_t i = 0; err && i < out->call.nr_targets; i++) {
		struct mhp_target_result target = { .status = out_json_status_of(err) };

		str_copy(target.target, out->call.targets[i]);
		out_json_target(&js, targets, &target);
	}
	out_json_error(&js, doc, &out->call, err);
	js_put(&js, doc, "warnings", json_object_get(json_of(out)->warnings));
	js_put(&js, doc, "losses", json_object_get(json_of(out)->losses));
	js_put(&js, doc, "hooks", json_object_get(json_of(out)->hooks));
	if (out->call.document == OUT_DOCUMENT_PLAN)
		js_array(&js, doc, "sections");
	if (text)
		js_text(&js, doc, "text", text);
	out_json_print(out, &js, doc);
}

/* Prints the last line after a plan. */
static void print_idle_status(struct out *out, const struct mhp_result *done)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "result");

	out_json_status(&js, doc, &out->call, done);
	js_bool(&js, doc, "dry_run", true);
	js_array(&js, doc, "targets");
	js_array(&js, doc, "failures");
	js_put(&js, doc, "warnings", json_object_get(json_of(out)->warnings));
	js_array(&js, doc, "hooks");
	js_array(&js, doc, "sections");
	out_json_print(out, &js, doc);
}

static void json_plan(struct out *out, const struct mhp_plan *plan, const struct out_hooks *hooks,
		      const struct mhp_error *unknown)
{
	print_plan(out, plan, hooks, unknown);
	if (out->call.is_lines)
		print_idle(out, unknown ? unknown : out_json_plan_error(plan), NULL);
}

static void keep_warning(struct out *out, const char *text)
{
	struct js js = { 0 };

	if (message_is_new(&json_of(out)->listed, text))
		js_text(&js, json_of(out)->warnings, NULL, text);
	if (js.failed)
		out_lost(out, ENOMEM);
}

static void json_question(struct out *out, const struct mhp_plan *plan)
{
	if (!out_json_keep_losses(json_of(out)->losses, plan))
		out_lost(out, ENOMEM);
}

static void keep_warnings(struct out *out, const struct mhp_event *event)
{
	const char *text;

	if (event->type == MHP_EVENT_WARNING && event->message)
		keep_warning(out, event->message);
	if (event->type == MHP_EVENT_HOOK_DONE && !out_json_keep_hook(json_of(out)->hooks, event))
		out_lost(out, ENOMEM);
	if (event->type != MHP_EVENT_PLAN)
		return;
	json_question(out, event->plan);
	for (size_t i = 0; (text = mhp_plan_warning(event->plan, i)); i++)
		keep_warning(out, text);
}

static void json_event(struct out *out, const struct mhp_event *event)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = NULL;

	if (!out->call.logged_err)
		message_event(event, &json_of(out)->printed, out->call.color_err);
	keep_warnings(out, event);
	if (!out->call.is_lines)
		return;
	if (!out_has_space(out)) { /* the result has everything important */
		keep_warning(out, "the events file of the job is full: later events are dropped");
		return;
	}
	doc = out_json_begin(&js, mhp_event_type_name(event->type));
	js_time(&js, doc, "time", event->time_us);
	js_text(&js, doc, "command", out->call.command);
	if (event->section)
		js_text(&js, doc, "section", event->section);
	js_count(&js, doc, "elapsed_ms", event->elapsed_ms);
	out_json_event(&js, doc, event);
	out_json_print_line(out, &js, doc);
}

static bool print_result(struct out *out, const struct mhp_result *result)
{
	struct out_json *j = json_of(out);
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "result");
	struct json_object *list;

	out_json_status(&js, doc, &out->call, result);
	js_bool(&js, doc, "dry_run", false);
	list = js_array(&js, doc, "targets");
	for (size_t i = 0; i < result->nr_targets; i++)
		out_json_target(&js, list, mhp_result_target(result, i));
	out_json_failures(&js, doc, result);
	js_put(&js, doc, "warnings", json_object_get(j->warnings));
	js_put(&js, doc, "losses", json_object_get(j->losses));
	out_json_receipt(&js, doc, result->receipt);
	out_json_drain(&js, doc, result->drain);
	js_put(&js, doc, "hooks", json_object_get(j->hooks));
	if (out->call.document == OUT_DOCUMENT_PLAN)
		out_json_sections(&js, doc, result);
	return out_json_try(out, &js, doc);
}

/* Tries twice: the first attempt may free enough memory for the second. */
static void json_result(struct out *out, const struct mhp_result *result)
{
	message_run_end(&json_of(out)->printed.run, out->call.color_err);
	for (int attempt = 0; attempt < 2; attempt++)
		if (print_result(out, result))
			return;
	out_lost(out, ENOMEM);
	out_json_short(out, result);
}

static void json_policy(struct out *out, const struct out_policy *policy)
{
	const struct mhp_policy_problem *problem;

	for (size_t i = 0; (problem = mhp_policy_problem(policy->policy, i)); i++)
		message_problem(problem, out->call.color_err);
	out_json_document(out, policy->exit_code ? MHP_STATUS_FAILED : MHP_STATUS_OK,
			  policy->exit_code, out_json_policy_body, policy, NULL);
}

static void json_policy_plan(struct out *out, const struct out_policy_plan *plan)
{
	const struct mhp_result done = {
		.status = plan->exit_code && plan->exit_code != MHP_EXIT_CHANGES ? MHP_STATUS_FAILED
										 : MHP_STATUS_OK,
		.exit_code = plan->exit_code,
		.elapsed_ms = clock_msec() - out->call.start_ms,
	};
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "plan");

	message_plan(plan->plan, &json_of(out)->printed, out->call.color_err);
	out_json_status(&js, doc, &out->call, &done);
	js_bool(&js, doc, "dry_run", true);
	out_json_policy_plan(&js, doc, plan);
	add_warnings(&js, out, doc);
	out_json_print_plan(out, &js, doc);
	if (out->call.is_lines)
		print_idle_status(out, &done);
}

/* Prints jobs: as a list, or as the result of the command that started one. */
static void json_jobs(struct out *out, const struct out_jobs *jobs)
{
	bool is_start = jobs->kind == OUT_JOBS_STARTED;
	const struct mhp_result done = {
		.status = jobs->err	    ? out_json_status_of(jobs->err)
			  : jobs->exit_code ? MHP_STATUS_FAILED
					    : MHP_STATUS_OK,
		.exit_code = jobs->exit_code,
		.has_changes = jobs->changed,
		.elapsed_ms = clock_msec() - out->call.start_ms,
	};
	struct js js = { 0 };
	cleanup_document struct json_object *doc =
		out_json_begin(&js, is_start || out->call.is_lines ? "result" : NULL);

	out->changed = out->changed || jobs->changed;
	message_jobs(jobs, out->call.color_err);
	out_json_status(&js, doc, &out->call, &done);
	if (is_start)
		out_json_started(&js, doc, jobs, json_of(out)->warnings);
	else
		out_json_jobs(&js, doc, jobs);
	out_json_print(out, &js, doc);
}

static void json_reporting(struct out *out, const struct out_reporting *report)
{
	const struct out_reported reported = { report, json_of(out)->changes };

	out_json_document(out, MHP_STATUS_OK, 0, out_json_reporting, &reported, NULL);
}

static void json_reporting_so_far(struct out *out, const struct out_reporting *report)
{
	json_of(out)->reporting = *report;
}

/* Keeps an event for a document in one piece, or prints it as a line. */
static void put_watched(struct out *out, struct js *js, struct json_object *event)
{
	if (out->call.is_lines) {
		out_json_print_line(out, js, event);
		json_object_put(event);
		return;
	}
	js_put(js, json_of(out)->changes, NULL, event);
	if (js->failed)
		out_lost(out, ENOMEM);
}

static void json_reporting_change(struct out *out, const struct mhp_reporting *reporting)
{
	struct js js = { 0 };

	put_watched(out, &js, out_json_reporting_event(&js, &out->call, reporting));
}

static void json_change(struct out *out, const struct mhp_change *change)
{
	struct js js = { 0 };

	put_watched(out, &js, out_json_change(&js, &out->call, change));
}

static void json_watched(struct out *out, enum mhp_monitor_end end)
{
	out_json_watched(out, json_of(out)->changes,
			 end == MHP_MONITOR_CONDITION_MET ? "condition_met" : "count_reached",
			 NULL);
}

/* Prints all findings: a program filters them itself. */
static void json_doctor(struct out *out, const struct mhp_doctor_report *report, bool all,
			int exit_code)
{
	(void)all;
	out_json_document(out, MHP_STATUS_OK, exit_code, out_json_doctor_body, report, NULL);
}

static void json_report(struct out *out, const struct out_report *report)
{
	out_json_document(out, MHP_STATUS_OK, 0, out_json_report_body, report, NULL);
}

static void json_metrics(struct out *out, const struct out_metrics *report)
{
	out_json_document(out, report->exit_code ? MHP_STATUS_FAILED : MHP_STATUS_OK,
			  report->exit_code, out_json_metrics_body, report, NULL);
}

static void json_recovery(struct out *out, const struct mhp_recovery_report *report)
{
	const struct out_recovery recovery = { report, json_of(out)->warnings, out->call.dry_run };

	out_json_document(out, report->status, report->exit_code, out_json_recovery_body, &recovery,
			  NULL);
}

/* Prints the document of a command that changes memory. */
static void print_action_error(struct out *out, const struct mhp_error *err)
{
	if (out->call.dry_run)
		print_plan(out, NULL, NULL, err);
	if (!out->call.dry_run || out->call.is_lines)
		print_idle(out, err, NULL);
}

/* Prints the document of a command that has failed, in the shape of its usual one. */
static void print_error(struct out *out, const struct mhp_error *err)
{
	const struct out_json_reading none = { .warnings = json_of(out)->warnings };
	const struct out_reported reported = { &json_of(out)->reporting, json_of(out)->changes };
	const struct out_recovery left = { NULL, none.warnings, out->call.dry_run };

	switch (out->call.document) {
	case OUT_DOCUMENT_LIST:
		out_json_failed(out, out_json_list_body, &none, err);
		break;
	case OUT_DOCUMENT_CHECK:
		out_json_failed(out, out_json_check_body, &none, err);
		break;
	case OUT_DOCUMENT_POLICY:
		out_json_failed(out, out_json_policy_body, NULL, err);
		break;
	case OUT_DOCUMENT_DOCTOR:
		out_json_failed(out, out_json_doctor_body, NULL, err);
		break;
	case OUT_DOCUMENT_REPORTING:
		out_json_failed(out, out_json_reporting, &reported, err);
		break;
	case OUT_DOCUMENT_RECOVER:
		out_json_failed(out, out_json_recovery_body, &left, err);
		break;
	case OUT_DOCUMENT_REPORT:
		out_json_failed(out, out_json_report_body, NULL, err);
		break;
	case OUT_DOCUMENT_METRICS:
		out_json_failed(out, out_json_metrics_body, NULL, err);
		break;
	case OUT_DOCUMENT_MONITOR:
		out_json_watched(out, json_of(out)->changes, "", err);
		break;
	default:
		print_action_error(out, err);
		break;
	}
}

static void json_error(struct out *out, const struct mhp_error *err)
{
	const struct out_jobs no_jobs = {
		.err = err,
		.exit_code = mhp_reason_exit_code(err->reason),
	};

	if (out->call.document == OUT_DOCUMENT_JOBS) {
		json_jobs(out, &no_jobs);
		return;
	}
	if (!out->call.logged_err)
		message_error(err, out->call.color_err);
	print_error(out, err);
}

static void json_text(struct out *out, const char *text)
{
	print_idle(out, NULL, text);
}

/* Prints the version, which among lines is already the first. */
static void json_version(struct out *out)
{
	if (out->call.is_lines)
		print_idle(out, NULL, NULL);
	else
		out_json_version(out);
}

static void json_free(struct out *out)
{
	struct out_json *j = json_of(out);

	json_object_put(j->warnings);
	json_object_put(j->losses);
	json_object_put(j->hooks);
	json_object_put(j->changes);
	free(j);
}

static const struct out json_out = {
	.list = json_list,
	.check = json_check,
	.pin = json_pin,
	.plan = json_plan,
	.event = json_event,
	.question = json_question,
	.result = json_result,
	.doctor = json_doctor,
	.recovery = json_recovery,
	.report = json_report,
	.metrics = json_metrics,
	.policy = json_policy,
	.policy_plan = json_policy_plan,
	.jobs = json_jobs,
	.job_line = out_json_job_line,
	.reporting = json_reporting,
	.reporting_so_far = json_reporting_so_far,
	.reporting_change = json_reporting_change,
	.change = json_change,
	.watched = json_watched,
	.error = json_error,
	.text = json_text,
	.version = json_version,
	.free = json_free,
};

struct out *out_json_new(const struct out_call *call, bool lines)
{
	struct out_json *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->warnings = json_object_new_array();
	j->losses = json_object_new_array();
	j->hooks = json_object_new_array();
	j->changes = json_object_new_array();
	if (!j->warnings || !j->losses || !j->hooks || !j->changes) {
		json_free(&j->out);
		return NULL;
	}
	j->out = json_out;
	j->out.call = *call;
	j->out.call.is_lines = lines;
	if (lines)
		out_json_version(&j->out);
	return &j->out;
}
