/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints a document. Without memory a shorter one is printed, made of constant text and of lines on
 * the stack: that the call failed, and whether something was changed.
 */
#include "cmd/out/json/json.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char reporting_keys[] =
	"\"reporting\":null,\"order\":null,\"max_order\":null,"
	"\"order_bytes\":null,\"delay_ms\":null,\"delay_settable\":false,"
	"\"new_memory\":\"unknown\",\"free_bytes\":null,\"large_bytes\":null,"
	"\"reportable_bytes\":null,\"eta_ms\":null,\"balloons\":[],\"zones\":[],"
	"\"keep\":{\"boot_parameters\":[],\"tmpfiles\":[]},\"hidden\":[],"
	"\"dry_run\":false,\"change\":null,\"wait\":null,\"events\":[],"
	"\"warnings\":[]";

/* Returns the further keys of each kind of document, without values. */
static const char *keys_of(const struct out_call *call)
{
	static const char *const keys[] = {
		[OUT_DOCUMENT_RESULT] = "\"dry_run\":false,\"warnings\":[],\"hooks\":[]",
		[OUT_DOCUMENT_LIST] =
			"\"memory\":{\"page_size\":null,\"block_size\":null,\"online_bytes\":null,"
			"\"offline_bytes\":null,\"auto_online_blocks\":null,\"online_policy\":null,"
			"\"memmap_on_memory\":null,\"vmemmap_dedup\":null,"
			"\"memmap_pages_per_second\":null,\"onliners\":[]},\"nodes\":[],\"regions\":[],\"namespaces\":[],"
			"\"dax_devices\":[],\"dax_regions\":[],\"cxl_memdevs\":[],\"cxl_windows\":[],"
			"\"cxl_regions\":[],\"blocks\":[],\"hidden\":[],\"warnings\":[]",
		[OUT_DOCUMENT_CHECK] =
			"\"pin\":null,\"blocks\":[],\"destinations\":[],\"processes\":0,\"hidden\":[],"
			"\"warnings\":[]",
		[OUT_DOCUMENT_POLICY] =
			"\"action\":null,\"files\":[],\"sections\":[],\"problems\":[],\"reporting\":null",
		[OUT_DOCUMENT_PLAN] = ("\"dry_run\":false,\"warnings\":[],\"hooks\":[],"
				       "\"sections\":[]"),
		[OUT_DOCUMENT_JOBS] = "\"jobs\":[]",
		[OUT_DOCUMENT_MONITOR] =
			"\"dry_run\":false,\"warnings\":[],\"end\":null,\"events\":[]",
		[OUT_DOCUMENT_RECOVER] = ("\"dry_run\":false,\"settings\":0,"
					  "\"interrupted_runs\":[],\"warnings\":[]"),
		[OUT_DOCUMENT_REPORTING] = reporting_keys,
		[OUT_DOCUMENT_REPORT] =
			"\"file\":null,\"size\":null,\"files\":null,\"names\":false,"
			"\"complete\":false,\"hidden\":[],\"left_out\":[]",
		[OUT_DOCUMENT_METRICS] = "\"file\":null,\"collectors\":[],\"metrics\":[]",
		[OUT_DOCUMENT_DOCTOR] = "\"findings\":[],\"hidden\":[]",
	};

	if (call->dry_run && !call->is_lines && call->document != OUT_DOCUMENT_RECOVER)
		return "\"dry_run\":true,\"steps\":[],\"cost\":null,\"alternatives\":[],"
		       "\"consents\":[],\"losses\":[],\"hidden\":[],\"warnings\":[],"
		       "\"hooks\":[],\"sections\":[]";
	return keys[call->document];
}

static bool has_event(const struct out_call *call)
{
	if (call->document == OUT_DOCUMENT_RECOVER)
		return call->is_lines;
	return call->is_lines || call->dry_run || call->document == OUT_DOCUMENT_RESULT ||
	       call->document == OUT_DOCUMENT_PLAN || call->document == OUT_DOCUMENT_MONITOR;
}

/* Writes an untrusted name, with "?" for each character that JSON would escape. */
static void write_name(struct out *out, const char *name)
{
	char shown[2] = "";

	for (; *name; name++) {
		shown[0] = *name;
		if (*name < ' ' || *name > '~' || *name == '"' || *name == '\\')
			*shown = '?';
		out_write(out, shown);
	}
}

static void write_target(struct out *out, const struct mhp_target_result *target, bool is_first)
{
	char line[160];

	out_write(out, is_first ? "{\"target\":\"" : ",{\"target\":\"");
	write_name(out, target->target);
	str_format(line,
		   "\",\"status\":\"%s\",\"changed\":%s,\"blocks_done\":%" PRIu64
		   ",\"blocks_total\":%" PRIu64 "}",
		   mhp_status_name(target->status), target->has_changes ? "true" : "false",
		   target->blocks_done == MHP_UNKNOWN ? 0 : target->blocks_done,
		   target->blocks_total == MHP_UNKNOWN ? 0 : target->blocks_total);
	out_write(out, line);
}

static const char failure[] =
	"{\"target\":null,\"section\":null,\"step\":null,\"reason\":\"out_of_memory\",\"errno\":\"ENOMEM\",\"kernel_reason\":null,\"message\":\"out "
	"of memory: the report is "
	"incomplete\",\"elapsed_ms\":0,\"pages_seen\":0,\"pages_suppressed\":0,\"pages\":[],\"owners\":[],\"hint\":null}";

void out_json_short(struct out *out, const struct mhp_result *result)
{
	const struct out_call *call = &out->call;
	enum mhp_status status = result ? result->status : MHP_STATUS_OK;
	bool is_plan = call->dry_run && !call->is_lines;
	char line[256];

	out_write(out, "{\"schema\":\"mhpctl/1\",");
	if (has_event(call))
		out_write(out, is_plan ? "\"event\":\"plan\"," : "\"event\":\"result\",");
	str_format(line,
		   "\"command\":%s%s%s,\"status\":\"%s\",\"exit_code\":%d,\"changed\":%s,"
		   "\"elapsed_ms\":%" PRIu64 ",",
		   call->command ? "\"" : "", call->command ? call->command : "null",
		   call->command ? "\"" : "",
		   mhp_status_name(status == MHP_STATUS_OK ? MHP_STATUS_FAILED : status),
		   MHP_EXIT_FAILED, out->changed ? "true" : "false", clock_msec() - call->start_ms);
	out_write(out, line);
	out_write(out, keys_of(call));
	out_write(out, ",\"targets\":[");
	for (size_t i = 0; result && i < result->nr_targets; i++)
		write_target(out, mhp_result_target(result, i), i == 0);
	out_write(out, "],\"failures\":[");
	out_write(out, failure);
	out_write(out, "]}\n");
}

/* ---- documents --------------------------------------------------------------------------- */

bool out_json_try(struct out *out, const struct js *js, struct json_object *doc)
{
	cleanup_free char *text = doc ? js_print(js, doc, !out->call.is_lines) : NULL;

	if (text)
		out_write(out, text);
	return text;
}

void out_json_print_line(struct out *out, const struct js *js, struct json_object *doc)
{
	if (!out_json_try(out, js, doc))
		out_lost(out, ENOMEM);
}

void out_json_print(struct out *out, const struct js *js, struct json_object *doc)
{
	if (out_json_try(out, js, doc))
		return;
	out_lost(out, ENOMEM);
	out_json_short(out, NULL);
}

void out_json_print_plan(struct out *out, const struct js *js, struct json_object *doc)
{
	if (out->call.is_lines)
		out_json_print_line(out, js, doc);
	else
		out_json_print(out, js, doc);
}
