/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a command without a plan, and of a failure. */
#include "cmd/out/json/json.h"
#include "cmd/out/json/read.h"
#include "lib/base/clock.h"

void out_json_document(struct out *out, enum mhp_status status, int exit_code, out_json_body *body,
		       const void *data, const struct mhp_error *err)
{
	const struct mhp_result done = {
		.status = status,
		.exit_code = exit_code,
		.has_changes = out->changed,
		.elapsed_ms = clock_msec() - out->call.start_ms,
	};
	struct js js = { 0 };
	cleanup_document struct json_object *doc =
		out_json_begin(&js, out->call.is_lines ? "result" : NULL);

	out_json_status(&js, doc, &out->call, &done);
	body(&js, doc, data);
	js_array(&js, doc, "targets");
	if (!json_object_object_get_ex(doc, "failures", NULL)) /* else the body has its own */
		out_json_error(&js, doc, &out->call, err);
	out_json_print(out, &js, doc);
}

void out_json_failed(struct out *out, out_json_body *body, const void *none,
		     const struct mhp_error *err)
{
	out_json_document(out, out_json_status_of(err), mhp_reason_exit_code(err->reason), body,
			  none, err);
}

void out_json_version(struct out *out)
{
	struct js js = { 0 };
	cleanup_document struct json_object *doc = out_json_begin(&js, "version");

	js_time(&js, doc, "time", clock_real_usec());
	js_text(&js, doc, "version", mhp_version());
	out_json_print_line(out, &js, doc);
}
