/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of hooks: that would run, that start and that have ended, all with the same keys. */
#include "cmd/out/json/json.h"

static struct json_object *put_hook(struct js *js, struct json_object *in,
				    const struct out_hook *hook)
{
	js_text(js, in, "when", mhp_hook_when_name(hook->when));
	js_name(js, in, "section", hook->section);
	js_text(js, in, "command", hook->command);
	js_number(js, in, "timeout_ms", hook->timeout_ms);
	js_name(js, in, "problem", hook->problem.message);
	return in;
}

/* Puts the end; hook NULL: it has not ended. */
static void put_end(struct js *js, struct json_object *in, const struct mhp_hook *hook)
{
	const bool has_exited = hook && hook->exit_status >= 0;
	const bool is_killed = hook && hook->signal;

	js_name(js, in, "status", hook ? mhp_hook_status_name(hook->status) : "");
	js_number(js, in, "exit_status", has_exited ? (uint64_t)hook->exit_status : MHP_UNKNOWN);
	js_number(js, in, "signal", is_killed ? (uint64_t)hook->signal : MHP_UNKNOWN);
	js_number(js, in, "elapsed_ms", hook ? hook->elapsed_ms : MHP_UNKNOWN);
	js_number(js, in, "output_bytes", hook ? hook->output_bytes : MHP_UNKNOWN);
	js_name(js, in, "output", hook ? hook->output : "");
}

void out_json_hook(struct js *js, struct json_object *in, const struct mhp_event *event)
{
	const struct mhp_hook *hook = event->hook;
	const struct out_hook known = {
		.section = event->section ? event->section : "",
		.when = hook->when,
		.command = hook->command,
		.timeout_ms = hook->timeout_ms,
	};

	put_hook(js, in, &known);
	put_end(js, in, event->type == MHP_EVENT_HOOK_DONE ? hook : NULL);
}

bool out_json_keep_hook(struct json_object *kept, const struct mhp_event *event)
{
	struct js js = { 0 };

	out_json_hook(&js, js_object(&js, kept, NULL), event);
	return !js.failed;
}

void out_json_hooks(struct js *js, struct json_object *doc, const struct out_hooks *hooks)
{
	struct json_object *list = js_array(js, doc, "hooks");

	for (size_t i = 0; hooks && i < hooks->nr; i++)
		put_end(js, put_hook(js, js_object(js, list, NULL), &hooks->at[i]), NULL);
}
