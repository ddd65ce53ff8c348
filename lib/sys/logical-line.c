/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/logical-line.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPACES " \t\r\f\v"

static bool is_comment(const char *text, const char *letters)
{
	text += strspn(text, SPACES);
	return *text && strchr(letters, *text);
}

/* Cuts off the newline and the backslash. Returns whether there was a backslash. */
static bool cut_continuation(char *text, bool joins)
{
	size_t len = strcspn(text, "\n");

	text[len] = '\0';
	if (!joins || !len || text[len - 1] != '\\')
		return false;
	text[len - 1] = '\0';
	return true;
}

static int append_text(struct logical_line *line, const char *more)
{
	size_t len = strlen(line->text), size = len + strlen(more) + 1;

	if (line->size < size) {
		char *grown = realloc(line->text, size);

		if (!grown)
			return -ENOMEM;
		line->text = grown;
		line->size = size;
	}
	strcpy(line->text + len, more);
	return 0;
}

int logical_line_next(const struct root *sys, FILE *file, const char *comments, bool joins,
		      struct logical_line *line)
{
	cleanup_free char *more = NULL;
	size_t size = 0;
	bool on;

	if (root_getline(sys, &line->text, &line->size, file) <= 0)
		return 0;
	line->nr = 1;
	line->is_comment = is_comment(line->text, comments);
	on = cut_continuation(line->text, joins && !line->is_comment);
	while (on && root_getline(sys, &more, &size, file) > 0) {
		line->nr++;
		if (is_comment(more, comments))
			continue;
		on = cut_continuation(more, joins);
		if (append_text(line, more) < 0)
			return -ENOMEM;
	}
	return 1;
}

void logical_line_free(struct logical_line *line)
{
	free(line->text);
	*line = (struct logical_line){ 0 };
}
