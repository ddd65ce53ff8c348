/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of files, directories and symbolic links, which any tar reads: one is made in memory,
 * and one that may come from anybody is unpacked.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/libmhp.h"

#include <stddef.h>
#include <stdint.h>

/* ---- making one -------------------------------------------------------------------------- */

struct archive;

/* Returns 0, -ENOMEM, or -EOPNOTSUPP if zlib is not installed. time_s: of each file. */
int archive_new(uint64_t time_s, struct archive **ret);
void archive_free(struct archive *archive);

/* Add an entry. Return 0 or -ENOMEM. */
int archive_add_file(struct archive *archive, const char *path, const void *data, size_t len);
int archive_add_link(struct archive *archive, const char *path, const char *target);
int archive_add_directory(struct archive *archive, const char *path);

/* Ends it and gives the compressed bytes to *to. Returns 0 or -ENOMEM. */
int archive_end(struct archive *archive, struct buf *to);

/* ---- unpacking one ------------------------------------------------------------------------- */

/* Limits of an archive. Path: with its NUL. */
#define ARCHIVE_BYTES_MAX   (256U << 20)
#define ARCHIVE_FILE_MAX    (32U << 20)
#define ARCHIVE_ENTRIES_MAX 600000
#define ARCHIVE_PATH_MAX    1024
#define ARCHIVE_DEPTH_MAX   48

/*
 * Unpacks an archive, compressed or not, into an empty directory. Takes fd. Nothing that it has can
 * lead out of the directory: it refuses all but files, directories and links to what is below, with
 * the exception of links to /dev/null. It ends when stop_fd is readable; -1: never. Returns 0, or a
 * negative errno (-ECANCELED); the directory then has a part of the files.
 */
int archive_unpack(int fd, int dirfd, int stop_fd, struct mhp_error *err);
