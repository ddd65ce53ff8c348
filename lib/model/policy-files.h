/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy files of the machine and their lines, which lib/plan/policy/ interprets. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

/* A heading, a key with its value, or an invalid line. Text that is not set is NULL. */
struct policy_line {
	size_t file; /* index into the files */
	unsigned line;
	char *section;
	char *key;
	char *value;
	char *wrong;	  /* message about an invalid line */
	bool is_doubtful; /* wrong is a warning */
};

struct policy_files {
	struct mhp_policy_file *files; /* in the order of reading */
	size_t nr_files;
	struct policy_line *lines; /* of all files with state READ, in that order */
	size_t nr_lines;
	size_t space;	 /* allocated elements of lines */
	size_t nr_wrong; /* of the last file: number of invalid lines, keys and headings */
	size_t nr_keys;
	size_t nr_headings;
};

/*
 * Reads the installed files: the directories of mhpctl, where a file hides files of the same name
 * in directories of lower priority, and the configuration of daxctl. Missing files are not a
 * failure; an unreadable file becomes an invalid line. 0 or -ENOMEM.
 */
int policy_files_installed(struct mhp_ctx *ctx, struct policy_files *files);

/* Reads a file, or all files of a directory, at the caller's path. 0 or a negative errno. */
int policy_files_add(struct mhp_ctx *ctx, struct policy_files *files, const char *path,
		     struct mhp_error *err);

/* Reads the configuration of daxctl only: at the path, or if NULL the installed one. */
int policy_files_daxctl(struct mhp_ctx *ctx, struct policy_files *files, const char *path,
			struct mhp_error *err);

/* Adds a text as if it were a file of that name. 0 or -ENOMEM. */
int policy_files_text(struct policy_files *files, const char *name, const char *text);

void policy_files_free(struct policy_files *files);
