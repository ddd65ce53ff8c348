/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of the tables for people. */
#include "cmd/out/text/list.h"
#include "cmd/out/text/text.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

const char *out_text_size(uint64_t bytes, bool plain, char *buf, size_t size)
{
	if (bytes == MHP_UNKNOWN)
		snprintf(buf, size, "-");
	else if (plain)
		snprintf(buf, size, "%" PRIu64, bytes);
	else
		format_size(bytes, buf, size);
	return buf;
}

void out_text_escaped(FILE *f, const char *before, const char *text, const char *after)
{
	char shown[4 * sizeof(((struct mhp_error *)NULL)->message)];

	fprintf(f, "%s%s%s", before, text_escape(text, shown, sizeof(shown)), after);
}

void out_text_bytes(FILE *f, const char *before, uint64_t bytes, const char *after)
{
	char buf[OUT_TEXT_SIZE_MAX];

	fprintf(f, "%s%s%s", before, out_text_size(bytes, false, buf, sizeof(buf)), after);
}

const char *out_text_nodes(const struct mhp_block *block, char *buf, size_t size)
{
	int nodes[16];
	unsigned nr = 0;

	if (block->node >= 0)
		nodes[nr++] = block->node;
	else
		for (; nr < block->nr_nodes && nr < ARRAY_SIZE(nodes); nr++)
			nodes[nr] = mhp_block_node(block, nr);
	return format_numbers(nodes, nr, buf, size);
}

void text_list_size(const struct text_list *l, struct table *t, size_t column, uint64_t bytes)
{
	char buf[OUT_TEXT_SIZE_MAX];

	table_set(t, column, "%s", out_text_size(bytes, l->view->bytes, buf, sizeof(buf)));
}

void text_list_node(struct table *t, size_t column, int node)
{
	if (node >= 0)
		table_set(t, column, "%d", node);
}

/* Shows a word of JSON, such as system_ram, with a hyphen. */
void text_list_word(struct table *t, size_t column, const char *name, const char *more)
{
	char mode[32];

	snprintf(mode, sizeof(mode), "%s", name);
	for (char *p = mode; (p = strchr(p, '_'));)
		*p = '-';
	table_set(t, column, "%s%s", mode, more);
}

void text_list_section(struct text_list *l)
{
	if (l->has_text)
		fputc('\n', l->f);
	l->has_text = true;
}

void text_list_table(struct text_list *l, struct table *t)
{
	if (!table_has_rows(t) && !t->failed)
		return;
	text_list_section(l);
	if (table_print(t, l->f, l->color) < 0)
		l->failed = true;
}
