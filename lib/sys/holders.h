/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a process's open files can hold pages. */
#pragma once

#include "lib/sys/owners.h"

/*
 * Look through the open files of process @pid for what holds the page at owner->address, and fill
 * holder, holder_pid, fd, detail and confidence. True when something was found. A registered
 * buffer that covers the address is certain; a device or a pipe with data is likely.
 */
bool holders_find(const struct sysfs *sys, int pid, bool pinned, struct mhp_owner *owner);
