/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of background jobs. */
#include "cmd/job.h"
#include "cmd/out/json/text.h"
#include "cmd/out/json/read.h"
#include "cmd/out/json/json.h"
#include "lib/tool.h"

#include <errno.h>
#include <string.h>

static void add_words(struct js *js, struct json_object *in, const struct mhp_job *job)
{
	struct json_object *words = js_array(js, in, "command");

	for (size_t i = 0; i < job->nr_words; i++)
		js_text(js, words, NULL, job->words[i]);
}

static void add_progress(struct js *js, struct json_object *in, const struct job_view *view)
{
	const struct mhp_event *progress = &view->seen.progress;
	bool is_known = progress->total_bytes;
	bool runs = is_known && view->state == JOB_RUNNING;

	js_number(js, in, "done_bytes", is_known ? progress->done_bytes : MHP_UNKNOWN);
	js_number(js, in, "total_bytes", is_known ? progress->total_bytes : MHP_UNKNOWN);
	js_bool(js, in, "estimated", progress->is_estimated);
	js_number(js, in, "usable_bytes", is_known ? view->seen.usable_bytes : MHP_UNKNOWN);
	js_number(js, in, "bytes_per_second",
		  progress->bytes_per_second ? progress->bytes_per_second : MHP_UNKNOWN);
	js_number(js, in, "eta_ms", runs ? progress->eta_ms : MHP_UNKNOWN);
}

static void fill_job(struct js *js, struct json_object *in, const struct job_view *view)
{
	const struct mhp_job *job = view->job;

	js_count(js, in, "job", job->id);
	add_words(js, in, job);
	js_text(js, in, "state", job_state_name(view->state));
	js_number(js, in, "pid", view->pid ? (uint64_t)view->pid : MHP_UNKNOWN);
	js_name(js, in, "unit", job->unit);
	js_number(js, in, "uid", job->uid == UINT32_MAX ? MHP_UNKNOWN : job->uid);
	if (job->start_us)
		js_time(js, in, "started", job->start_us);
	else
		js_null(js, in, "started");
	js_number(js, in, "exit_code",
		  view->state == JOB_RUNNING ? MHP_UNKNOWN : (uint64_t)job_exit_code(view));
	add_progress(js, in, view);
	if (view->state != JOB_RUNNING && view->seen.document)
		js_put(js, in, "result", json_object_get(view->seen.document));
	else
		js_null(js, in, "result");
}

static void add_failures(struct js *js, struct json_object *doc, const struct out_jobs *jobs)
{
	struct json_object *failures = js_array(js, doc, "failures");
	struct mhp_failure failure = { .migrate_failures = MHP_UNKNOWN, .node_pins = MHP_UNKNOWN };

	for (size_t i = 0; jobs->kind != OUT_JOBS_LIST && i < jobs->nr; i++) {
		if (jobs->views[i].state != JOB_DIED)
			continue;
		job_died(&jobs->views[i], &failure.error);
		out_json_failure(js, js_object(js, failures, NULL), &failure);
	}
	if (!jobs->err)
		return;
	failure.error = *jobs->err;
	out_json_failure(js, js_object(js, failures, NULL), &failure);
}

void out_json_jobs(struct js *js, struct json_object *doc, const struct out_jobs *jobs)
{
	struct json_object *list = js_array(js, doc, "jobs");

	for (size_t i = 0; i < jobs->nr; i++)
		fill_job(js, js_object(js, list, NULL), &jobs->views[i]);
	js_array(js, doc, "targets");
	add_failures(js, doc, jobs);
}

/* Copies the result of a job that has ended, which is like that of any command. */
static void copy_result(struct js *js, struct json_object *doc, const struct job_view *view,
			const char *key)
{
	struct json_object *value = NULL;

	if (view->state != JOB_RUNNING && view->seen.document &&
	    doc_array(view->seen.document, key, &value))
		js_put(js, doc, key, json_object_get(value));
	else
		js_array(js, doc, key);
}

void out_json_started(struct js *js, struct json_object *doc, const struct out_jobs *jobs,
		      struct json_object *warnings)
{
	const struct job_view *view = &jobs->views[0];

	js_bool(js, doc, "dry_run", false);
	copy_result(js, doc, view, "targets");
	if (view->state == JOB_DIED || jobs->err)
		add_failures(js, doc, jobs);
	else
		copy_result(js, doc, view, "failures");
	if (view->state == JOB_RUNNING)
		js_put(js, doc, "warnings", json_object_get(warnings));
	else
		copy_result(js, doc, view, "warnings");
	fill_job(js, js_object(js, doc, "job"), view);
}

/*
 * Builds a line of a job, or returns NULL for one to leave out. A stream has one version and one
 * result: ours.
 */
static struct json_object *build_line(struct js *js, uint64_t id, const char *line)
{
	struct json_object *doc = NULL;

	js->failed = json_parse(line, strlen(line), &doc) == -ENOMEM;
	if (!json_object_is_type(doc, json_type_object) ||
	    !doc_is_event(doc, doc_text(doc, "event")) || doc_is_event(doc, "result") ||
	    doc_is_event(doc, "version")) {
		json_object_put(doc);
		return NULL;
	}
	js_count(js, doc, "job", id);
	return doc;
}

void out_json_job_line(struct out *out, uint64_t id, const char *line)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = NULL;

	if (!out->call.is_lines)
		return;
	doc = build_line(&js, id, line);
	if (doc || js.failed)
		out_json_print_line(out, &js, doc);
}
