/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/text/table.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SGR_BOLD "\033[1m"
#define SGR_END	 "\033[0m"

struct cell {
	char *text; /* NULL: empty */
	enum table_style style;
};

struct table_row {
	struct cell cells[TABLE_COLUMNS_MAX];
};

void table_add_row(struct table *table)
{
	if (VEC_GROW(table->rows, table->nr_rows, table->space) < 0) {
		table->failed = true;
		return;
	}
	table->rows[table->nr_rows++] = (struct table_row){ 0 };
}

static struct cell *last_row_cell(struct table *table, size_t column)
{
	if (!table->nr_rows || table->failed)
		return NULL;
	return &table->rows[table->nr_rows - 1].cells[column];
}

void table_set(struct table *table, size_t column, const char *fmt, ...)
{
	struct cell *cell = last_row_cell(table, column);
	va_list ap;

	if (!cell)
		return;
	free(cell->text);
	va_start(ap, fmt);
	if (vasprintf(&cell->text, fmt, ap) < 0) {
		cell->text = NULL;
		table->failed = true;
	}
	va_end(ap);
}

void table_set_style(struct table *table, size_t column, enum table_style style)
{
	struct cell *cell = last_row_cell(table, column);

	if (cell)
		cell->style = style;
}

/* Counts columns on a terminal: all bytes except continuations of UTF-8 characters. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = 0; i < table->nr_rows; i++) {
		const char *text = table->rows[i].cells[column].text;
		size_t width = text ? width_of(text) : 0;

		widest = width > widest ? width : widest;
	}
	if (widest && width_of(table->columns[column].title) > widest)
		widest = width_of(table->columns[column].title);
	return widest; /* 0: empty */
}

static const char *sgr_of(enum table_style style)
{
	static const char *const sgr[] = {
		[TABLE_PLAIN] = "",
		[TABLE_GOOD] = "\033[32m",
		[TABLE_ODD] = "\033[33m",
		[TABLE_DIM] = "\033[2m",
	};

	return sgr[style];
}

/* Prints a cell; *owed counts spaces to print if text follows. */
static void print_cell(FILE *f, const char *text, const char *sgr, size_t width, bool is_right,
		       size_t *owed)
{
	size_t fill = width - width_of(text);

	if (is_right || !*text)
		*owed += fill;
	if (*text) {
		fprintf(f, "%*s%s%s%s", (int)*owed, "", sgr, text, *sgr ? SGR_END : "");
		*owed = is_right ? 0 : fill;
	}
	*owed += 2; /* the gap between columns */
}

static void print_row(const struct table *table, FILE *f, const size_t *widths,
		      const struct table_row *row, bool color)
{
	size_t owed = 0;

	for (size_t c = 0; c < table->nr_columns; c++) {
		const struct cell *cell = row ? &row->cells[c] : NULL;
		const char *text = cell ? cell->text : table->columns[c].title;
		const char *sgr = cell ? sgr_of(cell->style) : SGR_BOLD;

		if (widths[c])
			print_cell(f, text ? text : "", color ? sgr : "", widths[c],
				   table->columns[c].is_right, &owed);
	}
	fputc('\n', f);
}

int table_print(const struct table *table, FILE *f, bool color)
{
	size_t widths[TABLE_COLUMNS_MAX];

	for (size_t c = 0; c < table->nr_columns; c++)
		widths[c] = column_width(table, c);
	print_row(table, f, widths, NULL, color);
	for (size_t i = 0; i < table->nr_rows; i++)
		print_row(table, f, widths, &table->rows[i], color);
	return table->failed ? -ENOMEM : 0;
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->nr_rows; i++)
		for (size_t c = 0; c < table->nr_columns; c++)
			free(table->rows[i].cells[c].text);
	free(table->rows);
	*table = (struct table){ .columns = table->columns, .nr_columns = table->nr_columns };
}
