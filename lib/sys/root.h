/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and writes files of the kernel below one root. Paths are relative to it
 * ("sys/devices/system/memory"). Functions return 0 (or what their comment says) or a negative
 * errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

struct capture;
struct log;
struct root;

/* A test replaces this to answer a write like the kernel. */
struct root_ops {
	int (*write)(const struct root *sys, const char *path, const char *text);
};

extern const struct root_ops root_kernel_ops;

struct root {
	int root_fd;
	const struct root *above; /* if this is a directory of another one: that one, */
	const char *place;	  /* and the path there */
	const struct root_ops *ops;
	uint64_t page_size;    /* of the machine; 0: of the running kernel */
	bool is_copy;	       /* a copied tree: links do not lead out of it, nothing is written */
	bool is_report;	       /* a copied tree as in lib/sys/report-tree.h */
	int *lack;	       /* storage of root_lack(), or NULL */
	const struct log *log; /* or NULL */
	const struct capture *capture; /* receives what is read (lib/sys/capture.h), or NULL */
};

/* Returns the page size of the machine. */
uint64_t root_page_size(const struct root *sys);

/* Makes the compiler warn about a result that is ignored. */
#define ROOT_CHECKED __attribute__((warn_unused_result))

#define ROOT_PATH_MAX 320

/*
 * Formats a path into a local. A path that does not fit is never cut: it becomes a name that the
 * kernel refuses with -ENAMETOOLONG.
 */
#define ROOT_PATH(name, ...)      \
	char name[ROOT_PATH_MAX]; \
	root_path(name, __VA_ARGS__)
void root_path(char path[ROOT_PATH_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns whether only the kernel makes files there. */
static inline bool root_is_of_kernel(const char *path)
{
	return strncmp(path, "sys/", 4) == 0 || strncmp(path, "proc/", 5) == 0;
}

/*
 * Open a regular file for reading, or a directory with O_DIRECTORY. Anything else fails, is never
 * waited for and, except below /sys and /proc, not opened. flags: O_NOFOLLOW or similar. Return -1
 * or NULL with errno on failure.
 */
int root_open(const struct root *sys, const char *path, int flags);
FILE *root_fopen(const struct root *sys, const char *path);

/*
 * Report failures for lack of memory or descriptors, which say nothing about the machine. Such
 * failures are stored, so that code that reads many files can check once at the end: root_lack()
 * returns the first such negative errno since the last root_lack_reset(), or 0.
 */
int root_lack(const struct root *sys);
void root_lack_reset(const struct root *sys);
bool root_is_lack(int rc);

/*
 * Call getline(3) and fgets(3). A failure that is not the end of the file is stored as above, and
 * in errno. Lack of memory for a line does not set ferror(): only feof() shows that all was read.
 */
ssize_t root_getline(const struct root *sys, char **line, size_t *size, FILE *file);
char *root_gets(const struct root *sys, char *line, size_t size, FILE *file);

/* The functions below set buf to "" when they fail. */

/* Reads the first line without its newline. -EOVERFLOW if it does not fit. */
ROOT_CHECKED int root_read(const struct root *sys, const char *path, char *buf, size_t size);

/* Reads the start of a file with its newlines, as much as fits. Returns its length. */
ROOT_CHECKED int root_read_text(const struct root *sys, const char *path, char *buf, size_t size);

ROOT_CHECKED int root_read_u64(const struct root *sys, const char *path, int base, uint64_t *value);
ROOT_CHECKED int root_read_int(const struct root *sys, const char *path, int *value);

/* Writes the text with one write(2). -EIO for a short write. */
int root_write(const struct root *sys, const char *path, const char *text);

/* Returns 0 if this user may write to the file, or a negative errno. */
ROOT_CHECKED int root_may_write(const struct root *sys, const char *path);

/* Reads the last part of the target of a symbolic link. */
ROOT_CHECKED int root_link_name(const struct root *sys, const char *path, char *buf, size_t size);

/* Reads the target of a symbolic link. */
ROOT_CHECKED int root_link(const struct root *sys, const char *path, char *buf, size_t size);

/* Reads the inode number of a symbolic link, not of its target. sysfs never uses one again. */
ROOT_CHECKED int root_link_inode(const struct root *sys, const char *path, ino_t *inode);

/* Returns whether a file is masked: it is /dev/null or a link to it. */
bool root_is_null(const struct root *sys, const char *path);

/*
 * Returns 1 if the file exists, 0 if not, or a negative errno if that is unknown. root_seems()
 * treats unknown as no: use it where the answer only improves a text, or where root_lack() is
 * checked later.
 */
ROOT_CHECKED int root_exists(const struct root *sys, const char *path);
bool root_seems(const struct root *sys, const char *path);

/* Does the same for the name itself: a broken link exists too. */
ROOT_CHECKED int root_has_name(const struct root *sys, const char *path);

/*
 * Calls fn for each entry of a directory, unsorted. A negative return of fn ends the walk and is
 * returned.
 */
int root_each(const struct root *sys, const char *path,
	      int (*fn)(const struct root *sys, const char *name, void *data), void *data);

/*
 * Returns 1 if the directory lists the name, 0 if not, or a negative errno. For a name that could
 * not be opened, where a wrong "not found" would do harm.
 */
ROOT_CHECKED int root_is_listed(const struct root *sys, const char *directory, const char *name);

/* Returns whether the directory is known to have no entries. */
bool root_is_empty(const struct root *sys, const char *directory);

/* Parses "memory33" with prefix "memory" to 33. -EINVAL for any other name. */
int root_name_id(const char *name, const char *prefix, uint64_t *id);
