/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of doctor, for programs. */
#include "cmd/out/json/json.h"

void out_json_doctor(struct js *js, struct json_object *doc, const struct mhp_doctor_report *report)
{
	struct json_object *list = js_array(js, doc, "findings");

	for (size_t i = 0; report && i < report->nr_findings; i++) {
		const struct mhp_finding *finding = mhp_doctor_report_finding(report, i);
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "id", finding->id);
		js_text(js, in, "group", finding->group);
		js_text(js, in, "severity", mhp_severity_name(finding->severity));
		js_text(js, in, "found", finding->found);
		js_name(js, in, "where", finding->where);
		js_text(js, in, "why", finding->why);
		js_name(js, in, "fix", finding->fix);
	}
	list = js_array(js, doc, "hidden");
	for (size_t i = 0; report && i < report->nr_hidden; i++)
		out_json_hidden(js, list, mhp_doctor_report_hidden(report, i));
}
