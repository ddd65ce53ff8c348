/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/rows.h"
#include "lib/base/cleanup.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add(struct rows *rows, enum row_kind kind, struct row row)
{
	row.kind = kind;
	if (VEC_GROW(rows->at, rows->nr, rows->space) < 0)
		rows->failed = true;
	else
		rows->at[rows->nr++] = row;
}

static void add_devices(struct rows *rows)
{
	const struct mhp_topology *topo = rows->topo;
	struct row row = { .topo = topo };

	for (size_t i = 0; (row.region = mhp_topology_region(topo, i)); i++)
		add(rows, ROW_REGION, row);
	for (size_t i = 0; (row.ns = mhp_topology_namespace(topo, i)); i++)
		add(rows, ROW_NAMESPACE, row);
	for (size_t i = 0; (row.window = mhp_topology_cxl_window(topo, i)); i++)
		add(rows, ROW_CXL_WINDOW, row);
	for (size_t i = 0; (row.cxl_region = mhp_topology_cxl_region(topo, i)); i++)
		add(rows, ROW_CXL_REGION, row);
	for (size_t i = 0; (row.memdev = mhp_topology_cxl_memdev(topo, i)); i++)
		add(rows, ROW_CXL_MEMDEV, row);
	for (size_t i = 0; (row.dax_region = mhp_topology_dax_region(topo, i)); i++)
		add(rows, ROW_DAX_REGION, row);
	for (size_t i = 0; (row.dax = mhp_topology_dax(topo, i)); i++)
		add(rows, ROW_DAX, row);
}

static void add_blocks(struct rows *rows, bool each)
{
	struct row row = { .topo = rows->topo };
	size_t index = 0;

	while (run_next(rows->topo, &index, each, &row.run))
		add(rows, ROW_BLOCKS, row);
}

static void add_nodes(struct rows *rows)
{
	struct row row = { .topo = rows->topo };

	for (size_t i = 0; (row.node = mhp_topology_node(rows->topo, i)); i++)
		add(rows, ROW_NODE, row);
}

/* ---- order ------------------------------------------------------------------------------- */

/* The value of a row in the column of the order. */
struct sort_key {
	uint64_t number;
	char *text; /* NULL: the number counts */
	bool is_empty;
	bool is_reverse;
	size_t index; /* of the row: equal rows keep their order */
};

static int by_value(const struct sort_key *a, const struct sort_key *b)
{
	if (a->text && b->text)
		return strverscmp(a->text, b->text);
	if (a->text || b->text)
		return a->text ? 1 : -1;
	return (a->number > b->number) - (a->number < b->number);
}

static int by_key(const void *x, const void *y)
{
	const struct sort_key *a = x, *b = y;
	int order = a->is_empty || b->is_empty ? 0 : by_value(a, b);

	if (a->is_empty != b->is_empty)
		return a->is_empty ? 1 : -1;
	if (order)
		return a->is_reverse ? -order : order;
	return a->index < b->index ? -1 : 1;
}

static int set_key(const struct rows *rows, const struct out_columns *list, size_t index,
		   struct sort_key *key)
{
	struct value value = { 0 };

	list->sort->get(&rows->at[index], &value);
	*key = (struct sort_key){
		.number = value.number,
		.is_empty = value.kind == VALUE_NONE || value.kind == VALUE_UNKNOWN,
		.is_reverse = list->is_reverse,
		.index = index,
	};
	if (value.kind != VALUE_TEXT && value.kind != VALUE_WORD)
		return 0;
	key->text = strdup(value.text);
	return key->text ? 0 : -ENOMEM;
}

static void free_keys(struct sort_key *keys, size_t nr)
{
	for (size_t i = 0; keys && i < nr; i++)
		free(keys[i].text);
	free(keys);
}

static int sort_rows(struct rows *rows, const struct out_columns *list)
{
	struct sort_key *keys = calloc(rows->nr + 1, sizeof(*keys));
	struct row *sorted = calloc(rows->nr + 1, sizeof(*sorted));
	int rc = keys && sorted ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < rows->nr; i++)
		rc = set_key(rows, list, i, &keys[i]);
	if (rc == 0) {
		qsort(keys, rows->nr, sizeof(*keys), by_key);
		for (size_t i = 0; i < rows->nr; i++)
			sorted[i] = rows->at[keys[i].index];
		free(rows->at);
		rows->at = TAKE_PTR(sorted);
		rows->space = rows->nr + 1;
	}
	free(sorted);
	free_keys(keys, rows->nr);
	return rc;
}

/* ---- the rows ---------------------------------------------------------------------------- */

int rows_collect(struct rows *rows, const struct mhp_topology *topo, const struct out_view *view)
{
	*rows = (struct rows){ .topo = topo };
	if (view->sections & OUT_SECTION_DEVICES)
		add_devices(rows);
	if (view->sections & OUT_SECTION_BLOCKS)
		add_blocks(rows, view->each_block);
	if (view->sections & OUT_SECTION_NODES)
		add_nodes(rows);
	if (rows->failed)
		return -ENOMEM;
	return view->columns->sort ? sort_rows(rows, view->columns) : 0;
}

void rows_free(struct rows *rows)
{
	free(rows->at);
	*rows = (struct rows){ 0 };
}
