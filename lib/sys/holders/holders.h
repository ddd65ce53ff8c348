/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a process's open files can hold pages. */
#pragma once

#include "lib/sys/holders/owners.h"

/*
 * Look through the open files of process @pid for what holds the page at owner->address, and fill
 * holder, holder_pid, fd, detail, confidence and source. True when something was found. A
 * registered buffer that covers the address is certain; a device or a pipe with data is likely.
 */
bool holders_find(const struct root *sys, int pid, bool pinned, struct mhp_owner *owner);

/* Has the process anything open that holds pages, wherever they are? */
bool holders_any(const struct root *sys, int pid, bool pinned);

/* A registered buffer of a ring, in the address space of the process that registered it. */
typedef int (*buffer_fn)(int fd, struct mhp_range addresses, void *data);

/* Call fn for each registered buffer of each ring that the process has open. */
int holders_each_buffer(const struct root *sys, int pid, buffer_fn fn, void *data);

/* The kind of a device or socket that pins memory among the open files, and its descriptor. */
enum mhp_holder_kind holders_pinning_device(const struct root *sys, int pid, int *fd);
