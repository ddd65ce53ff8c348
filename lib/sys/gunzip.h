/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a file that is compressed by gzip, or is not compressed. One that is cut is refused;
 * gzread() of zlib 1.3.2 takes it for a whole one.
 */
#pragma once

#include <stddef.h>

struct gunzip;

/* Begins to read. Takes fd. Returns NULL without memory. */
struct gunzip *gunzip_new(int fd);

/*
 * Reads up to len bytes, fewer only at the end. Returns the number, or -EBADMSG if the file is
 * damaged or cut, -ENOMEM, -EOPNOTSUPP if it is compressed and zlib is not installed, or another
 * negative errno.
 */
int gunzip_read(struct gunzip *g, void *data, size_t len);

/* Closes the file, and frees all; NULL: nothing. */
void gunzip_free(struct gunzip *g);
