/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks configuration files in several directories: a file hides those of its name in later ones.
 */
#pragma once

#include "lib/doctor/facts.h"

struct walk {
	struct mhp_ctx *ctx;
	struct facts *facts;
	const char *const *folders; /* ends with NULL; highest priority first */
	size_t folder;		    /* index of the current one */
	/* Returns whether to keep this line, and fills in text: its subject. */
	bool (*wants)(const char *line, char *text, size_t size);
	enum fact_line_kind kind;
	const char *suffix;
	const char *drop_ins; /* suffix of directories with such files, or NULL */
	const char *after;    /* only names that sort after this one, or NULL */
	bool is_second;	      /* another walk of the same files records unreadable ones */
	bool is_rules;	      /* of udev: lines that it never reaches do not count */
	bool joins;	      /* a line that ends in a backslash continues in the next */
};

/* Adds the wanted lines of all files to the facts. Returns 0 or -ENOMEM. */
int walk_folders(struct walk *walk);

/* Does the same for one file. */
int walk_file(const struct walk *walk, const char *path);
