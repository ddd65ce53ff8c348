/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the archive of a tree: see lib/sys/report-tree.h. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/sys/report/report.h"
#include "lib/sys/archive.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define USEC_PER_SEC 1000000

/* Marks of errnos that are used, whose files have to be in the archive. */
struct packing {
	struct archive *archive;
	struct mhp_report *report;
	bool is_unread[256];
	bool is_unknown[256];
};

/* ---- what is missing ------------------------------------------------------------------------- */

static int add_missing(struct mhp_report_missing **at, size_t *nr, const char *path, int rc)
{
	struct mhp_report_missing *missing = vec_push(at, nr, sizeof(**at));

	if (!missing)
		return -ENOMEM;
	missing->errnum = -rc;
	missing->path = strdup(strcmp(path, REPORT_KMSG) == 0 ? "dev/kmsg" : path);
	return missing->path ? 0 : -ENOMEM;
}

static const char *errno_name(int rc)
{
	const char *name = strerrorname_np(-rc);

	return name && rc > -256 ? name : "EIO";
}

/* ---- links ----------------------------------------------------------------------------------- */

static size_t depth_of(const char *path)
{
	size_t nr = 0;

	for (; *path; path++)
		nr += *path == '/';
	return nr;
}

/* Writes the way up from a path to the root, and the rest. */
static void relative_to_root(const char *path, const char *rest, char *target, size_t size)
{
	size_t depth = depth_of(path);

	*target = '\0';
	for (size_t i = 0; i < depth; i++)
		str_append_to(target, size, "../");
	str_append_to(target, size, "%s", *rest ? rest : ".");
}

/*
 * Resolves a target as its text says, from the directory of the path, and never above the root.
 * Returns false if it is too long.
 */
static bool join(const char *path, const char *target, char *joined, size_t size)
{
	char *slash;

	str_copy_to(joined, size, *target == '/' ? "" : path);
	slash = strrchr(joined, '/');
	*(slash ? slash : joined) = '\0';
	while (*(target += strspn(target, "/"))) {
		size_t len = strcspn(target, "/"), at = strlen(joined);

		if (len == 2 && strncmp(target, "..", 2) == 0) {
			slash = strrchr(joined, '/');
			*(slash ? slash : joined) = '\0';
		} else if (len != 1 || *target != '.') {
			if (at + len + 2 > size)
				return false;
			snprintf(joined + at, size - at, "%s%.*s", at ? "/" : "", (int)len, target);
		}
		target += len;
	}
	return true;
}

/* Adds a link. One that is absolute, or leads above the root, becomes relative within the tree. */
static int add_link(struct packing *p, const struct report_entry *entry)
{
	char joined[PATH_MAX], target[2 * PATH_MAX];
	size_t up = 0;

	if (strcmp(entry->data, "/dev/null") == 0)
		return archive_add_link(p->archive, entry->path, entry->data);
	for (const char *at = entry->data; strncmp(at, "../", 3) == 0; at += 3)
		up++;
	if (*entry->data && *entry->data != '/' && up <= depth_of(entry->path) &&
	    !strstr(entry->data + 3 * up, ".."))
		return archive_add_link(p->archive, entry->path, entry->data);
	if (!join(entry->path, entry->data, joined, sizeof(joined)))
		return add_missing(&p->report->hidden, &p->report->nr_hidden, entry->path,
				   -ENAMETOOLONG);
	relative_to_root(entry->path, joined, target, sizeof(target));
	return archive_add_link(p->archive, entry->path, target);
}

/* ---- entries --------------------------------------------------------------------------------- */

static int add_mark(struct packing *p, const struct report_entry *entry, int rc, bool exists)
{
	char mark[128], target[PATH_MAX];

	(exists ? p->is_unread : p->is_unknown)[rc > -256 ? -rc : EIO] = true;
	str_format(mark, "%s%s", exists ? REPORT_UNREAD : REPORT_UNKNOWN, errno_name(rc));
	relative_to_root(entry->path, mark, target, sizeof(target));
	return archive_add_link(p->archive, entry->path, target);
}

/* Adds a directory. Without a list of all its entries, those that it has are only some. */
static int add_directory(struct packing *p, const struct report_entry *entry)
{
	char path[PATH_MAX];
	int rc = archive_add_directory(p->archive, entry->path);

	if (rc < 0 || entry->kind != CAPTURE_DIRECTORY)
		return rc;
	str_format(path, "%s/" REPORT_LISTED, entry->path);
	return archive_add_file(p->archive, path, "", 0);
}

static int add_failed(struct packing *p, const struct report_entry *entry)
{
	bool is_large = entry->kind == CAPTURE_LARGE;
	int rc = is_large ? -EFBIG : entry->rc;

	if (is_large)
		rc = add_missing(&p->report->left_out, &p->report->nr_left_out, entry->path, rc);
	else
		rc = add_missing(&p->report->hidden, &p->report->nr_hidden, entry->path, rc);
	if (rc < 0)
		return rc;
	return add_mark(p, entry, is_large ? -EFBIG : entry->rc, entry->kind != CAPTURE_UNKNOWN);
}

static bool is_above(const struct report_entry *entry, const struct report_entry *next)
{
	size_t len = strlen(entry->path);

	return strncmp(entry->path, next->path, len) == 0 && next->path[len] == '/';
}

static int add_entry(struct packing *p, const struct report_tree *tree, size_t at)
{
	const struct report_entry *entry = &tree->at[at];
	bool has_content = at + 1 < tree->nr && is_above(entry, &tree->at[at + 1]);

	if (entry->kind == CAPTURE_DIRECTORY || entry->kind == CAPTURE_FOLDER || has_content)
		return add_directory(p, entry);
	p->report->nr_files++;
	switch (entry->kind) {
	case CAPTURE_FILE:
		return archive_add_file(p->archive, entry->path, entry->data, entry->len);
	case CAPTURE_LINK:
		return add_link(p, entry);
	case CAPTURE_SEEN:
		return add_mark(p, entry, -ENODATA, true);
	default:
		return add_failed(p, entry);
	}
}

static int add_marks(struct packing *p)
{
	char path[128];
	int rc = 0;

	for (int i = 1; i < 256 && rc == 0; i++) {
		str_format(path, REPORT_UNREAD "%s", errno_name(-i));
		if (p->is_unread[i])
			rc = archive_add_file(p->archive, path, "", 0);
		str_format(path, REPORT_UNKNOWN "%s", errno_name(-i));
		if (p->is_unknown[i] && rc == 0)
			rc = archive_add_file(p->archive, path, "", 0);
	}
	return rc;
}

/* ---- about ----------------------------------------------------------------------------------- */

static int add_list(struct buf *text, const char *title, const struct mhp_report_missing *at,
		    size_t nr)
{
	char line[PATH_MAX + 128];
	int rc = buf_add(text, title, strlen(title));

	for (size_t i = 0; i < nr && rc == 0; i++) {
		str_format(line, "  /%s: %s\n", at[i].path, strerrordesc_np(at[i].errnum));
		rc = buf_add(text, line, strlen(line));
	}
	if (rc == 0 && !nr)
		rc = buf_add(text, "  nothing\n", strlen("  nothing\n"));
	return rc;
}

/* Adds the last file, which says what the archive does not have. */
static int add_missing_file(struct packing *p)
{
	const struct mhp_report *report = p->report;
	cleanup_buf struct buf text = { 0 };
	int rc = add_list(&text, "could not be read:\n", report->hidden, report->nr_hidden);

	if (rc == 0)
		rc = add_list(&text, "left out for its size:\n", report->left_out,
			      report->nr_left_out);
	if (rc == 0 && report->is_cut)
		rc = buf_add(&text, "  and more\n", strlen("  and more\n"));
	if (rc == 0 && report->is_cut)
		rc = archive_add_file(p->archive, REPORT_CUT, "", 0);
	return rc < 0 ? rc
		      : archive_add_file(p->archive, REPORT_TREE "/missing", text.data, text.len);
}

int report_pack(const struct report_tree *tree, uint64_t time_us, struct mhp_report *report)
{
	struct packing p = { .report = report };
	struct buf data = { 0 };
	int rc = archive_new(time_us / USEC_PER_SEC, &p.archive);

	report->is_cut = tree->is_cut;
	for (size_t i = 0; i < tree->nr && rc == 0; i++)
		rc = add_entry(&p, tree, i);
	if (rc == 0)
		rc = add_marks(&p);
	if (rc == 0)
		rc = add_missing_file(&p);
	if (rc == 0)
		rc = archive_end(p.archive, &data);
	archive_free(p.archive);
	report->data = data.data;
	report->len = data.len;
	return rc;
}
