/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open files of a process that can hold pages. */
#pragma once

#include "lib/sys/child.h"

/*
 * Searches the open files of process @pid for one that holds the page at owner->address, and fills
 * in holder, holder_pid, fd, detail, confidence and source. Returns true if one was found. A
 * registered buffer that covers the address is certain; a device or a pipe with data is likely.
 */
bool holders_find(const struct root *sys, int pid, bool pinned, struct mhp_owner *owner);

/* Returns whether the process has a file open that holds pages, at any address. */
bool holders_any(const struct root *sys, int pid, bool pinned);

/*
 * Receives a registered buffer of a ring, in the address space of the process that registered it.
 */
typedef int (*buffer_fn)(int fd, struct mhp_range addresses, void *data);

/* Calls fn for each registered buffer of each ring that the process has open. */
int holders_each_buffer(const struct root *sys, int pid, buffer_fn fn, void *data);

/*
 * Finds a device or socket among the open files that pins memory. Returns its kind; *fd is its
 * descriptor.
 */
enum mhp_holder_kind holders_pinning_device(const struct root *sys, int pid, int *fd);

/* Parses "    0: 0x7f8322e00000/4194304" of an io_uring's fdinfo. Returns false for other lines. */
bool holders_parse_buffer(const char *line, struct mhp_range *addresses);
