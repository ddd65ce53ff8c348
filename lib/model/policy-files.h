/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy files there are, and what stands in those that count. Nothing is understood here. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

/* A heading, a key with its value, or a line that cannot be read. Empty text is NULL. */
struct policy_line {
	size_t file; /* index into the files */
	unsigned line;
	char *section;
	char *key;
	char *value;
	char *wrong;
};

struct policy_files {
	struct mhp_policy_file *files; /* in the order in which they count */
	size_t nr_files;
	struct policy_line *lines; /* of all files that count, in that order */
	size_t nr_lines;
	size_t room;	 /* for lines */
	size_t nr_wrong; /* of the file that was added last: lines that are none, and keys */
	size_t nr_keys;
	size_t nr_headings;
};

/*
 * Read what is installed: the folders of mhpctl, where a file hides those of its name in the
 * folders below, and the configuration of daxctl. That there is none is no failure, and what
 * cannot be read is a line that says so. 0 or -ENOMEM.
 */
int policy_files_installed(struct mhp_ctx *ctx, struct policy_files *files);

/* Read a file or all of a folder, by a path of the caller's. 0, or why there is no such thing. */
int policy_files_add(struct policy_files *files, const char *path, struct mhp_error *err);

/* Read the configuration of daxctl alone: a file by its path, or with NULL what is installed. */
int policy_files_daxctl(struct mhp_ctx *ctx, struct policy_files *files, const char *path,
			struct mhp_error *err);

/* Take a text for a file of that name. 0 or -ENOMEM. */
int policy_files_text(struct policy_files *files, const char *name, const char *text);

void policy_files_free(struct policy_files *files);

#define cleanup_policy_files __attribute__((cleanup(policy_files_free)))
