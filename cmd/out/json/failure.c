/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reason of a failure, the pages and their owners. */
#include "cmd/out/json/json.h"

#include <string.h>

/* Puts a count; MHP_COUNT_UNKNOWN is null. */
static void put_signed(struct js *js, struct json_object *in, const char *key, int64_t value)
{
	if (value == MHP_COUNT_UNKNOWN)
		js_null(js, in, key);
	else
		js_put(js, in, key, json_object_new_int64(value));
}

static void add_page(struct js *js, struct json_object *pages, const struct mhp_page *page)
{
	struct json_object *in = js_object(js, pages, NULL);

	js_hex(js, in, "pfn", page->pfn);
	js_text(js, in, "kind", mhp_page_kind_name(page->kind));
	put_signed(js, in, "refcount", page->refcount);
	put_signed(js, in, "mapcount", page->mapcount);
	put_signed(js, in, "pincount", page->pincount);
	put_signed(js, in, "pins", page->pins);
	put_signed(js, in, "extra_references", page->extra_references);
	js_text(js, in, "verdict", mhp_reason_name(page->verdict));
}

static void add_holder(struct js *js, struct json_object *in, const struct mhp_owner *owner)
{
	struct json_object *holder = js_object(js, in, "holder");

	js_text(js, holder, "kind", mhp_holder_kind_name(owner->holder));
	if (owner->holder_pid)
		js_int(js, holder, "pid", owner->holder_pid);
	else
		js_null(js, holder, "pid");
	js_node(js, holder, "fd", owner->fd); /* -1 is null here as well */
	js_name(js, holder, "detail", owner->detail);
}

void out_json_owner(struct js *js, struct json_object *owners, const struct mhp_owner *owner)
{
	struct json_object *in = js_object(js, owners, NULL);

	js_int(js, in, "pid", owner->pid);
	js_name(js, in, "comm", owner->comm);
	js_count(js, in, "uid", owner->uid);
	js_name(js, in, "cgroup", owner->cgroup);
	js_hex(js, in, "address", owner->address);
	js_count(js, in, "pages", owner->pages);
	js_count(js, in, "vm_pin_bytes", owner->vm_pin_bytes);
	add_holder(js, in, owner);
	js_text(js, in, "confidence", mhp_confidence_name(owner->confidence));
	js_text(js, in, "source", owner->source);
}

void out_json_hidden(struct js *js, struct json_object *list, const struct mhp_hidden *hidden)
{
	struct json_object *in = js_object(js, list, NULL);

	js_text(js, in, "what", hidden->what);
	js_text(js, in, "why", hidden->why);
}

void out_json_failure(struct js *js, struct json_object *in, const struct mhp_failure *failure)
{
	const struct mhp_error *err = &failure->error;
	struct json_object *list;

	js_name(js, in, "target", failure->target);
	js_name(js, in, "section", failure->section);
	js_name(js, in, "step", failure->has_step ? mhp_step_type_name(failure->step) : "");
	js_text(js, in, "reason", mhp_reason_name(err->reason));
	js_name(js, in, "errno", err->errnum ? strerrorname_np(err->errnum) : "");
	js_name(js, in, "kernel_reason", failure->kernel_reason);
	js_text(js, in, "message", err->message);
	js_count(js, in, "elapsed_ms", failure->elapsed_ms);
	js_count(js, in, "pages_seen", failure->pages_seen);
	js_count(js, in, "pages_suppressed", failure->pages_suppressed);
	js_count(js, in, "records_lost", failure->records_lost);
	js_number(js, in, "migrate_failures", failure->migrate_failures);
	js_number(js, in, "node_pins", failure->node_pins);
	list = js_array(js, in, "pages");
	for (size_t i = 0; i < failure->nr_pages; i++)
		add_page(js, list, mhp_failure_page(failure, i));
	list = js_array(js, in, "owners");
	for (size_t i = 0; i < failure->nr_owners; i++)
		out_json_owner(js, list, mhp_failure_owner(failure, i));
	list = js_array(js, in, "hidden");
	for (size_t i = 0; i < failure->nr_hidden; i++)
		out_json_hidden(js, list, mhp_failure_hidden(failure, i));
	js_name(js, in, "hint", err->hint);
}

void out_json_failures(struct js *js, struct json_object *doc, const struct mhp_result *result)
{
	struct json_object *list = js_array(js, doc, "failures");

	for (size_t i = 0; i < result->nr_failures; i++) {
		out_json_failure(js, js_object(js, list, NULL), mhp_result_failure(result, i));
		js_pack(js, list);
	}
}
