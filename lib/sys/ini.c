/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/ini.h"
#include "lib/base/error.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

#define BOM	 "\xef\xbb\xbf"
#define COMMENTS ";#" /* libinih's; within a line only " ;" begins one */
#define SPACES	 " \t\r\f\v"

struct ini {
	const char *at;
	unsigned line;
	char section[INI_SECTION_MAX];
	bool is_lost;  /* below a heading that cannot be read */
	bool is_asked; /* libinih has a line that has to come back as a key */
	ini_fn fn;
	void *data;
	int rc;
};

static void tell(struct ini *ini, const char *key, const char *value, const char *wrong)
{
	struct ini_item item = { ini->line, ini->section, key, value, wrong };

	if (ini->rc == 0 && (!ini->is_lost || wrong))
		ini->rc = ini->fn(ini->data, &item);
}

/* Only a comment may stand behind the bracket. */
static void take_heading(struct ini *ini, const char *text, size_t len)
{
	const char *end = memchr(text, ']', len);
	const char *behind = end ? end + 1 + strspn(end + 1, SPACES) : text;
	const char *wrong = NULL;

	if (!end)
		wrong = "the heading has no \"]\"";
	else if (behind < text + len && !strchr(COMMENTS, *behind))
		wrong = "something stands behind the \"]\" of the heading";
	else if ((size_t)(end - text) > sizeof(ini->section))
		wrong = "the heading is too long";
	ini->is_lost = wrong != NULL;
	if (!wrong)
		str_copy_to(ini->section, (size_t)(end - text), text + 1);
	tell(ini, NULL, NULL, wrong);
}

/*
 * What libinih reads in place of a file: lines that can only be KEY = VALUE, without the spaces
 * that would make them go on the one before. All others are empty.
 */
static char *next_line(char *buf, int size, void *stream)
{
	struct ini *ini = stream;
	size_t len;

	if (ini->is_asked)
		tell(ini, NULL, NULL, "this is neither KEY = VALUE nor a [SECTION]");
	ini->is_asked = false;
	if (!*ini->at || ini->rc < 0)
		return NULL;
	ini->line++;
	ini->at += strspn(ini->at, SPACES);
	len = strcspn(ini->at, "\n");
	strcpy(buf, "\n");
	if (*ini->at == '[') {
		take_heading(ini, ini->at, len);
	} else if (len + 2 > (size_t)size) {
		tell(ini, NULL, NULL, "the line is too long");
	} else if (len && !strchr(COMMENTS, *ini->at)) {
		str_copy_to(buf, len + 1, ini->at);
		ini->is_asked = true;
	}
	ini->at += len + (ini->at[len] == '\n');
	return buf;
}

static int on_key(void *data, const char *section, const char *key, const char *value)
{
	struct ini *ini = data;

	(void)section;
	ini->is_asked = false;
	tell(ini, key, value, *key ? NULL : "there is no key before the \"=\"");
	return 1;
}

int ini_read(const char *text, ini_fn fn, void *data)
{
	struct ini ini = { .at = text, .fn = fn, .data = data };

	if (strncmp(text, BOM, strlen(BOM)) == 0)
		ini.at += strlen(BOM);
	if (ini_parse_stream(next_line, &ini, on_key, &ini) == -2)
		return -ENOMEM;
	return ini.rc;
}
