/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones: their sizes, and the request for one. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Sets the available memory of the machine, and of the kernel zones on each node; MHP_UNKNOWN if
 * /proc/zoneinfo cannot be read. Counts like MemAvailable in /proc/meminfo; for nodes without zone
 * movable.
 */
void zone_read_all(const struct root *sys, struct mhp_memory *memory, struct mhp_node *nodes,
		   size_t nr);

/*
 * Divides blocks that lie on several nodes: by the spans of the nodes' zones, or in equal parts if
 * these overlap or cannot be read.
 */
void zone_split_blocks(const struct root *sys, const struct mhp_memory *memory,
		       struct mhp_block *blocks, size_t nr);

/* Returns the word for that request in a block's state file and in auto_online_blocks. */
const char *zone_request_word(enum mhp_zone_request zone);

/* Returns whether the zone fulfils the request; an unknown zone does. */
bool zone_satisfies(enum mhp_zone zone, enum mhp_zone_request request);
