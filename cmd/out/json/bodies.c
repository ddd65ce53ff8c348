/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bodies of documents, as one type of function. */
#include "cmd/out/json/json.h"

void out_json_list_body(struct js *js, struct json_object *doc, const void *data)
{
	const struct out_json_reading *list = data;

	out_json_list(js, doc, list->topo, list->view && list->view->each_block);
	if (list->view && list->view->columns)
		out_json_rows(js, doc, list->topo, list->view);
	js_put(js, doc, "warnings", json_object_get(list->warnings));
}

void out_json_check_body(struct js *js, struct json_object *doc, const void *data)
{
	const struct out_json_reading *checked = data;

	if (checked->pin)
		out_json_pin(js, doc, checked->pin);
	else
		out_json_check(js, doc, checked->check);
	js_put(js, doc, "warnings", json_object_get(checked->warnings));
}

void out_json_policy_body(struct js *js, struct json_object *doc, const void *data)
{
	out_json_policy(js, doc, data);
}

void out_json_doctor_body(struct js *js, struct json_object *doc, const void *data)
{
	out_json_doctor(js, doc, data);
}

void out_json_recovery_body(struct js *js, struct json_object *doc, const void *data)
{
	out_json_recovery(js, doc, data);
}
