/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories and files that stand in for those of the kernel. Paths are relative to an open
 * directory, as in lib/sys/root.h. Nothing here asserts: the fake kernel also uses it in a forked
 * process. All return 0 or a negative errno.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct tree {
	char dir[64];
	int fd;
};

/* Make an empty temporary directory, and delete it with its contents. */
int tree_new(struct tree *tree);
void tree_free(const struct tree *tree);

/* Writes a file and makes the directories above it. Readers never see an existing file empty. */
int tree_put(int fd, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int tree_append(int fd, const char *path, const char *text);

/* Reads a whole file, without the newline at its end. */
int tree_get(int fd, const char *path, char *buf, size_t size);

int tree_folder(int fd, const char *path);
int tree_link(int fd, const char *path, const char *target);

/* Removes a file, a link, or a directory with its contents. */
int tree_remove(int fd, const char *path);

/* Opens a file of tests/unit/data; returns NULL if it is missing. */
FILE *tree_data(const char *name);

/*
 * Makes the files of a dump of sysfs in tests/unit/data, line by line: "/sys/x/y [644] = value",
 * "/sys/x/z -> target". '|' in a value is a newline; unreadable files are left out.
 */
int tree_load(int fd, const char *name);
