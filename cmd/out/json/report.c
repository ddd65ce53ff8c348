/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report that was written, for programs. */
#include "cmd/out/json/json.h"
#include "lib/tool.h"

#include <string.h>

static void add_missing(struct js *js, struct json_object *list,
			const struct mhp_report_missing *missing)
{
	struct json_object *in = js_object(js, list, NULL);

	js_text(js, in, "what", missing->path);
	js_text(js, in, "why", strerrordesc_np(missing->errnum));
}

void out_json_report_body(struct js *js, struct json_object *doc, const void *data)
{
	const struct out_report *written = data;
	const struct mhp_report *report = written ? written->report : NULL;
	struct json_object *list;

	js_name(js, doc, "file", written ? written->file : "");
	js_number(js, doc, "size", report ? report->len : MHP_UNKNOWN);
	js_number(js, doc, "files", report ? report->nr_files : MHP_UNKNOWN);
	js_bool(js, doc, "names", written && written->with_names);
	js_bool(js, doc, "complete", report && !report->nr_left_out && !report->is_cut);
	list = js_array(js, doc, "hidden");
	for (size_t i = 0; report && i < report->nr_hidden; i++)
		add_missing(js, list, &report->hidden[i]);
	list = js_array(js, doc, "left_out");
	for (size_t i = 0; report && i < report->nr_left_out; i++)
		js_text(js, list, NULL, report->left_out[i].path);
}
