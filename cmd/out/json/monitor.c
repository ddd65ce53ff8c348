/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes, for programs. An object has the keys that it has in a list, without counts of blocks. */
#include "cmd/out/json/json.h"
#include "cmd/out/json/read.h"
#include "lib/base/clock.h"

static void put_blocks(struct js *js, struct json_object *doc, const struct mhp_change *change)
{
	const struct mhp_block *block = change->block;

	js_range(js, doc, "blocks", change->first_block, change->last_block);
	js_number(js, doc, "bytes", change->bytes);
	js_text(js, doc, "state", mhp_block_state_name(block->state));
	js_name(js, doc, "zone", mhp_zone_name(block->zone) ? mhp_zone_name(block->zone) : "");
	js_block_nodes(js, doc, block);
	js_name(js, doc, "device", mhp_block_device(block));
}

static void put_dax(struct js *js, struct json_object *doc, const struct mhp_dax *dax)
{
	const char *state = mhp_dax_state_name(dax->state);

	js_text(js, doc, "device", dax->name);
	js_text(js, doc, "mode", mhp_dax_mode_name(dax->mode));
	js_name(js, doc, "state", state ? state : "");
	js_number(js, doc, "size", dax->size);
	js_node(js, doc, "target_node", dax->target_node);
	js_name(js, doc, "namespace", dax->ns_name);
	js_name(js, doc, "region", dax->region);
}

static void put_namespace(struct js *js, struct json_object *doc, const struct mhp_namespace *ns)
{
	js_text(js, doc, "namespace", ns->name);
	js_name(js, doc, "region", ns->region);
	js_name(js, doc, "uuid", ns->uuid);
	js_text(js, doc, "mode", mhp_namespace_mode_name(ns->mode));
	js_number(js, doc, "size", ns->size);
	js_bool(js, doc, "enabled", ns->is_enabled);
	js_name(js, doc, "device", ns->device);
}

static void put_region(struct js *js, struct json_object *doc, const struct mhp_region *region)
{
	js_text(js, doc, "region", region->name);
	js_bool(js, doc, "enabled", region->is_enabled);
	js_number(js, doc, "size", region->size);
	js_number(js, doc, "available_bytes", region->available_bytes);
}

static void put_node(struct js *js, struct json_object *doc, const struct mhp_node *node)
{
	js_int(js, doc, "node", node->node);
	js_number(js, doc, "online_bytes", node->online_bytes);
	js_number(js, doc, "offline_bytes", node->offline_bytes);
	js_number(js, doc, "movable_bytes", node->movable_bytes);
	js_number(js, doc, "kernel_bytes", node->kernel_bytes);
}

static void put_run(struct js *js, struct json_object *doc, const struct mhp_run_record *run)
{
	bool has_result = run->exit_code >= 0;

	js_number(js, doc, "run", run->run);
	js_int(js, doc, "pid", run->pid);
	js_text(js, doc, "state", mhp_run_state_name(run->state));
	js_time(js, doc, "started", run->start_us);
	if (has_result) {
		js_number(js, doc, "run_ms", run->elapsed_ms);
		js_int(js, doc, "exit_code", run->exit_code);
		js_bool(js, doc, "changed", run->has_changes);
	} else {
		js_null(js, doc, "run_ms");
		js_null(js, doc, "exit_code");
		js_null(js, doc, "changed");
	}
	js_name(js, doc, "reason",
		run->reason == MHP_REASON_NONE ? "" : mhp_reason_name(run->reason));
	js_name(js, doc, "message", run->message);
}

static void put_pin_process(struct js *js, struct json_object *doc,
			    const struct mhp_pin_change *pin)
{
	pin->pid ? js_int(js, doc, "pid", pin->pid) : js_null(js, doc, "pid");
	pin->tid ? js_int(js, doc, "tid", pin->tid) : js_null(js, doc, "tid");
	js_name(js, doc, "comm", pin->comm);
	js_number(js, doc, "calls", pin->calls);
	js_number(js, doc, "moved", pin->moved_pages);
	js_number(js, doc, "failed", pin->failed_pages);
	js_number(js, doc, "moved_huge", pin->moved_huge);
	js_number(js, doc, "failed_huge", pin->failed_huge);
	js_number(js, doc, "split_huge", pin->split_huge);
}

static void put_pin(struct js *js, struct json_object *doc, const struct mhp_change *change)
{
	const struct mhp_pin_change *pin = change->pin;

	if (change->kind == MHP_CHANGE_PIN_LOST) {
		js_number(js, doc, "lost", pin->lost);
	} else if (change->kind == MHP_CHANGE_PIN_STAYS) {
		js_int(js, doc, "node", pin->node);
		js_number(js, doc, "pins", pin->pins);
		js_number(js, doc, "for_ms", pin->for_ms);
	} else if (change->kind == MHP_CHANGE_PIN_NODE) {
		js_int(js, doc, "node", pin->node);
		js_number(js, doc, "acquired", pin->acquired);
		js_number(js, doc, "released", pin->released);
		js_number(js, doc, "pins", pin->pins);
	} else {
		put_pin_process(js, doc, pin);
	}
}

static void put_object(struct js *js, struct json_object *doc, const struct mhp_change *change)
{
	if (change->kind == MHP_CHANGE_BLOCKS)
		put_blocks(js, doc, change);
	else if (change->kind == MHP_CHANGE_DEVICE)
		put_dax(js, doc, change->dax);
	else if (change->kind == MHP_CHANGE_NAMESPACE)
		put_namespace(js, doc, change->ns);
	else if (change->kind == MHP_CHANGE_REGION)
		put_region(js, doc, change->region);
	else if (change->kind == MHP_CHANGE_CXL_MEMDEV)
		out_json_memdev(js, doc, change->cxl_memdev);
	else if (change->kind == MHP_CHANGE_CXL_REGION)
		out_json_cxl_region(js, doc, change->cxl_region);
	else if (change->kind == MHP_CHANGE_NODE)
		put_node(js, doc, change->node);
	else if (change->kind == MHP_CHANGE_POLICY)
		js_name(js, doc, "auto_online_blocks", change->memory->auto_online_blocks);
	else if (change->kind == MHP_CHANGE_RUN || change->kind == MHP_CHANGE_RECOVERY)
		put_run(js, doc, change->run);
	else if (change->pin)
		put_pin(js, doc, change);
}

struct json_object *out_json_change(struct js *js, const struct out_call *call,
				    const struct mhp_change *change)
{
	struct json_object *doc = out_json_begin(js, mhp_change_kind_name(change->kind));

	js_time(js, doc, "time", change->time_us);
	js_count(js, doc, "elapsed_ms", clock_msec() - call->start_ms);
	if (change->kind != MHP_CHANGE_READY && change->kind != MHP_CHANGE_OVERFLOW && !change->pin)
		js_text(js, doc, "action", mhp_change_action_name(change->action));
	put_object(js, doc, change);
	return doc;
}

void out_json_watched(struct out *out, struct json_object *events, const char *end,
		      const struct mhp_error *err)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "result");

	out_json_idle_status(&js, doc, &out->call, err);
	js_bool(&js, doc, "dry_run", false);
	js_name(&js, doc, "end", end);
	js_put(&js, doc, "events", json_object_get(events));
	js_array(&js, doc, "targets");
	out_json_error(&js, doc, &out->call, err);
	js_array(&js, doc, "warnings");
	out_json_print(out, &js, doc);
}
