/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves out what identifies people, programs and machines. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/report/report.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOST "HOST"

struct scrub {
	struct report_tree *tree;
	struct report_secrets secrets;
	uint64_t *serials; /* each becomes its place here, from 1 on */
	size_t nr_serials;
};

static bool is_file(const struct report_entry *entry)
{
	return entry->kind == CAPTURE_FILE;
}

/* ---- serial numbers -------------------------------------------------------------------------- */

/* Returns the place of a serial number, from 1 on, or 0 without memory. */
static size_t place_of(struct scrub *s, uint64_t serial)
{
	uint64_t *added;

	for (size_t i = 0; i < s->nr_serials; i++)
		if (s->serials[i] == serial)
			return i + 1;
	added = VEC_PUSH(s->serials, s->nr_serials);
	if (!added)
		return 0;
	*added = serial;
	return s->nr_serials;
}

/* Parses "0x10f", or a signed decimal number as the nvdimm bus shows it. */
static bool parse_serial(const char *text, uint64_t *serial)
{
	char word[32], *end = word;

	str_copy(word, text);
	word[strcspn(word, "\n")] = '\0';
	if (strncmp(word, "0x", 2) == 0)
		return parse_u64(word + 2, 16, serial) == 0;
	*serial = (uint64_t)strtoll(word, &end, 10);
	return end > word && !*end;
}

static int replace_serial(struct scrub *s, struct report_entry *entry)
{
	bool is_hex = strncmp(entry->data, "0x", 2) == 0;
	cleanup_buf struct buf to = { 0 };
	char text[32], by[32];
	uint64_t serial;
	size_t place;
	int rc;

	if (!parse_serial(entry->data, &serial) || !serial)
		return 0;
	place = place_of(s, serial);
	str_format(text, "0x%" PRIx64, serial);
	str_format(by, "0x%zx", place);
	rc = place ? report_secret_add(&s->secrets, text, strlen(text), by) : -ENOMEM;
	str_format(text, is_hex ? "0x%zx\n" : "%zu\n", place);
	if (rc == 0)
		rc = buf_add(&to, text, strlen(text) + 1);
	if (rc == 0)
		report_entry_set(entry, &to);
	return rc;
}

static bool is_serial(const struct report_entry *entry)
{
	return report_begins(entry->path, "sys/") &&
	       (report_ends(entry->path, "/serial") || report_ends(entry->path, "/cxl/id"));
}

/* ---- records of runs ------------------------------------------------------------------------- */

/* Renews the checksums of an intent: each line ends with one of what is before it. */
static int renew_sums(struct report_entry *entry)
{
	static const char mark[] = " sum=";
	cleanup_buf struct buf to = { 0 };
	int rc = 0;

	for (char *line = entry->data, *end; *line && rc == 0; line = end) {
		char *sum, text[32];
		size_t len;

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		len = (size_t)(end - line);
		sum = memmem(line, len, mark, strlen(mark));
		if (sum) {
			*sum = '\0';
			str_format(text, "%s%016" PRIx64 "\n", mark, hash_text(HASH_INIT, line));
			len = (size_t)(sum - line);
		}
		rc = buf_add(&to, line, len);
		if (rc == 0 && sum)
			rc = buf_add(&to, text, strlen(text));
	}
	if (rc == 0)
		rc = buf_add(&to, "", 1);
	if (rc == 0)
		report_entry_set(entry, &to);
	return rc;
}

static bool is_intent(const struct report_entry *entry)
{
	return strstr(entry->path, "mhpctl/intent/");
}

/* ---- texts --------------------------------------------------------------------------------- */

/* Returns whether words of people can be anywhere in the file. */
static bool is_text(const struct report_entry *entry)
{
	return !report_begins(entry->path, "sys/") && !report_begins(entry->path, "proc/") &&
	       !report_begins(entry->path, "boot/");
}

static bool is_json(const struct report_entry *entry)
{
	return report_ends(entry->path, ".json") || (report_begins(entry->path, STATE_JOBS "/") &&
						     !report_ends(entry->path, "/command"));
}

static int scrub_text(const struct scrub *s, struct report_entry *entry)
{
	size_t before = entry->len;
	cleanup_free char *old = is_intent(entry) ? strdup(entry->data) : NULL;
	int rc = report_secret_replace(&s->secrets, entry);

	if (is_intent(entry) && !old)
		return -ENOMEM;
	if (rc == 0 && old && (entry->len != before || strcmp(entry->data, old) != 0))
		rc = renew_sums(entry);
	return rc;
}

/* Adds the name of the machine, unless it is also that of an object of the kernel. */
static int add_host(struct scrub *s)
{
	const struct report_entry *entry = report_tree_find(s->tree, "mhpctl-report/hostname");
	static const char *const kinds[] = { "node",   "memory",    "mem",  "dax",
					     "region", "namespace", "root", "host" };
	size_t len = entry ? strcspn(entry->data, "\n") : 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (len && strncmp(entry->data, kinds[i], strlen(kinds[i])) == 0)
			return 0;
	return len ? report_secret_add(&s->secrets, entry->data, len, HOST) : 0;
}

/* ---- the tree ------------------------------------------------------------------------------ */

/* Returns whether an entry that is kept follows below this one. */
static bool has_content(const struct report_tree *tree, size_t at)
{
	const char *path = tree->at[at].path;
	size_t len = strlen(path);

	while (++at < tree->nr && !tree->at[at].path)
		;
	return at < tree->nr && strncmp(tree->at[at].path, path, len) == 0 &&
	       tree->at[at].path[len] == '/';
}

/* Returns whether it only shows the name of something that no command has read. */
static bool is_only_name(const struct report_tree *tree, size_t at)
{
	const struct report_entry *entry = &tree->at[at];
	bool is_empty = !has_content(tree, at);

	if (report_begins(entry->path, "sys/") || report_begins(entry->path, "proc/"))
		return false;
	if (entry->kind == CAPTURE_LINK)
		return strstr(entry->path, "systemd/") && !report_ends(entry->path, ".service");
	return is_empty && (entry->kind == CAPTURE_FOLDER || entry->kind == CAPTURE_SEEN) &&
	       !report_begins(entry->path, "usr/bin/") && !report_begins(entry->path, "usr/sbin/");
}

static bool is_own_host(const struct report_entry *entry)
{
	return strcmp(entry->path, "mhpctl-report/hostname") == 0;
}

static void remove_entry(struct report_tree *tree, size_t at)
{
	free(tree->at[at].path);
	free(tree->at[at].data);
	tree->at[at].path = NULL;
	tree->at[at].data = NULL;
}

/* Removes the gaps that remove_entry() leaves. */
static void close_gaps(struct report_tree *tree)
{
	size_t nr = 0;

	for (size_t i = 0; i < tree->nr; i++)
		if (tree->at[i].path)
			tree->at[nr++] = tree->at[i];
	tree->nr = nr;
}

static int scrub_each(struct scrub *s)
{
	int rc = 0;

	for (size_t i = 0; i < s->tree->nr && rc >= 0; i++) {
		struct report_entry *entry = &s->tree->at[i];

		if (!is_file(entry))
			continue;
		rc = report_scrub_lines(entry, &s->secrets);
		if (rc == 1)
			entry->kind = CAPTURE_SEEN;
		if (rc == 0 && is_serial(entry))
			rc = replace_serial(s, entry);
		if (rc == 0 && is_json(entry))
			rc = report_scrub_json(entry, &s->secrets);
	}
	for (size_t i = 0; i < s->tree->nr && rc >= 0; i++)
		if (is_file(&s->tree->at[i]) && is_text(&s->tree->at[i]))
			rc = scrub_text(s, &s->tree->at[i]);
	return rc < 0 ? rc : 0;
}

int report_scrub(struct report_tree *tree, bool with_names)
{
	struct scrub s = { .tree = tree };
	int rc = with_names ? 0 : add_host(&s);

	if (rc == 0 && !with_names)
		rc = scrub_each(&s);
	for (size_t i = tree->nr; i-- > 0 && rc == 0 && !with_names;)
		if (is_own_host(&tree->at[i]) || is_only_name(tree, i))
			remove_entry(tree, i);
	close_gaps(tree);
	report_secrets_free(&s.secrets);
	free(s.serials);
	return rc;
}
