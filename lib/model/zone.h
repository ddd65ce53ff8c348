/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Fill in what is available in all, and what the kernel has for itself on each node; MHP_UNKNOWN
 * where /proc/zoneinfo cannot be read. It is counted as MemAvailable in /proc/meminfo is, for the
 * nodes without zone movable.
 */
void zone_read_all(const struct root *sys, struct mhp_memory *memory, struct mhp_node *nodes,
		   size_t nr);

/*
 * Where blocks lie on several nodes, what of them is on each: as the zones of the nodes reach, or
 * where these overlap or cannot be read in equal parts.
 */
void zone_split_blocks(const struct root *sys, const struct mhp_memory *memory,
		       struct mhp_block *blocks, size_t nr);

/* The word that brings a block online so: written to its state, or to auto_online_blocks. */
const char *zone_request_word(enum mhp_zone_request zone);

/* Is that the zone that was asked for? One that is not known counts as it. */
bool zone_satisfies(enum mhp_zone zone, enum mhp_zone_request request);
