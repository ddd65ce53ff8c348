/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files that root obeys: which of them count, and their text. Only regular files are
 * opened, so nothing is waited for, and files that others can write are not read.
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>

struct conffile {
	const char *path;  /* for messages */
	const char *by;	   /* the file of higher priority that hides this one, or NULL */
	bool is_masked;	   /* empty, or /dev/null; it still hides other files */
	const char *wrong; /* why the file cannot be read, or NULL */
	bool is_directory; /* the error is in the directory itself */
	const char *text;  /* NULL if one of the above is set */
};

/* Returns 0, or a negative errno, which ends the walk and is returned. */
typedef int (*conffile_fn)(void *data, const struct conffile *file);

/*
 * Calls fn for all files *.conf of some directories (lib/sys/confdirs.h), sorted by name, each
 * followed by the files that it hides. A directory that exists but cannot be read or trusted is
 * reported like a file. first: a file that is reported before these if it exists, or NULL. Returns
 * 0, or a negative errno if this process lacks memory or file descriptors.
 */
int conffiles_each(const struct root *sys, const char *const *folders, const char *first,
		   conffile_fn fn, void *data);

/*
 * Does the same for a file, or for all files *.conf of a directory, by a path that the user gave.
 */
int conffiles_path(const char *path, conffile_fn fn, void *data);
