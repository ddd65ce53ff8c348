/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/ini.h"
#include "lib/base/error.h"

#include <stdbool.h>
#include <string.h>

#define BOM	 "\xef\xbb\xbf"
#define COMMENTS ";#"
#define SPACES	 " \t\r\f\v"

#define LINE_MAX_BYTES 199 /* including the NUL */

struct ini {
	unsigned line;
	char section[INI_SECTION_MAX];
	bool is_lost; /* below a heading that could not be parsed */
	ini_fn fn;
	void *data;
	int rc;
};

static void report_item(struct ini *ini, const char *key, const char *value, const char *wrong)
{
	struct ini_item item = { ini->line, ini->section, key, value, wrong };

	if (ini->rc == 0 && (!ini->is_lost || wrong))
		ini->rc = ini->fn(ini->data, &item);
}

/* Parses a heading. Only a comment may follow the bracket. */
static void parse_heading(struct ini *ini, const char *text, size_t len)
{
	const char *end = memchr(text, ']', len);
	const char *behind = end ? end + 1 + strspn(end + 1, SPACES) : text;
	const char *wrong = NULL;

	if (!end)
		wrong = "the heading has no \"]\"";
	else if (behind < text + len && !strchr(COMMENTS, *behind))
		wrong = "text follows the \"]\" of the heading";
	else if ((size_t)(end - text) > sizeof(ini->section))
		wrong = "the heading is too long";
	ini->is_lost = wrong != NULL;
	if (!wrong)
		str_copy_to(ini->section, (size_t)(end - text), text + 1);
	report_item(ini, NULL, NULL, wrong);
}

/* Cuts off spaces at the end, and a comment: within a line only " ;" starts one. */
static void trim_line(char *text)
{
	size_t len;

	for (char *at = text; (at = strchr(at, ';')); at++)
		if (at > text && strchr(SPACES, at[-1])) {
			*at = '\0';
			break;
		}
	for (len = strlen(text); len && strchr(SPACES, text[len - 1]); len--)
		;
	text[len] = '\0';
}

static void parse_key(struct ini *ini, const char *text, size_t len)
{
	char line[LINE_MAX_BYTES], *value;

	str_copy_to(line, len + 1, text);
	trim_line(line);
	value = strpbrk(line, "=:");
	if (!value) {
		report_item(ini, NULL, NULL, "this is neither KEY = VALUE nor a [SECTION]");
		return;
	}
	*value++ = '\0';
	trim_line(line);
	report_item(ini, line, value + strspn(value, SPACES),
		    *line ? NULL : "the key before the \"=\" is missing");
}

static void parse_line(struct ini *ini, const char *text, size_t len)
{
	if (*text == '[')
		parse_heading(ini, text, len);
	else if (len >= LINE_MAX_BYTES)
		report_item(ini, NULL, NULL, "the line is too long");
	else if (len && !strchr(COMMENTS, *text))
		parse_key(ini, text, len);
}

int ini_read(const char *text, ini_fn fn, void *data)
{
	struct ini ini = { .fn = fn, .data = data };
	size_t len;

	if (strncmp(text, BOM, strlen(BOM)) == 0)
		text += strlen(BOM);
	for (; *text && ini.rc == 0; text += len + (text[len] == '\n')) {
		ini.line++;
		text += strspn(text, SPACES);
		len = strcspn(text, "\n");
		parse_line(&ini, text, len);
	}
	return ini.rc;
}
