/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of mhpctl report: what is read becomes a tree, which is scrubbed and then archived. */
#pragma once

#include "lib/base/buf.h"
#include "lib/sys/capture.h"
#include "lib/sys/child.h"
#include "lib/tool.h"

/* A file, link or directory of the machine. The root is its directory "" . */
struct report_entry {
	enum capture_kind kind;
	int rc;
	size_t number; /* in the order of time */
	char *path;    /* relative to the root */
	char *data;    /* content or target, with a NUL behind it */
	size_t len;
};

struct report_tree {
	struct report_entry *at;
	size_t nr;
	size_t space;
	bool is_cut; /* some entries could not be kept */
};

/*
 * Make a tree of one entry for each path, sorted so that the content of a directory follows it
 * (entries.c). Return 0 or -ENOMEM.
 */
int report_tree_take(struct report_tree *tree, const struct capture *capture);
int report_tree_add(struct report_tree *tree, enum capture_kind kind, const char *path,
		    const char *data, size_t len);
void report_tree_sort(struct report_tree *tree);
void report_tree_free(struct report_tree *tree);
struct report_entry *report_tree_find(const struct report_tree *tree, const char *path);

/* Reads, as a task (bool: with names), what no command reads. Replies with the kernel log. */
int report_read_extras(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err);

/* Texts that are replaced wherever they are a word. */
struct report_secret {
	char *text;
	char *by;
};

struct report_secrets {
	struct report_secret *at;
	size_t nr;
};

/* Return 0 or -ENOMEM (secrets.c). */
int report_secret_add(struct report_secrets *secrets, const char *text, size_t len, const char *by);
int report_secret_replace(const struct report_secrets *secrets, struct report_entry *entry);
void report_secrets_free(struct report_secrets *secrets);

/* Return whether a path begins or ends so (entries.c). */
bool report_begins(const char *path, const char *with);
bool report_ends(const char *path, const char *with);

/* Puts other data into an entry and takes the ownership. */
void report_entry_set(struct report_entry *entry, struct buf *data);

/*
 * Return 0 or -ENOMEM, or report_scrub_lines() 1 if nothing of the file is kept. Leave out names of
 * processes and hosts, serial numbers and command lines (scrub*.c).
 */
int report_scrub(struct report_tree *tree, bool with_names);
int report_scrub_lines(struct report_entry *entry, struct report_secrets *secrets);
int report_scrub_json(struct report_entry *entry, struct report_secrets *secrets);

/* Makes the archive, and lists what could not be read and what was left out for size (pack.c). */
int report_pack(const struct report_tree *tree, uint64_t time_us, struct mhp_report *report);
