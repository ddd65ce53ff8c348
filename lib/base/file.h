/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens files of this tool and of the user safely: nothing planted in a directory is followed,
 * waited for or overwritten. A file is replaced as a whole or not at all, even at a power failure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opens a directory below another; no part of its path may be a symbolic link. make creates missing
 * parts (0755), which survive a power failure. Returns an fd or a negative errno.
 */
int file_open_dir_at(int dirfd, const char *path, bool make);

/*
 * Opens a regular file for reading, and never waits. A directory is -EISDIR; a FIFO or a device is
 * -EINVAL. follow: the last part of the path may be a symbolic link. Returns an fd or a negative
 * errno.
 */
int file_open_at(int dirfd, const char *path, bool follow);

/* Writes all of it, also after a signal. Returns 0 or a negative errno. */
int file_write_all(int fd, const char *data, size_t len);

/*
 * Returns why an open file or directory cannot be trusted, or NULL: a user other than root and the
 * caller can change it. A sticky directory, where only owners may rename, is fine.
 */
const char *file_distrust(int fd);

/*
 * Checks the directory of a file in the same way, because anyone who can rename in it can replace
 * the file. If path is a link, checks the directory of its target too. Sets *wrong and returns 0,
 * or returns -ENOMEM.
 */
int file_distrust_above(const char *path, const char **wrong);

/*
 * Reads an open file to its end and adds a NUL. Returns 0, -EFBIG if it is larger than max, or
 * another negative errno.
 */
int file_read_all(int fd, size_t max, char **text, size_t *len);

/*
 * Replaces or creates a file in a directory of this tool: writes it without a name or under a new
 * one, syncs it, gives it its name and syncs the directory. Removes what killed processes have left
 * of this. Returns 0 or a negative errno. After a failure the file is unchanged, unless only the
 * sync of the directory failed.
 */
int file_replace_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode);

/* Removes what killed processes have left of file_replace_at() in a directory. */
void file_remove_abandoned(int dirfd);

/*
 * Creates a file by the path that the user gave, complete or not at all. Returns -EEXIST if there
 * is one.
 */
int file_create(const char *path, const void *data, size_t len, mode_t mode);

/* Replaces a file by the path that the user gave; opens its directory first. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode);

/*
 * Returns 1 if a path that the user gave is a directory, 0 if it is anything else, or a negative
 * errno.
 */
int file_is_directory(const char *path);
