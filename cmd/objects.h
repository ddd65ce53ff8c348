/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts that follow from the objects of a topology. */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>
#include <stdint.h>

/* Return the capacity of a CXL memory device, and the part in no region; or MHP_UNKNOWN. */
uint64_t cxl_memdev_bytes(const struct mhp_cxl_memdev *memdev);
uint64_t cxl_memdev_free(const struct mhp_cxl_memdev *memdev);

/* Names a member by its memory device, else by its decoder; "?" if it is missing or unknown. */
const char *cxl_member_name(const struct mhp_cxl_member *member);

/* Returns the dax region of a CXL region, or NULL. */
const struct mhp_dax_region *cxl_region_dax(const struct mhp_topology *topo,
					    const struct mhp_cxl_region *region);

/* Formats the zones of the online blocks of a dax device: "movable", "normal,movable"; or "". */
const char *zones_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax, char *buf,
			    size_t size);
