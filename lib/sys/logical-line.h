/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads lines of rules and units: a line that ends in a backslash continues in the next. */
#pragma once

#include "lib/sys/root.h"

struct logical_line {
	char *text; /* without newlines */
	size_t size;
	unsigned nr; /* lines of the file that it spans */
	bool is_comment;
};

/*
 * Reads the next logical line. Returns 1, 0 at the end, or -ENOMEM. comments: characters that start
 * a comment. A comment may interrupt a continued line, and is never continued itself. joins:
 * whether a backslash continues a line.
 */
int logical_line_next(const struct root *sys, FILE *file, const char *comments, bool joins,
		      struct logical_line *line);

void logical_line_free(struct logical_line *line);
#define cleanup_logical_line __attribute__((cleanup(logical_line_free)))
