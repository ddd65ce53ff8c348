/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of a list as rows of one table, with columns that the user chooses. */
#pragma once

#include "cmd/out/out.h"
#include "cmd/runs.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum row_kind {
	ROW_REGION,
	ROW_NAMESPACE,
	ROW_DAX_REGION,
	ROW_DAX,
	ROW_CXL_WINDOW,
	ROW_CXL_REGION,
	ROW_CXL_MEMDEV,
	ROW_BLOCKS,
	ROW_NODE,
};

/* One object; borrowed from the topology. */
struct row {
	const struct mhp_topology *topo;
	enum row_kind kind;
	union {
		const struct mhp_region *region;
		const struct mhp_namespace *ns;
		const struct mhp_dax_region *dax_region;
		const struct mhp_dax *dax;
		const struct mhp_cxl_window *window;
		const struct mhp_cxl_region *cxl_region;
		const struct mhp_cxl_memdev *memdev;
		const struct mhp_node *node;
		struct run run;
	};
};

struct rows {
	const struct mhp_topology *topo;
	struct row *at;
	size_t nr;
	size_t space;
	bool failed; /* out of memory */
};

enum value_kind {
	VALUE_NONE = 0, /* the object has no such property */
	VALUE_UNKNOWN,	/* it has, and it cannot be read */
	VALUE_TEXT,	/* may be untrusted */
	VALUE_WORD,	/* of the program: JSON has underscores, text hyphens */
	VALUE_BYTES,
	VALUE_NUMBER,
	VALUE_HEX,
};

#define VALUE_TEXT_MAX 320

/* The value of a column in a row. */
struct value {
	enum value_kind kind;
	uint64_t number; /* of the last three kinds */
	char text[VALUE_TEXT_MAX];
};

/* A column: the table of these is what parsing, help, completion, text and JSON read. */
struct list_column {
	const char *title; /* of text, in capitals */
	const char *key;   /* of JSON */
	const char *help;
	bool is_right;						 /* aligned to the right */
	void (*get)(const struct row *row, struct value *value); /* of VALUE_NONE */
};

/* All columns, in the order of the help; ends with a title of NULL. */
extern const struct list_column list_columns[];

/*
 * Parses names separated by commas, in capitals or not; after "+" they follow the default columns,
 * and NULL is these. Each can be named once. Returns 0 or -EINVAL with *err.
 */
int columns_parse(const char *text, struct out_columns *list, struct mhp_error *err);

/* Parses one name, after "-" for the reverse order. Returns 0 or -EINVAL with *err. */
int columns_parse_sort(const char *text, struct out_columns *list, struct mhp_error *err);

/*
 * Collects the rows of a view in the order of a list or, with view->columns->sort, by a column:
 * numbers by size, texts with the numbers in them by value, rows without a value last.
 * Returns 0 or -ENOMEM; free with rows_free() in any case.
 */
int rows_collect(struct rows *rows, const struct mhp_topology *topo, const struct out_view *view);
void rows_free(struct rows *rows);

#define cleanup_rows __attribute__((cleanup(rows_free)))
