/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The space for pages that have to leave the blocks of some nodes. */
#pragma once

#include "lib/base/idset.h"
#include "lib/sys/root.h"

#include <stdbool.h>
#include <stdint.h>

struct space {
	uint64_t bytes;	  /* free or easily freed on the nodes that pages move to */
	bool is_own_node; /* there is no other node with memory: pages move within these */
};

/*
 * Measures it: the other nodes, or without one these nodes, which include the blocks
 * (mm/memory_hotplug.c). Returns false if that is not known.
 */
bool space_measure(const struct root *sys, const struct idset *sources, struct space *space);
