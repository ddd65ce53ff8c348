/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dax regions that can be divided: what is free in them. */
#pragma once

#include "lib/base/range.h"
#include "lib/model/topology.h"

/*
 * Finds the ranges of the region that are in no device, ascending. Returns false if they are not
 * known: without root, without the address of the region, or if there are too many.
 */
bool dax_region_holes(const struct mhp_topology *topo, const struct mhp_dax_region *region,
		      struct ranges *holes);

/* Returns whether the device has no memory, which only a device of such a region can lack. */
bool dax_has_no_memory(const struct mhp_dax *dax);

/* Returns whether it is the first device of its region, which the kernel never deletes. */
bool dax_is_first(const struct mhp_dax *dax);

/* Writes the name that the kernel gives to the next device of the region. */
void dax_region_next_name(const struct mhp_topology *topo, const struct mhp_dax_region *region,
			  char *name, size_t size);
