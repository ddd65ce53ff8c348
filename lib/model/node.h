/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* All nodes that exist, ascending, without what blocks tell; the caller frees them. */
int node_read_all(const struct root *sys, struct mhp_node **nodes, size_t *nr);

/* "0-3,7" counts 5. 0 for an empty list, -EINVAL for no list. */
int cpulist_count(const char *text, unsigned *count);

/* How many times the memory of the kernel's zones that of zone movable may be, before a warning. */
#define MOVABLE_RATIO_MAX 3

/* Bytes of all nodes in zone movable, and in the kernel's zones. */
void node_sum_zones(const struct mhp_topology *topo, uint64_t *movable, uint64_t *kernel);
