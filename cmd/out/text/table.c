/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/text/table.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SGR_BOLD "\033[1m"
#define SGR_END	 "\033[0m"

struct table_cell {
	char *text; /* NULL: empty */
	enum table_style style;
};

void table_add_row(struct table *table)
{
	for (size_t c = 0; c < table->nr_columns && !table->failed; c++) {
		if (VEC_GROW(table->cells, table->nr_cells, table->space) < 0)
			table->failed = true; /* a row in part is not printed */
		else
			table->cells[table->nr_cells++] = (struct table_cell){ 0 };
	}
}

/* Returns NULL without a row. */
static struct table_cell *last_row_cell(struct table *table, size_t column)
{
	if (!table->nr_cells || table->failed)
		return NULL;
	return &table->cells[table->nr_cells - table->nr_columns + column];
}

void table_set(struct table *table, size_t column, const char *fmt, ...)
{
	struct table_cell *cell = last_row_cell(table, column);
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
	struct table_cell *cell = last_row_cell(table, column);

	if (cell)
		cell->style = style;
}

/* Counts the columns of a terminal, where some characters take two, and some none. */
static size_t width_of(const char *text)
{
	mbstate_t state = { 0 };
	size_t width = 0, len;
	wchar_t character;

	for (; *text; text += len) {
		int columns;

		len = mbrtowc(&character, text, MB_CUR_MAX, &state);
		if (len == (size_t)-1 || len == (size_t)-2) { /* not in this locale: its bytes */
			state = (mbstate_t){ 0 };
			len = 1;
			width += ((unsigned char)*text & 0xc0) != 0x80;
			continue;
		}
		columns = wcwidth(character);
		width += columns > 0 ? (size_t)columns : 0;
	}
	return width;
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = 0, title = width_of(table->columns[column].title);

	for (size_t i = column; i < table->nr_cells; i += table->nr_columns) {
		const char *text = table->cells[i].text;
		size_t width = text ? width_of(text) : 0;

		widest = width > widest ? width : widest;
	}
	if (!table->no_heading && title > widest && (widest || table->keep_empty))
		widest = title;
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

/* Prints a row of cells, or (NULL) the heading. */
static void print_row(const struct table *table, FILE *f, const size_t *widths,
		      const struct table_cell *cells, bool color)
{
	size_t owed = 0;

	for (size_t c = 0; c < table->nr_columns; c++) {
		const struct table_cell *cell = cells ? &cells[c] : NULL;
		const char *text = cell ? cell->text : table->columns[c].title;
		const char *sgr = cell ? sgr_of(cell->style) : SGR_BOLD;

		if (widths[c] || table->keep_empty)
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
	if (!table->no_heading)
		print_row(table, f, widths, NULL, color);
	for (size_t i = 0; !table->failed && i < table->nr_cells; i += table->nr_columns)
		print_row(table, f, widths, &table->cells[i], color);
	return table->failed ? -ENOMEM : 0;
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->nr_cells; i++)
		free(table->cells[i].text);
	free(table->cells);
	table->cells = NULL;
	table->nr_cells = table->space = 0;
	table->failed = false;
}
