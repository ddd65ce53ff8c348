/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink for people: results on standard output, failures on standard error. */
#include "cmd/out/text/text.h"
#include "cmd/message-event.h"
#include "cmd/message.h"
#include "cmd/metrics/metrics.h"
#include "cmd/out/rows.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <string.h>

#define RESULT_ROOM 16384 /* about a hundred targets */

struct out_text {
	struct out out;
	struct memstream stream;
	struct memstream result;  /* allocated before anything is changed */
	size_t failures_reported; /* reported during the run */
	struct message_memory warnings;
};

static struct out_text *text_of(struct out *out)
{
	return (struct out_text *)out;
}

/* Collects text in memory, so that one write shows whether it could be printed. */
static FILE *text_open(struct out *out)
{
	struct out_text *t = text_of(out);

	if (memstream_open(&t->stream) < 0)
		out_lost(out, ENOMEM);
	return t->stream.file;
}

static void text_close(struct out *out, int rc)
{
	cleanup_free char *text = memstream_end(&text_of(out)->stream);

	if (text && rc == 0)
		out_write(out, text);
	else
		out_lost(out, ENOMEM);
}

/* Returns whether hidden values may be missing in these columns; two kinds have one of their own.
 */
static bool is_missed(const struct out_columns *list, const char *what)
{
	const char *key = strcmp(what, "blocks.origin") == 0	    ? "origin"
			  : strcmp(what, "cxl_memdevs.health") == 0 ? "health"
								    : NULL;
	bool is_shown = !key;

	for (size_t i = 0; !is_shown && i < list->nr; i++)
		is_shown = strcmp(list->at[i]->key, key) == 0;
	return is_shown;
}

/* Says on standard error what a table of rows, which may be for a script, does not show. */
static void warn_hidden(struct out *out, const struct mhp_topology *topo,
			const struct out_columns *list)
{
	char text[sizeof(((struct mhp_hidden *)NULL)->what) +
		  sizeof(((struct mhp_hidden *)NULL)->why) + 16];
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++) {
		str_format(text, "hidden: %s: %s", hidden->what, hidden->why);
		if (is_missed(list, hidden->what))
			message_warning(text, &text_of(out)->warnings, out->call.color_err);
	}
}

static void text_list(struct out *out, const struct mhp_topology *topo, const struct out_view *view)
{
	FILE *f = text_open(out);

	if (f)
		text_close(out, out_text_list(f, topo, view, out->call.color));
	if (view->columns)
		warn_hidden(out, topo, view->columns);
}

static void text_check(struct out *out, const struct mhp_check *check, uint64_t page_size,
		       int exit_code)
{
	FILE *f = text_open(out);

	(void)exit_code;
	if (f)
		text_close(out, out_text_check(f, check, page_size, out->call.color));
}

static void text_pin(struct out *out, const struct mhp_pin_check *check, int exit_code)
{
	FILE *f = text_open(out);

	(void)exit_code;
	if (f)
		text_close(out, out_text_pin(f, check, out->call.color));
}

static void text_plan(struct out *out, const struct mhp_plan *plan, const struct out_hooks *hooks,
		      const struct mhp_error *unknown)
{
	const struct mhp_failure *failure;
	FILE *f = text_open(out);

	(void)unknown; /* told, and the plan has what is hidden */
	for (size_t i = 0; (failure = mhp_plan_failure(plan, i)); i++)
		message_run_add(&text_of(out)->warnings.run, failure, out->call.color_err);
	message_run_end(&text_of(out)->warnings.run, out->call.color_err);
	if (f)
		text_close(out, out_text_plan(f, plan, hooks));
}

static void text_event(struct out *out, const struct mhp_event *event)
{
	if (!out->call.logged_err)
		message_event(event, &text_of(out)->warnings, out->call.color_err);
	text_of(out)->failures_reported += event->type == MHP_EVENT_FAILURE;
	if (event->type == MHP_EVENT_HOOK_DONE)
		out_text_hook(text_of(out)->result.file, event);
}

/* Prints the short form of a result, which needs no memory. */
static void print_short_result(struct out *out, const struct mhp_result *result)
{
	char target[256], line[320];

	for (size_t i = 0; i < result->nr_targets; i++) {
		const struct mhp_target_result *is = mhp_result_target(result, i);

		str_format(line, "%s: %s%s\n", text_escape(is->target, target, sizeof(target)),
			   mhp_status_name(is->status), is->has_changes ? ", changed" : "");
		out_write(out, line);
	}
	out_lost(out, ENOMEM);
}

static void text_result(struct out *out, const struct mhp_result *result)
{
	struct memstream *m = &text_of(out)->result;
	cleanup_free char *text = NULL;

	for (size_t i = text_of(out)->failures_reported; i < result->nr_failures; i++)
		if (!out->call.logged_err)
			message_run_add(&text_of(out)->warnings.run, mhp_result_failure(result, i),
					out->call.color_err);
	message_run_end(&text_of(out)->warnings.run, out->call.color_err);
	if (out->call.logged_out)
		return;
	if (out->call.document == OUT_DOCUMENT_PLAN && !result->nr_sections)
		fputs("no policy: there is nothing to do\n", m->file);
	out_text_result(m->file, result);
	text = memstream_end(m);
	if (text)
		out_write(out, text);
	else
		print_short_result(out, result);
}

static void text_policy(struct out *out, const struct out_policy *policy)
{
	const struct mhp_policy_problem *problem;
	FILE *f = text_open(out);

	for (size_t i = 0; (problem = mhp_policy_problem(policy->policy, i)); i++)
		message_problem(problem, out->call.color_err);
	if (!f)
		return;
	out_text_policy(f, policy);
	text_close(out, 0);
}

static void text_doctor(struct out *out, const struct mhp_doctor_report *report, bool all,
			int exit_code)
{
	FILE *f = text_open(out);

	(void)exit_code;
	if (!f)
		return;
	out_text_doctor(f, report, all);
	text_close(out, 0);
}

static void text_recovery(struct out *out, const struct mhp_recovery_report *report)
{
	FILE *f = text_open(out);

	message_run_end(&text_of(out)->warnings.run, out->call.color_err);
	if (!f)
		return;
	out_text_recovery(f, report, out->call.dry_run);
	text_close(out, 0);
}

static void text_policy_plan(struct out *out, const struct out_policy_plan *plan)
{
	FILE *f = text_open(out);

	message_plan(plan->plan, &text_of(out)->warnings, out->call.color_err);
	if (!f)
		return;
	out_text_policy_plan(f, plan);
	text_close(out, 0);
}

static void text_jobs(struct out *out, const struct out_jobs *jobs)
{
	FILE *f = text_open(out);

	message_jobs(jobs, out->call.color_err);
	if (f)
		text_close(out, out_text_jobs(f, jobs, &out->call));
}

static void text_job_line(struct out *out, uint64_t id, const char *line)
{
	(void)out;
	(void)id;
	(void)line;
}

static void text_report(struct out *out, const struct out_report *report)
{
	FILE *f = text_open(out);

	if (!f)
		return;
	out_text_report(f, report);
	text_close(out, 0);
}

static void text_metrics(struct out *out, const struct out_metrics *report)
{
	FILE *f;

	for (unsigned i = 0; i < NR_METRIC_COLLECTORS; i++)
		if (report->metrics->error[i].reason != MHP_REASON_NONE)
			message_error(&report->metrics->error[i], out->call.color_err);
	f = report->file ? NULL : text_open(out);
	if (!f)
		return;
	metrics_print(f, report->metrics);
	text_close(out, 0);
}

static void text_reporting(struct out *out, const struct out_reporting *report)
{
	FILE *f = report->is_watch ? NULL : text_open(out);

	if (f)
		text_close(out, out_text_reporting(f, report, out->call.color));
}

/* Prints what was set at once, as a wait may follow. The error of a failure says what stayed. */
static void text_reporting_so_far(struct out *out, const struct out_reporting *report)
{
	FILE *f = report->has_waited || report->has_failed ? NULL : text_open(out);

	if (!f)
		return;
	out_text_reporting_set(f, report);
	text_close(out, 0);
}

static void text_reporting_change(struct out *out, const struct mhp_reporting *reporting)
{
	FILE *f = text_open(out);

	if (!f)
		return;
	out_text_reporting_change(f, reporting);
	text_close(out, 0);
}

static void text_change(struct out *out, const struct mhp_change *change)
{
	FILE *f;

	if (change->kind == MHP_CHANGE_READY)
		return;
	f = text_open(out);
	if (!f)
		return;
	out_text_change(f, change);
	text_close(out, 0);
}

static void text_watched(struct out *out, enum mhp_monitor_end end)
{
	(void)out;
	(void)end; /* the exit status shows it */
}

static void text_error(struct out *out, const struct mhp_error *err)
{
	message_run_end(&text_of(out)->warnings.run, out->call.color_err);
	if (!out->call.logged_err)
		message_error(err, out->call.color_err);
}

static void text_text(struct out *out, const char *text)
{
	out_write(out, text);
}

static void text_version(struct out *out)
{
	out_write(out, "mhpctl ");
	out_write(out, mhp_version());
	out_write(out, "\n");
}

static void text_free(struct out *out)
{
	memstream_free(&text_of(out)->result);
	free(text_of(out));
}

struct out *out_text_new(const struct out_call *call)
{
	struct out_text *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (memstream_open(&t->result) < 0 || memstream_reserve(&t->result, RESULT_ROOM) < 0) {
		memstream_free(&t->result);
		free(t);
		return NULL;
	}
	t->out = (struct out){
		.list = text_list,
		.check = text_check,
		.pin = text_pin,
		.plan = text_plan,
		.event = text_event,
		.result = text_result,
		.doctor = text_doctor,
		.recovery = text_recovery,
		.report = text_report,
		.metrics = text_metrics,
		.policy = text_policy,
		.policy_plan = text_policy_plan,
		.jobs = text_jobs,
		.job_line = text_job_line,
		.reporting = text_reporting,
		.reporting_so_far = text_reporting_so_far,
		.reporting_change = text_reporting_change,
		.change = text_change,
		.watched = text_watched,
		.error = text_error,
		.text = text_text,
		.version = text_version,
		.free = text_free,
		.call = *call,
	};
	return &t->out;
}
