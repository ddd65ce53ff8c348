/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of a list as one table, with the columns of the user. */
#include "cmd/out/rows.h"
#include "cmd/out/json/json.h"

#include <inttypes.h>

static void add_value(struct js *js, struct json_object *in, const char *key,
		      const struct value *value)
{
	switch (value->kind) {
	case VALUE_NONE:
	case VALUE_UNKNOWN:
		return js_null(js, in, key);
	case VALUE_TEXT:
	case VALUE_WORD:
		return js_text(js, in, key, value->text);
	case VALUE_BYTES:
	case VALUE_NUMBER:
		return js_number(js, in, key, value->number);
	case VALUE_HEX:
		return js_hex(js, in, key, value->number);
	}
}

void out_json_rows(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		   const struct out_view *view)
{
	struct json_object *array = js_array(js, doc, "rows");
	const struct out_columns *list = view->columns;
	cleanup_rows struct rows rows = { 0 };

	if (rows_collect(&rows, topo, view) < 0)
		js->failed = true;
	for (size_t i = 0; i < rows.nr; i++) {
		struct json_object *in = js_object(js, array, NULL);

		for (size_t c = 0; c < list->nr; c++) {
			struct value value = { 0 };

			list->at[c]->get(&rows.at[i], &value);
			add_value(js, in, list->at[c]->key, &value);
		}
		js_pack(js, array);
	}
}
