/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/doctor/walk.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/logical-line.h"
#include "lib/sys/udev/flow.h"

#include <errno.h>
#include <string.h>

static void add_unread(const struct walk *walk, const char *path)
{
	if (!walk->is_second)
		facts_unread(walk->facts, path);
}

static bool is_reached(const struct walk *walk, const char *path, unsigned line)
{
	cleanup_fclose FILE *file = walk->is_rules ? root_fopen(&walk->ctx->sys, path) : NULL;

	return !file || udev_flow_reaches(walk->ctx, file, line);
}

int walk_file(const struct walk *walk, const char *path)
{
	cleanup_fclose FILE *file = root_fopen(&walk->ctx->sys, path);
	struct fact_line found = { .kind = walk->kind, .line = 1 };
	cleanup_logical_line struct logical_line line = { 0 };
	int rc = 0;

	if (!file && errno != ENOENT && !root_is_null(&walk->ctx->sys, path))
		add_unread(walk, path);
	str_format(found.file, "/%s", path);
	while (rc == 0 && file &&
	       (rc = logical_line_next(&walk->ctx->sys, file, "#;", walk->joins, &line)) > 0) {
		found.goes_on = line.nr > 1;
		rc = 0;
		if (walk->wants(line.text, found.text, sizeof(found.text)) &&
		    is_reached(walk, path, found.line))
			rc = facts_add_line(walk->facts, &found);
		found.line += line.nr;
	}
	if (file && ferror(file))
		add_unread(walk, path);
	return rc;
}

/* Returns whether a file of the same name in a directory of higher priority hides this one. */
static bool is_replaced(const struct walk *walk, const char *name)
{
	for (size_t i = 0; i < walk->folder; i++) {
		ROOT_PATH(path, "%s/%s", walk->folders[i], name);
		if (root_exists(&walk->ctx->sys, path) != 0)
			return true;
	}
	return false;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len >= end && strcmp(name + len - end, suffix) == 0;
}

/* Walks the file @name of the current directory, unless it is replaced. */
static int walk_name(const struct walk *walk, const char *name)
{
	ROOT_PATH(path, "%s/%s", walk->folders[walk->folder], name);
	return is_replaced(walk, name) ? 0 : walk_file(walk, path);
}

/* Calls fn for each entry. Returns 0 or -ENOMEM; records a directory that cannot be read. */
static int each_entry(const struct walk *walk, const char *folder,
		      int (*fn)(const struct root *sys, const char *name, void *data), void *data)
{
	int rc = root_each(&walk->ctx->sys, folder, fn, data);

	if (rc < 0 && rc != -ENOENT && rc != -ENOMEM)
		add_unread(walk, folder);
	return rc == -ENOMEM ? rc : 0;
}

struct drop_in {
	const struct walk *walk;
	const char *folder;
};

static int walk_drop_in(const struct root *sys, const char *name, void *data)
{
	const struct drop_in *drop_in = data;

	(void)sys;
	ROOT_PATH(path, "%s/%s", drop_in->folder, name);
	return ends_with(name, ".conf") ? walk_name(drop_in->walk, path) : 0;
}

static int walk_entry(const struct root *sys, const char *name, void *data)
{
	const struct walk *walk = data;
	struct drop_in drop_in = { walk, name };

	(void)sys;
	if (walk->drop_ins && ends_with(name, walk->drop_ins)) {
		ROOT_PATH(path, "%s/%s", walk->folders[walk->folder], name);
		return each_entry(walk, path, walk_drop_in, &drop_in);
	}
	if (!ends_with(name, walk->suffix) || (walk->after && strcmp(name, walk->after) <= 0))
		return 0;
	return walk_name(walk, name);
}

/* Reads the directories. With a merged /usr, those below lib were already read below usr/lib. */
int walk_folders(struct walk *walk)
{
	char target[64];
	bool merged = root_link(&walk->ctx->sys, "lib", target, sizeof(target)) == 0;
	int rc;

	for (walk->folder = 0; walk->folders[walk->folder]; walk->folder++) {
		const char *folder = walk->folders[walk->folder];

		if (merged && strncmp(folder, "lib/", 4) == 0)
			continue;
		rc = each_entry(walk, folder, walk_entry, walk);
		if (rc < 0)
			return rc;
	}
	return 0;
}
