/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 32

struct table_column {
	const char *title;
	bool is_right; /* aligned to the right */
};

#define TABLE_LEFT(t)        \
	{                    \
		.title = (t) \
	}
#define TABLE_RIGHT(t)                         \
	{                                      \
		.title = (t), .is_right = true \
	}

enum table_style {
	TABLE_PLAIN = 0,
	TABLE_GOOD,
	TABLE_ODD,
	TABLE_DIM,
};

struct table_cell;

/* Set columns, nr_columns and how to print it, leave the rest zero. */
struct table {
	const struct table_column *columns;
	size_t nr_columns;
	bool keep_empty; /* a column without text is printed, too */
	bool no_heading;
	struct table_cell *cells; /* row by row */
	size_t nr_cells;
	size_t space;
	bool failed; /* out of memory */
};

void table_add_row(struct table *table);

/* Fills a cell of the last row. The text must be safe for a terminal. */
void table_set(struct table *table, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void table_set_style(struct table *table, size_t column, enum table_style style);

/* Returns true if it has a row. */
static inline bool table_has_rows(const struct table *table)
{
	return table->nr_cells > 0;
}

/* Returns 0 or -ENOMEM. */
int table_print(const struct table *table, FILE *f, bool color);
void table_clear(struct table *table);

#define cleanup_table __attribute__((cleanup(table_clear)))
