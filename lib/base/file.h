/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of ours and of the user: opened so that nothing planted in a folder is followed, waited for
 * or overwritten, and replaced whole or not at all, past a power cut.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opens a folder below another, no part of whose path may be a symbolic link. With make, parts that
 * are missing are made (0755). Returns an fd or a negative errno.
 */
int file_open_dir_at(int dirfd, const char *path, bool make);

/*
 * Opens a regular file for reading; a FIFO, a device or a folder of that name is -EINVAL and is
 * never waited for. follow: a symbolic link in its place may be followed. An fd or a negative
 * errno.
 */
int file_open_at(int dirfd, const char *path, bool follow);

/*
 * What makes an open file or folder unfit to be obeyed: somebody else than root and the caller may
 * change it. NULL where nobody else may. A folder in which only owners may rename is fine.
 */
const char *file_distrust(int fd);

/*
 * The same of the folder that a file stands in, whoever may rename in which may replace it, and
 * where path is a link that of the file too. 0 and *wrong, or -ENOMEM.
 */
int file_distrust_above(const char *path, const char **wrong);

/* Reads an open file to its end, with a final NUL. -EFBIG where it is larger than max. */
int file_read_all(int fd, size_t max, char **text, size_t *len);

/*
 * Replaces a file of a folder, or makes it: written under a new name, synced, renamed, and the
 * folder synced. What was there under any other name is left alone. 0 or a negative errno, and
 * then the file is as it was.
 */
int file_replace_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode);

/* The same by a path of the user's, whose folder is opened first. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode);

/* Is a path of the user's a folder? 1, 0 where it is anything else, or a negative errno. */
int file_is_folder(const char *path);
