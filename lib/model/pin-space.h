/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The space for long-term pins in the zones of the nodes. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

struct pin_space {
	struct mhp_pin_zone *zones;
	size_t nr_zones;
	struct mhp_pin_node *nodes;
	size_t nr_nodes;
};

/*
 * Reads all zones that have memory. A value that the kernel does not print is MHP_UNKNOWN. Returns
 * 0, -ENODATA (no zone is shown), -ENOMEM or another negative errno.
 */
int pin_space_read(const struct root *sys, struct pin_space *space);
void pin_space_free(struct pin_space *space);

/* Orders the nodes as the kernel allocates for that one: itself, then by distance. */
void pin_space_order(const struct root *sys, struct pin_space *space, int node);

struct mhp_pin_node *pin_space_node(const struct pin_space *space, int node);
