/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of configuration in folders of which the first ones hide what is in the later ones. */
#pragma once

#include "lib/doctor/facts.h"

#include <stdio.h>

struct walk {
	struct mhp_ctx *ctx;
	struct facts *facts;
	const char *const *folders; /* up to NULL; highest priority first */
	size_t folder;		    /* the one at work */
	/* Is this a line to keep? text: what it is about. */
	bool (*wants)(const char *line, char *text, size_t size);
	enum fact_line_kind kind;
	const char *suffix;
	const char *drop_ins; /* suffix of folders that hold such files too, or NULL */
	const char *after;    /* names that sort behind this one only, or NULL */
	bool is_second;	      /* another walk of the same files names what cannot be read */
	bool is_rules;	      /* of udev: lines that it never comes to are none */
	bool joins;	      /* a line that ends in a backslash goes on in the next */
};

/* Keep the lines that are wanted of all files. 0 or -ENOMEM. */
int walk_folders(struct walk *walk);

/* Of one file. */
int walk_file(const struct walk *walk, const char *path);
