/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders and files in the place of those of the kernel. Paths are relative to an open folder, as
 * in lib/sys/sysfs.h. Nothing here asserts: the fake kernel uses it in a forked process too. All
 * return 0 or a negative errno.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct tree {
	char dir[64];
	int fd;
};

/* An empty folder of its own, and its end with all that it holds. */
int tree_new(struct tree *tree);
void tree_free(const struct tree *tree);

/* Write a file, making the folders above it. An old one is never seen empty meanwhile. */
int tree_put(int fd, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int tree_append(int fd, const char *path, const char *text);

/* The whole of a file, without the newline at its end. */
int tree_get(int fd, const char *path, char *buf, size_t size);

int tree_folder(int fd, const char *path);
int tree_link(int fd, const char *path, const char *target);

/* Remove a file, a link, or a folder with all that it holds. */
int tree_remove(int fd, const char *path);

/* A file of tests/unit/data; NULL where there is none. */
FILE *tree_data(const char *name);

/*
 * Make what a dump of sysfs in tests/unit/data tells, line by line: "/sys/x/y [644] = value",
 * "/sys/x/z -> target". '|' in a value stands for a newline; what could not be read is left out.
 */
int tree_load(int fd, const char *name);
