/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers of the parts of a list for people. */
#pragma once

#include "cmd/out/out.h"
#include "cmd/out/text/table.h"

#include <stdio.h>

struct text_list {
	FILE *f;
	const struct mhp_topology *topo;
	const struct out_view *view;
	bool color;
	bool is_utf8;
	bool has_text; /* a section needs an empty line before it */
	bool failed;
};

void text_list_devices(struct text_list *l);
void text_list_rows(struct text_list *l); /* with view->columns */

/* Fill a cell with a size, a node, or a word of JSON (shown with a hyphen) and more text. */
void text_list_size(const struct text_list *l, struct table *t, size_t column, uint64_t bytes);
void text_list_node(struct table *t, size_t column, int node);
void text_list_word(struct table *t, size_t column, const char *word, const char *more);

/* Starts a section, after an empty line if needed. */
void text_list_section(struct text_list *l);

/* Prints a section, unless it is empty. */
void text_list_table(struct text_list *l, struct table *t);
