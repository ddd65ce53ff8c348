/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces words in texts. */
#include "lib/base/cleanup.h"
#include "lib/base/vec.h"
#include "lib/sys/report/report.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define SHORTEST 3 /* a shorter one would be found in all kinds of words */

int report_secret_add(struct report_secrets *secrets, const char *text, size_t len, const char *by)
{
	struct report_secret *added;

	for (size_t i = 0; i < secrets->nr; i++)
		if (strncmp(secrets->at[i].text, text, len) == 0 && !secrets->at[i].text[len])
			return 0;
	if (len < SHORTEST)
		return 0;
	added = VEC_PUSH(secrets->at, secrets->nr);
	if (!added)
		return -ENOMEM;
	added->text = strndup(text, len);
	added->by = strdup(by);
	return added->text && added->by ? 0 : -ENOMEM;
}

void report_secrets_free(struct report_secrets *secrets)
{
	for (size_t i = 0; i < secrets->nr; i++) {
		free(secrets->at[i].text);
		free(secrets->at[i].by);
	}
	free(secrets->at);
	*secrets = (struct report_secrets){ .nr = 0 };
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Returns the secret that begins at that place, or NULL: it must be a whole word. */
static const struct report_secret *find_secret(const struct report_secrets *secrets,
					       const struct report_entry *entry, size_t at)
{
	if (at && is_of_word(entry->data[at - 1]))
		return NULL;
	for (size_t i = 0; i < secrets->nr; i++) {
		size_t len = strlen(secrets->at[i].text);

		if (at + len <= entry->len &&
		    memcmp(entry->data + at, secrets->at[i].text, len) == 0 &&
		    !is_of_word(entry->data[at + len]))
			return &secrets->at[i];
	}
	return NULL;
}

int report_secret_replace(const struct report_secrets *secrets, struct report_entry *entry)
{
	cleanup_buf struct buf to = { 0 };
	bool any = false;
	int rc = 0;

	for (size_t at = 0; at < entry->len && rc == 0;) {
		const struct report_secret *secret = find_secret(secrets, entry, at);

		any |= secret != NULL;
		rc = secret ? buf_add(&to, secret->by, strlen(secret->by))
			    : buf_add(&to, entry->data + at, 1);
		at += secret ? strlen(secret->text) : 1;
	}
	if (rc == 0 && any)
		rc = buf_add(&to, "", 1);
	if (rc == 0 && any)
		report_entry_set(entry, &to);
	return rc;
}
