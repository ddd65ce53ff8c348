/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes: their memory and CPUs. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* Reads all nodes, ascending, without the sums over blocks; the caller frees them. */
int node_read_all(const struct root *sys, struct mhp_node **nodes, size_t *nr);

/* Counts the numbers in a list: 5 for "0-3,7". 0, or -EINVAL for a text that is not a list. */
int cpulist_count(const char *text, unsigned *count);

/* Plans warn if zone movable is larger than this multiple of the kernel zones. */
#define MOVABLE_RATIO_MAX 3

/*
 * Sums up the online bytes of all nodes in zone movable, and in the kernel zones. Returns false if
 * the state or the zone of a block is not known: there may be more movable memory than that.
 */
bool node_sum_zones(const struct mhp_topology *topo, uint64_t *movable, uint64_t *kernel);

/* Returns whether zone movable is at most ratio_movable bytes for ratio_kernel of the kernel's
 * zones. */
bool node_ratio_holds(uint64_t movable, uint64_t kernel, unsigned ratio_movable,
		      unsigned ratio_kernel);
