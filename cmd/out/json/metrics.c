/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics as a document. */
#include "cmd/metrics/metrics.h"
#include "cmd/out/json/json.h"

static void add_sample(struct js *js, struct json_object *list, const struct metric_sample *sample)
{
	const struct metric_family *family = metric_family(sample->metric);
	struct json_object *in = js_object(js, list, NULL), *labels = js_object(js, in, "labels");

	for (size_t i = 0; family->labels[i]; i++)
		js_text(js, labels, family->labels[i], sample->values[i]);
	if (family->divisor == 1)
		js_number(js, in, "value", sample->number);
	else
		js_put(js, in, "value",
		       json_object_new_double_s((double)sample->number / family->divisor,
						metric_value(sample).text));
}

static void add_family(struct js *js, struct json_object *list, const struct metrics *metrics,
		       enum metric metric)
{
	const struct metric_family *family = metric_family(metric);
	struct json_object *samples = NULL;

	for (size_t i = 0; i < metrics->nr; i++) {
		if (metrics->samples[i].metric != metric)
			continue;
		if (!samples) {
			struct json_object *in = js_object(js, list, NULL);

			js_text(js, in, "name", family->name);
			js_text(js, in, "type", family->type);
			js_text(js, in, "help", family->help);
			samples = js_array(js, in, "samples");
		}
		add_sample(js, samples, &metrics->samples[i]);
	}
}

void out_json_metrics_body(struct js *js, struct json_object *doc, const void *data)
{
	const struct out_metrics *report = data;
	struct json_object *list;

	js_name(js, doc, "file", report && report->file ? report->file : "");
	list = js_array(js, doc, "collectors");
	for (unsigned i = 0; report && i < NR_METRIC_COLLECTORS; i++) {
		const struct mhp_error *err = &report->metrics->error[i];
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "collector", metric_collector_name((enum metric_collector)i));
		js_name(js, in, "reason",
			err->reason == MHP_REASON_NONE ? "" : mhp_reason_name(err->reason));
		js_name(js, in, "message", err->message);
	}
	list = js_array(js, doc, "metrics");
	for (unsigned i = 0; report && i < NR_METRICS; i++)
		add_family(js, list, report->metrics, (enum metric)i);
}
