/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common keys of every document: schema, status and failure. */
#include "cmd/out/json/json.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "mhpctl/1"

struct json_object *out_json_begin(struct js *js, const char *event)
{
	struct json_object *doc = js_document(js);

	js_text(js, doc, "schema", SCHEMA);
	if (event)
		js_text(js, doc, "event", event);
	return doc;
}

/* Puts the status of a run. */
void out_json_status(struct js *js, struct json_object *doc, const struct out_call *call,
		     const struct mhp_result *result)
{
	/* output lost earlier turns a success into a failure */
	bool is_lost = call->incomplete && result->status == MHP_STATUS_OK;

	js_name(js, doc, "command", call->command ? call->command : "");
	js_text(js, doc, "status", mhp_status_name(is_lost ? MHP_STATUS_FAILED : result->status));
	js_int(js, doc, "exit_code", call->incomplete ? MHP_EXIT_FAILED : result->exit_code);
	js_bool(js, doc, "changed", result->has_changes);
	js_count(js, doc, "elapsed_ms", result->elapsed_ms);
}

enum mhp_status out_json_status_of(const struct mhp_error *err)
{
	if (err->reason == MHP_REASON_INTERRUPTED)
		return MHP_STATUS_INTERRUPTED;
	if (err->reason == MHP_REASON_DEADLINE)
		return MHP_STATUS_DEADLINE;
	return MHP_STATUS_FAILED;
}

/* Puts the same for a call that changed nothing; err NULL: success. */
void out_json_idle_status(struct js *js, struct json_object *doc, const struct out_call *call,
			  const struct mhp_error *err)
{
	const struct mhp_result idle = {
		.status = err ? out_json_status_of(err) : MHP_STATUS_OK,
		.exit_code = err ? mhp_reason_exit_code(err->reason) : 0,
		.elapsed_ms = clock_msec() - call->start_ms,
	};

	out_json_status(js, doc, call, &idle);
}

/* Puts an error of the whole call, in the form of a failure. */
void out_json_error(struct js *js, struct json_object *doc, const struct out_call *call,
		    const struct mhp_error *err)
{
	struct json_object *failures = js_array(js, doc, "failures");
	struct mhp_failure failure = { .migrate_failures = MHP_UNKNOWN, .node_pins = MHP_UNKNOWN };

	if (!err)
		return;
	failure.error = *err;
	failure.elapsed_ms = clock_msec() - call->start_ms;
	if (call->nr_targets == 1)
		str_copy(failure.target, call->targets[0]);
	out_json_failure(js, js_object(js, failures, NULL), &failure);
}
