/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of rules and units: one that ends in a backslash goes on in the next. */
#pragma once

#include "lib/sys/root.h"

struct logical_line {
	char *text; /* without the newline */
	size_t size;
	unsigned nr; /* lines of the file that it takes */
	bool is_comment;
};

/*
 * Reads the next one: 1, 0 at the end, or -ENOMEM. comments: the letters that begin a comment,
 * which may stand within a line that goes on, and never goes on itself. joins: do lines go on?
 */
int logical_line_next(const struct root *sys, FILE *file, const char *comments, bool joins,
		      struct logical_line *line);

void logical_line_free(struct logical_line *line);
#define cleanup_logical_line __attribute__((cleanup(logical_line_free)))
