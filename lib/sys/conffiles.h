/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of configuration that root obeys: which of them count, and their text. Nothing is followed
 * or waited for that is no regular file, and nothing is read that somebody else may write.
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>

struct conffile {
	const char *path;  /* for people */
	const char *by;	   /* the file of a folder of higher priority that hides it, or NULL */
	bool is_masked;	   /* empty, or /dev/null: those that it hides are hidden all the same */
	const char *wrong; /* why it cannot be read, or NULL */
	bool is_folder;	   /* the folder of such files is wrong, as a whole */
	const char *text;  /* NULL where one of the above is set */
};

/* A negative return ends the walk and is returned. */
typedef int (*conffile_fn)(void *data, const struct conffile *file);

/*
 * Calls fn for all files *.conf of some folders (lib/sys/confdirs.h), by their names, each with
 * those that it hides behind it. A folder that is there and cannot be read or trusted is told of
 * as a file. first: a file that counts before them if it is there, or NULL. 0 or a negative errno,
 * where this process lacks something.
 */
int conffiles_each(const struct root *sys, const char *const *folders, const char *first,
		   conffile_fn fn, void *data);

/* The same of a file, or of all files *.conf of a folder, by a path of the user's. */
int conffiles_path(const char *path, conffile_fn fn, void *data);
