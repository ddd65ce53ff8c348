/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of drains: planned, in events and in results, always with the same keys. */
#include "cmd/out/json/json.h"

static void put_state(struct js *js, struct json_object *drain, const char *key,
		      const struct mhp_drain_state *state)
{
	struct json_object *in = js_object(js, drain, key);

	js_number(js, in, "used_bytes", state->used_bytes);
	js_number(js, in, "clean_bytes", state->clean_bytes);
	js_number(js, in, "dirty_bytes", state->dirty_bytes);
	js_number(js, in, "anon_bytes", state->anon_bytes);
	js_number(js, in, "thp_bytes", state->thp_bytes);
	js_number(js, in, "available_bytes", state->available_bytes);
	js_number(js, in, "short_bytes", state->short_bytes);
}

void out_json_drain_action(struct js *js, struct json_object *in,
			   const struct mhp_drain_action *action)
{
	js_text(js, in, "action", mhp_drain_kind_name(action->kind));
	js_text(js, in, "status", mhp_drain_status_name(action->status));
	js_text(js, in, "target", action->target);
	js_number(js, in, "asked_bytes", action->asked_bytes);
	js_number(js, in, "done_bytes", action->done_bytes);
	js_number(js, in, "before_bytes", action->before_bytes);
	js_number(js, in, "after_bytes", action->after_bytes);
	js_number(js, in, "elapsed_ms", action->elapsed_ms);
	js_name(js, in, "why", action->why);
}

void out_json_drain(struct js *js, struct json_object *doc, const struct mhp_drain *drain)
{
	const struct mhp_drain_action *action;
	struct json_object *in, *actions;

	if (!drain) {
		js_null(js, doc, "drain");
		return;
	}
	in = js_object(js, doc, "drain");
	js_count(js, in, "limit_ms", drain->limit_ms);
	put_state(js, in, "before", &drain->before);
	put_state(js, in, "after", &drain->after);
	actions = js_array(js, in, "actions");
	for (size_t i = 0; (action = mhp_drain_action(drain, i)); i++)
		out_json_drain_action(js, js_object(js, actions, NULL), action);
}
