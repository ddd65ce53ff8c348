/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The available memory of a node, and that of the machine. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Returns the bytes of a node that are free or easily freed: file pages that were not used lately;
 * or MHP_UNKNOWN.
 */
uint64_t meminfo_available(const struct root *sys, int node);

/* /proc/meminfo in bytes; MHP_UNKNOWN: not printed. */
struct meminfo {
	uint64_t total;
	uint64_t available;
	uint64_t swap_total;
	uint64_t swap_free;
};

/* Reads it. Returns 0 or a negative errno; values that were not found are unknown in both cases. */
int meminfo_read(const struct root *sys, struct meminfo *info);
