/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of plans, steps, targets and events. */
#include "cmd/out/json/json.h"
#include "cmd/out/json/read.h"

#include <string.h>

/* Puts a name of the library, or null. */
static void put_name(struct js *js, struct json_object *in, const char *key, const char *name)
{
	js_name(js, in, key, name ? name : "");
}

/* Puts a number of a step, in which 0 means "does not apply". */
static void put_nonzero(struct js *js, struct json_object *in, const char *key, uint64_t value)
{
	js_number(js, in, key, value ? value : MHP_UNKNOWN);
}

static bool is_of_blocks(const struct mhp_step *step)
{
	return step->type == MHP_STEP_ONLINE_BLOCK || step->type == MHP_STEP_OFFLINE_BLOCK;
}

/* Puts a step with all keys; null where one does not apply. */
void out_json_step(struct js *js, struct json_object *in, const struct mhp_step *step)
{
	bool has_mode = step->type == MHP_STEP_SET_MODE;
	bool has_zone = step->type == MHP_STEP_ONLINE_BLOCK;
	bool blocks = is_of_blocks(step);

	js_text(js, in, "step", mhp_step_type_name(step->type));
	js_text(js, in, "object", step->object);
	js_number(js, in, "chain", step->chain == MHP_NO_CHAIN ? MHP_UNKNOWN : step->chain);
	js_bool(js, in, "predicted", step->is_predicted);
	put_name(js, in, "mode", has_mode ? mhp_dax_mode_name(step->mode) : NULL);
	put_name(js, in, "zone", has_zone ? mhp_zone_request_name(step->zone) : NULL);
	put_nonzero(js, in, "size", step->size);
	put_nonzero(js, in, "align", step->align);
	put_name(js, in, "map", mhp_memmap_location_name(step->map));
	js_name(js, in, "name", step->label);
	put_nonzero(js, in, "interleave_ways", step->ways);
	put_nonzero(js, in, "interleave_granularity", step->granularity);
	js_bool(js, in, "parallel", step->is_parallel);
	js_bool(js, in, "direct_to_kmem", step->is_direct_to_kmem);
	js_bool(js, in, "overwrite", step->overwrite);
	js_number(js, in, "first_block", blocks ? step->first_block : MHP_UNKNOWN);
	js_number(js, in, "last_block", blocks ? step->last_block : MHP_UNKNOWN);
	js_number(js, in, "memmap_bytes", step->memmap_bytes);
	out_json_step_cost(js, in, step->has_cost ? &step->cost : NULL);
	js_name(js, in, "why", step->why);
	js_name(js, in, "needs", step->needs);
	js_name(js, in, "undo", step->undo);
}

void out_json_losses(struct js *js, struct json_object *list, const struct mhp_plan *plan)
{
	const struct mhp_loss *loss;

	for (size_t i = 0; plan && (loss = mhp_plan_loss(plan, i)); i++) {
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "object", loss->object);
		js_name(js, in, "uuid", loss->uuid);
		js_text(js, in, "mode", loss->mode);
		js_number(js, in, "size", loss->size);
		js_bool(js, in, "known", loss->content == MHP_CONTENT_DATA);
		js_text(js, in, "content", loss->content_text);
		js_bool(js, in, "agreed", loss->is_agreed);
	}
}

void out_json_plan_hidden(struct js *js, struct json_object *list, const struct mhp_plan *plan)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; plan && (hidden = mhp_plan_hidden(plan, i)); i++) {
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "what", hidden->what);
		js_text(js, in, "why", hidden->why);
	}
}

static bool has_same(struct json_object *a, struct json_object *b, const char *key)
{
	return json_object_equal(json_object_object_get(a, key), json_object_object_get(b, key));
}

/* Replaces an earlier loss of the same namespace, or appends the loss. Owns the loss. */
static bool keep_loss(struct json_object *kept, struct json_object *loss)
{
	size_t nr = json_object_array_length(kept), i = 0;

	while (i < nr && !(has_same(json_object_array_get_idx(kept, i), loss, "object") &&
			   has_same(json_object_array_get_idx(kept, i), loss, "uuid")))
		i++;
	if (json_object_array_put_idx(kept, i, loss) == 0)
		return true;
	json_object_put(loss);
	return false;
}

bool out_json_keep_losses(struct json_object *kept, const struct mhp_plan *plan)
{
	cleanup_document struct json_object *list = json_object_new_array();
	struct js js = { 0 };

	if (!list)
		return false;
	out_json_losses(&js, list, plan);
	for (size_t i = 0; !js.failed && i < json_object_array_length(list); i++)
		js.failed = !keep_loss(kept, json_object_get(json_object_array_get_idx(list, i)));
	return !js.failed;
}

typedef const char *(*plan_text_fn)(const struct mhp_plan *plan, size_t index);

static void add_texts(struct js *js, struct json_object *doc, const char *key,
		      const struct mhp_plan *plan, plan_text_fn get)
{
	struct json_object *list = js_array(js, doc, key);
	const char *text;

	for (size_t i = 0; plan && (text = get(plan, i)); i++)
		js_text(js, list, NULL, text);
}

void out_json_plan(struct js *js, struct json_object *doc, const struct mhp_plan *plan)
{
	struct json_object *steps = js_array(js, doc, "steps");
	const struct mhp_step *step;

	for (size_t i = 0; plan && (step = mhp_plan_step(plan, i)); i++) {
		out_json_step(js, js_object(js, steps, NULL), step);
		js_pack(js, steps);
	}
	out_json_cost(js, doc, plan);
	out_json_alternatives(js, js_array(js, doc, "alternatives"), plan);
	add_texts(js, doc, "consents", plan, mhp_plan_consent);
	out_json_losses(js, js_array(js, doc, "losses"), plan);
	out_json_plan_hidden(js, js_array(js, doc, "hidden"), plan);
	add_texts(js, doc, "warnings", plan, mhp_plan_warning);
	add_texts(js, doc, "targets", plan, mhp_plan_target);
	out_json_receipt(js, doc, plan ? mhp_plan_receipt(plan) : NULL);
	out_json_drain(js, doc, plan ? mhp_plan_drain(plan) : NULL);
}

const struct mhp_error *out_json_plan_error(const struct mhp_plan *plan)
{
	const struct mhp_failure *first = plan ? mhp_plan_failure(plan, 0) : NULL;

	return first ? &first->error : NULL;
}

void out_json_plan_failures(struct js *js, struct json_object *doc, const struct mhp_plan *plan)
{
	struct json_object *failures = js_array(js, doc, "failures");
	const struct mhp_failure *failure;

	for (size_t i = 0; (failure = mhp_plan_failure(plan, i)); i++)
		out_json_failure(js, js_object(js, failures, NULL), failure);
}

void out_json_target(struct js *js, struct json_object *targets,
		     const struct mhp_target_result *target)
{
	struct json_object *in = js_object(js, targets, NULL);

	js_text(js, in, "target", target->target);
	js_name(js, in, "section", target->section);
	js_text(js, in, "status", mhp_status_name(target->status));
	js_bool(js, in, "changed", target->has_changes);
	js_count(js, in, "blocks_done", target->blocks_done);
	js_count(js, in, "blocks_online", target->blocks_online);
	js_count(js, in, "blocks_total", target->blocks_total);
	put_name(js, in, "granularity", mhp_granularity_name(target->granularity));
	js_count(js, in, "online_bytes", target->online_bytes);
	js_count(js, in, "initialised_bytes", target->initialised_bytes);
	js_name(js, in, "zone", target->zone ? mhp_zone_name(target->zone) : "");
	js_node(js, in, "node", target->online_bytes ? target->node : -1);
	js_name(js, in, "namespace", target->ns_name);
	js_name(js, in, "device", target->device);
	js_name(js, in, "cxl_region", target->cxl_region);
}

static void add_parts(struct js *js, struct json_object *parts, const struct mhp_event *event)
{
	for (size_t i = 0; i < event->nr_parts; i++) {
		const struct mhp_event_part *part = mhp_event_part(event, i);
		struct json_object *in = js_object(js, parts, NULL);

		js_text(js, in, "object", part->object);
		js_number(js, in, "done_bytes", part->done_bytes);
		js_number(js, in, "total_bytes", part->total_bytes);
		js_bool(js, in, "active", part->is_active);
		js_bool(js, in, "estimated", part->is_estimated);
	}
}

static void add_progress(struct js *js, struct json_object *doc, const struct mhp_event *event)
{
	put_name(js, doc, "step", event->step ? mhp_step_type_name(event->step->type) : NULL);
	put_name(js, doc, "object", event->step ? event->step->object : NULL);
	js_count(js, doc, "done", event->done);
	js_count(js, doc, "total", event->total);
	js_text(js, doc, "unit", event->is_in_pages ? "pages" : "blocks");
	js_bool(js, doc, "estimated", event->is_estimated);
	js_number(js, doc, "done_bytes", event->done_bytes);
	js_number(js, doc, "total_bytes", event->total_bytes);
	put_nonzero(js, doc, "bytes_per_second", event->bytes_per_second);
	js_number(js, doc, "eta_ms", event->eta_ms);
	add_parts(js, js_array(js, doc, "parts"), event);
}

static void add_step_done(struct js *js, struct json_object *doc, const struct mhp_event *event)
{
	out_json_step(js, doc, event->step);
	js_bool(js, doc, "changed", event->has_changes);
	js_bool(js, doc, "failed", event->has_failed);
	put_name(js, doc, "granularity", mhp_granularity_name(event->granularity));
}

static void add_retrying(struct js *js, struct json_object *doc, const struct mhp_event *event)
{
	put_name(js, doc, "step", event->step ? mhp_step_type_name(event->step->type) : NULL);
	js_text(js, doc, "object", event->object ? event->object : "memory");
	js_count(js, doc, "pages_stuck", event->pages_stuck);
	if (event->owner)
		out_json_owner(js, js_array(js, doc, "owners"), event->owner);
}

void out_json_event(struct js *js, struct json_object *doc, const struct mhp_event *event)
{
	switch (event->type) {
	case MHP_EVENT_PLAN:
		js_bool(js, doc, "dry_run", false);
		out_json_plan(js, doc, event->plan);
		js_array(js, doc, "failures");
		break;
	case MHP_EVENT_STEP_STARTED:
		out_json_step(js, doc, event->step);
		break;
	case MHP_EVENT_STEP_DONE:
		add_step_done(js, doc, event);
		break;
	case MHP_EVENT_PROGRESS:
		add_progress(js, doc, event);
		break;
	case MHP_EVENT_RETRYING:
		add_retrying(js, doc, event);
		break;
	case MHP_EVENT_FAILURE:
		out_json_failure(js, doc, event->failure);
		break;
	case MHP_EVENT_WARNING:
		js_text(js, doc, "message", event->message ? event->message : "unknown");
		break;
	case MHP_EVENT_WAITING:
		put_name(js, doc, "holder", event->object);
		break;
	case MHP_EVENT_HOOK_STARTED:
	case MHP_EVENT_HOOK_DONE:
		out_json_hook(js, js_object(js, doc, "hook"), event);
		break;
	case MHP_EVENT_DRAIN_STARTED:
	case MHP_EVENT_DRAIN_DONE:
		out_json_drain_action(js, js_object(js, doc, "drain"), event->drain);
		break;
	}
}
