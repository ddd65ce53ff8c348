/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads short attributes of many objects in one directory, in the shortest way and from several
 * threads: paths are relative to the open directory, and nothing is logged, stored or allocated.
 * It only reads what is as it should be, and leaves the rest (a link, an empty or missing file, an
 * error) to the functions of root.h, which know the reason.
 */
#pragma once

#include "lib/sys/root.h"

struct attrs {
	int fd;
	bool is_copy;
	bool has_devices; /* not of the kernel: opening a device there could have effects */
};

#define ATTRS_NONE ((struct attrs){ .fd = -1 })

/*
 * Opens a directory with so many objects. Returns false if it cannot be opened, or if what is read
 * from it has to be recorded or logged in its order.
 */
bool attrs_open(const struct root *sys, const char *path, size_t nr, struct attrs *attrs);

/* Opens a directory in it, which stays that of one object. Returns false on any failure. */
bool attrs_enter(const struct attrs *above, const char *path, struct attrs *attrs);

void attrs_close(struct attrs *attrs);
#define cleanup_attrs __attribute__((cleanup(attrs_close)))

/*
 * Opens a regular file. Returns -1 if root_open() is to open it instead.
 */
int attrs_open_file(const struct attrs *attrs, const char *path);

/*
 * Reads the first line of a regular file that is not empty, without its newline. Returns false if
 * the text is to be read with root_read() instead.
 */
bool attrs_read(const struct attrs *attrs, const char *path, char *buf, size_t size);

/* Returns 1 if the name exists, 0 if not, -1 if root_has_name() is to be asked. */
int attrs_has_name(const struct attrs *attrs, const char *path);
