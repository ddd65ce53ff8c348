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

struct sysfs;

/* So that a test can answer a write as the kernel would. */
struct sysfs_ops {
	int (*write)(const struct sysfs *sys, const char *path, const char *text);
};

extern const struct sysfs_ops sysfs_kernel_ops;

struct sysfs {
	int root_fd;
	const struct sysfs_ops *ops;
	uint64_t page_size; /* of the machine; 0: of the one that this runs on */
	bool is_copy;	    /* a copied tree: nothing leads out of it, nothing is written */
	int *lack;	    /* keeps what sysfs_lack() tells, or NULL */
};

/* So that no failure is taken for a value. */
#define SYSFS_CHECKED __attribute__((warn_unused_result))

#define SYSFS_PATH_MAX 320

/* Format a path into a local; a path that does not fit cannot exist and reads as -ENOENT. */
#define SYSFS_PATH(name, ...)      \
	char name[SYSFS_PATH_MAX]; \
	snprintf(name, sizeof(name), __VA_ARGS__)

/*
 * Open a regular file for reading (or a folder, with O_DIRECTORY): anything else is refused and
 * never waited for. flags: O_NOFOLLOW and the like. -1 or NULL with errno.
 */
int sysfs_open(const struct sysfs *sys, const char *path, int flags);
FILE *sysfs_fopen(const struct sysfs *sys, const char *path);

/*
 * Memory or descriptors that this process lacks tell nothing about the machine. Whatever fails here
 * for want of them is kept, so that who has read much can ask once whether to believe it: the first
 * errno as a negative number since the last sysfs_lack_reset(), or 0.
 */
int sysfs_lack(const struct sysfs *sys);
void sysfs_lack_reset(const struct sysfs *sys);
bool sysfs_is_lack(int rc);

/* getline(3) and fgets(3), whose failure is not the end of the file: it is kept as above. */
ssize_t sysfs_getline(const struct sysfs *sys, char **line, size_t *size, FILE *file);
char *sysfs_gets(const struct sysfs *sys, char *line, size_t size, FILE *file);

/* The reading functions below leave "" in buf where they fail. */

/* First line, without the newline. -EOVERFLOW where it has no room. */
SYSFS_CHECKED int sysfs_read(const struct sysfs *sys, const char *path, char *buf, size_t size);

/* What a file begins with, with its newlines: as much as has room. Its length. */
SYSFS_CHECKED int sysfs_read_text(const struct sysfs *sys, const char *path, char *buf,
				  size_t size);

SYSFS_CHECKED int sysfs_read_u64(const struct sysfs *sys, const char *path, int base,
				 uint64_t *value);
SYSFS_CHECKED int sysfs_read_int(const struct sysfs *sys, const char *path, int *value);

/* One write(2) of the whole text. -EIO for a short write. */
int sysfs_write(const struct sysfs *sys, const char *path, const char *text);

/* Last part of what a symbolic link points to. */
SYSFS_CHECKED int sysfs_link_name(const struct sysfs *sys, const char *path, char *buf,
				  size_t size);

/* What a symbolic link points to, as it stands there. */
SYSFS_CHECKED int sysfs_link(const struct sysfs *sys, const char *path, char *buf, size_t size);

/* Does /dev/null stand there, which is how a file is masked? */
bool sysfs_is_null(const struct sysfs *sys, const char *path);

/*
 * 1, 0 where there is no such thing, or a negative errno where that cannot be told. sysfs_seems
 * takes that for no: where it only makes a text better, or what lacks is asked for behind it.
 */
SYSFS_CHECKED int sysfs_exists(const struct sysfs *sys, const char *path);
bool sysfs_seems(const struct sysfs *sys, const char *path);

/* The same of the name itself: a link that leads nowhere is there too. */
SYSFS_CHECKED int sysfs_has_name(const struct sysfs *sys, const char *path);

/*
 * Call fn for each entry of a folder, in the folder's order. A negative return of fn ends the
 * walk and is returned.
 */
int sysfs_each(const struct sysfs *sys, const char *path,
	       int (*fn)(const struct sysfs *sys, const char *name, void *data), void *data);

/* "memory33" with prefix "memory" is 33. -EINVAL for any other name. */
int sysfs_name_id(const char *name, const char *prefix, uint64_t *id);
