/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free page reporting, for programs. */
#include "cmd/out/json/json.h"
#include "cmd/out/reporting.h"
#include "lib/base/clock.h"

static void put_balloon(struct js *js, struct json_object *in, const struct mhp_balloon *balloon)
{
	const char *cause = mhp_reporting_cause_name(balloon->cause);

	js_text(js, in, "balloon", balloon->name);
	js_text(js, in, "kind", mhp_balloon_kind_name(balloon->kind));
	js_name(js, in, "driver", balloon->driver);
	js_answer(js, in, "reporting", balloon->reporting);
	js_name(js, in, "cause", cause ? cause : "");
	js_answer(js, in, "futile", balloon->is_futile);
	js_name(js, in, "why", balloon->why);
}

static void put_zone(struct js *js, struct json_object *in, const struct mhp_reporting_zone *zone)
{
	js_int(js, in, "node", zone->node);
	js_text(js, in, "zone", zone->zone);
	js_number(js, in, "free_bytes", zone->free_bytes);
	js_number(js, in, "large_bytes", zone->large_bytes);
	js_number(js, in, "isolated_bytes", zone->isolated_bytes);
	js_number(js, in, "reportable_bytes", zone->reportable_bytes);
	js_answer(js, in, "low", zone->is_low);
}

static void put_keep(struct js *js, struct json_object *doc, const struct mhp_reporting *reporting)
{
	struct json_object *in = js_object(js, doc, "keep");
	struct json_object *boot = js_array(js, in, "boot_parameters");
	struct json_object *tmpfiles = js_array(js, in, "tmpfiles");
	struct out_keep keep[2] = { 0 };

	if (reporting && reporting->has_order)
		out_keep_order(reporting->order, &keep[0]);
	if (reporting && reporting->has_delay)
		out_keep_delay(reporting->delay_ms, &keep[1]);
	for (int i = 0; i < 2; i++) {
		if (*keep[i].boot)
			js_text(js, boot, NULL, keep[i].boot);
		if (*keep[i].tmpfiles)
			js_text(js, tmpfiles, NULL, keep[i].tmpfiles);
	}
}

static uint64_t order_bytes(const struct mhp_reporting *reporting)
{
	return reporting->order < 64 ? reporting->page_size << reporting->order : MHP_UNKNOWN;
}

/* Puts the state; reporting NULL: the same keys without values. */
static void put_state(struct js *js, struct json_object *doc, const struct mhp_reporting *reporting)
{
	static const struct mhp_reporting none = {
		.order = MHP_UNKNOWN,
		.max_order = MHP_UNKNOWN,
		.delay_ms = MHP_UNKNOWN,
		.free_bytes = MHP_UNKNOWN,
		.large_bytes = MHP_UNKNOWN,
		.reportable_bytes = MHP_UNKNOWN,
		.eta_ms = MHP_UNKNOWN,
	};
	const struct mhp_reporting *from = reporting ? reporting : &none;
	struct json_object *list;

	js_answer(js, doc, "reporting", from->is_active);
	js_number(js, doc, "order", from->order);
	js_number(js, doc, "max_order", from->max_order);
	js_number(js, doc, "order_bytes", order_bytes(from));
	js_number(js, doc, "delay_ms", from->delay_ms);
	js_bool(js, doc, "delay_settable", from->has_delay);
	js_text(js, doc, "new_memory", mhp_new_memory_name(from->new_memory));
	js_number(js, doc, "free_bytes", from->free_bytes);
	js_number(js, doc, "large_bytes", from->large_bytes);
	js_number(js, doc, "reportable_bytes", from->reportable_bytes);
	js_number(js, doc, "eta_ms", from->eta_ms);
	list = js_array(js, doc, "balloons");
	for (size_t i = 0; i < from->nr_balloons; i++)
		put_balloon(js, js_object(js, list, NULL), mhp_reporting_balloon(from, i));
	list = js_array(js, doc, "zones");
	for (size_t i = 0; i < from->nr_zones; i++)
		put_zone(js, js_object(js, list, NULL), mhp_reporting_zone(from, i));
	put_keep(js, doc, reporting);
	list = js_array(js, doc, "hidden");
	for (size_t i = 0; i < from->nr_hidden; i++)
		out_json_hidden(js, list, mhp_reporting_hidden(from, i));
}

static void put_change(struct js *js, struct json_object *doc, const struct out_reporting *report)
{
	struct json_object *in;

	if (!report->is_set) {
		js_null(js, doc, "change");
		return;
	}
	in = js_object(js, doc, "change");
	js_number(js, in, "order", report->order);
	js_number(js, in, "old_order", report->change.old_order);
	js_number(js, in, "delay_ms", report->delay_ms);
	js_number(js, in, "old_delay_ms", report->change.old_delay_ms);
	js_bool(js, in, "temporary", report->change.is_temporary);
}

static void put_wait(struct js *js, struct json_object *doc, const struct out_reporting *report)
{
	struct json_object *in;

	if (!report->has_waited) {
		js_null(js, doc, "wait");
		return;
	}
	in = js_object(js, doc, "wait");
	js_count(js, in, "waited_ms", report->wait.waited_ms);
	js_count(js, in, "eta_ms", report->wait.eta_ms);
	js_number(js, in, "reportable_bytes", report->wait.reportable_bytes);
	js_number(js, in, "skipped_bytes", report->wait.skipped_bytes);
}

void out_json_reporting(struct js *js, struct json_object *doc, const void *data)
{
	const struct out_reported *reported = data;
	const struct out_reporting *report = reported->report;

	put_state(js, doc, report->reporting);
	js_bool(js, doc, "dry_run", report->dry_run);
	put_change(js, doc, report);
	put_wait(js, doc, report);
	js_put(js, doc, "events", json_object_get(reported->events));
	js_array(js, doc, "warnings");
}

struct json_object *out_json_reporting_event(struct js *js, const struct out_call *call,
					     const struct mhp_reporting *reporting)
{
	struct json_object *doc = out_json_begin(js, "reporting");

	js_time(js, doc, "time", clock_real_usec());
	js_count(js, doc, "elapsed_ms", clock_msec() - call->start_ms);
	put_state(js, doc, reporting);
	return doc;
}
