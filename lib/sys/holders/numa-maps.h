/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of a process by node, from /proc/PID/numa_maps (since 2.6.14). */
#pragma once

#include "lib/sys/root.h"

#define NUMA_MAPS_NODES 1024

struct numa_maps {
	uint64_t bytes[NUMA_MAPS_NODES]; /* by node */
};

/*
 * Adds the memory that a process has on each node. Takes the lock of its address space, so it may
 * wait: call it in a child. Returns 0, -ENOENT (no such process or file), or another negative
 * errno; -EPROTO for a line that cannot be understood.
 */
int numa_maps_read(const struct root *sys, int pid, struct numa_maps *maps);
