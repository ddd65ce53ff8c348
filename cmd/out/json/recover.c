/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The leftovers of killed runs, for programs. */
#include "cmd/out/json/json.h"

static void put_error(struct js *js, struct json_object *in, const struct mhp_error *err)
{
	struct json_object *to;

	if (!err->reason) {
		js_null(js, in, "error");
		return;
	}
	to = js_object(js, in, "error");
	js_text(js, to, "reason", mhp_reason_name(err->reason));
	js_text(js, to, "message", err->message);
	js_name(js, to, "hint", err->hint);
}

static void put_leftover(struct js *js, struct json_object *in, const struct mhp_leftover *left)
{
	js_name(js, in, "step", left->has_step ? mhp_step_type_name(left->step) : "");
	js_text(js, in, "object", left->object);
	js_name(js, in, "uuid", left->uuid);
	js_text(js, in, "recovery", mhp_recovery_name(left->recovery));
	js_bool(js, in, "done", left->is_done);
	js_text(js, in, "state", left->state);
	js_name(js, in, "command", left->command);
	put_error(js, in, &left->error);
}

static void put_run(struct js *js, struct json_object *in, const struct mhp_interrupted *run)
{
	struct json_object *list;
	const struct mhp_leftover *left;

	js_text(js, in, "file", run->file);
	js_text(js, in, "description", run->text);
	js_name(js, in, "verb", run->verb);
	js_name(js, in, "targets", run->targets);
	if (run->time_us)
		js_time(js, in, "started", run->time_us);
	else
		js_null(js, in, "started");
	js_number(js, in, "pid", run->pid ? run->pid : MHP_UNKNOWN);
	js_bool(js, in, "rebooted", run->is_rebooted);
	js_bool(js, in, "recovered", run->is_forgotten);
	put_error(js, in, &run->error);
	list = js_array(js, in, "leftovers");
	for (size_t i = 0; (left = mhp_interrupted_leftover(run, i)); i++)
		put_leftover(js, js_object(js, list, NULL), left);
}

void out_json_recovery(struct js *js, struct json_object *doc, const struct out_recovery *recovery)
{
	const struct mhp_recovery_report *report = recovery->report;
	const struct mhp_interrupted *run;
	struct json_object *list;

	js_bool(js, doc, "dry_run", recovery->dry_run);
	js_count(js, doc, "settings", report ? report->nr_settings : 0);
	list = js_array(js, doc, "interrupted_runs");
	for (size_t i = 0; report && (run = mhp_recovery_run(report, i)); i++)
		put_run(js, js_object(js, list, NULL), run);
	js_put(js, doc, "warnings", json_object_get(recovery->warnings));
}
