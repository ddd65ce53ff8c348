/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/sysfs.h"

/*
 * Fill in what the kernel has for itself on each node; MHP_UNKNOWN where /proc/zoneinfo cannot be
 * read. What is available is counted as MemAvailable in /proc/meminfo is, but without zone movable.
 */
void zone_read_all(const struct sysfs *sys, uint64_t page_size, struct mhp_node *nodes, size_t nr);
