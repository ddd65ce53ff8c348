/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces strings in JSON: of documents, and of the events of jobs. */
#include "lib/base/cleanup.h"
#include "lib/sys/report/report.h"

#include <errno.h>
#include <string.h>

#define LEFT_OUT "left out"

/* Keys whose strings come from outside. Words: they are found in other texts too. */
static const struct {
	const char *key;
	bool is_word;
} keys[] = {
	{ "\"comm\":", true },	   { "\"cgroup\":", true },   { "\"detail\":", false },
	{ "\"output\":", false },  { "\"process\":", true },  { "\"hook\":", false },
	{ "\"cmdline\":", false }, { "\"command\":", false },
};

/* Returns the end of a string, which is its closing quote, or NULL. */
static const char *end_of_string(const char *at)
{
	for (; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at : NULL;
}

/* Returns whether a command is one of mhpctl, and not that of a hook. */
static bool is_own_command(const char *key, const char *string, size_t len)
{
	return strcmp(key, "\"command\":") == 0 &&
	       strspn(string, "abcdefghijklmnopqrstuvwxyz_") >= len;
}

/*
 * Looks for a key with a string at this place. Returns its index or -1; sets the range of the
 * string.
 */
static int find_key(const char *at, const char **start, const char **end)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i].key);
		const char *value = at + len;

		if (strncmp(at, keys[i].key, len) != 0)
			continue;
		value += strspn(value, " \t\n");
		if (*value != '"')
			return -1;
		*start = value + 1;
		*end = end_of_string(*start);
		if (!*end || is_own_command(keys[i].key, *start, (size_t)(*end - *start)))
			return -1;
		return (int)i;
	}
	return -1;
}

int report_scrub_json(struct report_entry *entry, struct report_secrets *secrets)
{
	cleanup_buf struct buf to = { 0 };
	const char *at = entry->data, *start, *end;
	int rc = 0, key;

	while (*at && rc == 0) {
		key = *at == '"' ? find_key(at, &start, &end) : -1;
		if (key < 0) {
			rc = buf_add(&to, at++, 1);
			continue;
		}
		if (keys[key].is_word)
			rc = report_secret_add(secrets, start, (size_t)(end - start), LEFT_OUT);
		if (rc == 0)
			rc = buf_add(&to, at, (size_t)(start - at));
		if (rc == 0)
			rc = buf_add(&to, LEFT_OUT, strlen(LEFT_OUT));
		at = end;
	}
	if (rc == 0)
		rc = buf_add(&to, "", 1);
	if (rc == 0)
		report_entry_set(entry, &to);
	return rc;
}
