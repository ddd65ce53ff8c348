/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the kernel under one root. Paths are relative to it ("sys/devices/system/memory").
 * All functions return 0 (or what is said) or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct log;
struct root;

/* So that a test can answer a write as the kernel would. */
struct root_ops {
	int (*write)(const struct root *sys, const char *path, const char *text);
};

extern const struct root_ops root_kernel_ops;

struct root {
	int root_fd;
	const struct root_ops *ops;
	uint64_t page_size;    /* of the machine; 0: of the one that this runs on */
	bool is_copy;	       /* a copied tree: nothing leads out of it, nothing is written */
	int *lack;	       /* keeps what root_lack() tells, or NULL */
	const struct log *log; /* or NULL */
};

/* The size of a page on the machine. */
uint64_t root_page_size(const struct root *sys);

/* So that no failure is taken for a value. */
#define ROOT_CHECKED __attribute__((warn_unused_result))

#define ROOT_PATH_MAX 320

/* Format a path into a local; a path that does not fit cannot exist and reads as -ENOENT. */
#define ROOT_PATH(name, ...)      \
	char name[ROOT_PATH_MAX]; \
	snprintf(name, sizeof(name), __VA_ARGS__)

/*
 * Open a regular file for reading (or a folder, with O_DIRECTORY): anything else is refused and
 * never waited for. flags: O_NOFOLLOW and the like. -1 or NULL with errno.
 */
int root_open(const struct root *sys, const char *path, int flags);
FILE *root_fopen(const struct root *sys, const char *path);

/*
 * Memory or descriptors that this process lacks tell nothing about the machine. Whatever fails here
 * for want of them is kept, so that who has read much can ask once whether to believe it: the first
 * errno as a negative number since the last root_lack_reset(), or 0.
 */
int root_lack(const struct root *sys);
void root_lack_reset(const struct root *sys);
bool root_is_lack(int rc);

/* getline(3) and fgets(3), whose failure is not the end of the file: it is kept as above. */
ssize_t root_getline(const struct root *sys, char **line, size_t *size, FILE *file);
char *root_gets(const struct root *sys, char *line, size_t size, FILE *file);

/* The reading functions below leave "" in buf where they fail. */

/* First line, without the newline. -EOVERFLOW where it has no room. */
ROOT_CHECKED int root_read(const struct root *sys, const char *path, char *buf, size_t size);

/* What a file begins with, with its newlines: as much as has room. Its length. */
ROOT_CHECKED int root_read_text(const struct root *sys, const char *path, char *buf, size_t size);

ROOT_CHECKED int root_read_u64(const struct root *sys, const char *path, int base, uint64_t *value);
ROOT_CHECKED int root_read_int(const struct root *sys, const char *path, int *value);

/* One write(2) of the whole text. -EIO for a short write. */
int root_write(const struct root *sys, const char *path, const char *text);

/* May this user write to it? 0 or a negative errno. */
ROOT_CHECKED int root_may_write(const struct root *sys, const char *path);

/* Last part of what a symbolic link points to. */
ROOT_CHECKED int root_link_name(const struct root *sys, const char *path, char *buf, size_t size);

/* What a symbolic link points to, as it stands there. */
ROOT_CHECKED int root_link(const struct root *sys, const char *path, char *buf, size_t size);

/* Does /dev/null stand there, which is how a file is masked? */
bool root_is_null(const struct root *sys, const char *path);

/*
 * 1, 0 where there is no such thing, or a negative errno where that cannot be told. root_seems
 * takes that for no: where it only makes a text better, or what lacks is asked for behind it.
 */
ROOT_CHECKED int root_exists(const struct root *sys, const char *path);
bool root_seems(const struct root *sys, const char *path);

/* The same of the name itself: a link that leads nowhere is there too. */
ROOT_CHECKED int root_has_name(const struct root *sys, const char *path);

/*
 * Call fn for each entry of a folder, in the folder's order. A negative return of fn ends the
 * walk and is returned.
 */
int root_each(const struct root *sys, const char *path,
	      int (*fn)(const struct root *sys, const char *name, void *data), void *data);

/* "memory33" with prefix "memory" is 33. -EINVAL for any other name. */
int root_name_id(const char *name, const char *prefix, uint64_t *id);
