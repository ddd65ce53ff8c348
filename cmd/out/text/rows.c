/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list as one table, with the columns of the user. */
#include "cmd/out/rows.h"
#include "cmd/out/text/list.h"
#include "cmd/out/text/text.h"
#include "lib/base/parse.h"

#include <inttypes.h>

static void set_value(const struct text_list *l, struct table *t, size_t column,
		      const struct value *value)
{
	char shown[4 * VALUE_TEXT_MAX];

	switch (value->kind) {
	case VALUE_NONE:
		return;
	case VALUE_UNKNOWN:
		return table_set(t, column, "-");
	case VALUE_TEXT:
		return table_set(t, column, "%s", text_escape(value->text, shown, sizeof(shown)));
	case VALUE_WORD:
		return text_list_word(t, column, value->text, "");
	case VALUE_BYTES:
		return text_list_size(l, t, column, value->number);
	case VALUE_NUMBER:
		return table_set(t, column, "%" PRIu64, value->number);
	case VALUE_HEX:
		return table_set(t, column, "0x%" PRIx64, value->number);
	}
}

_Static_assert(OUT_COLUMNS_MAX <= TABLE_COLUMNS_MAX, "all columns fit a table");

void text_list_rows(struct text_list *l)
{
	const struct out_columns *list = l->view->columns;
	struct table_column titles[OUT_COLUMNS_MAX] = { 0 };
	cleanup_table struct table t = { .columns = titles,
					 .nr_columns = list->nr,
					 .keep_empty = true,
					 .no_heading = list->no_heading };
	cleanup_rows struct rows rows = { 0 };

	if (rows_collect(&rows, l->topo, l->view) < 0)
		l->failed = true;
	for (size_t c = 0; c < list->nr; c++)
		titles[c] = (struct table_column){ list->at[c]->title, list->at[c]->is_right };
	for (size_t i = 0; i < rows.nr; i++) {
		table_add_row(&t);
		for (size_t c = 0; c < list->nr; c++) {
			struct value value = { 0 };

			list->at[c]->get(&rows.at[i], &value);
			set_value(l, &t, c, &value);
		}
	}
	if (table_print(&t, l->f, l->color) < 0)
		l->failed = true;
}
