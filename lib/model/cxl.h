/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums about CXL: free addresses of windows, and the memory of regions. */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/*
 * Sets free bytes of windows, memory of regions, and which blocks are unbacked. Call it after
 * orphaned blocks are marked. Returns 0 or a negative errno: memory or files are short.
 */
int cxl_count(const struct root *sys, struct mhp_topology *topo);

/* Returns the volatile bytes of a memory device that are in no region; 0 if not known. */
static inline uint64_t cxl_memdev_free(const struct mhp_cxl_memdev *memdev)
{
	if (memdev->ram_bytes == MHP_UNKNOWN || memdev->ram_used_bytes == MHP_UNKNOWN ||
	    memdev->ram_used_bytes >= memdev->ram_bytes)
		return 0;
	return memdev->ram_bytes - memdev->ram_used_bytes;
}

/* Returns what is known to have no decoder for another region of a memory device, or NULL. */
static inline const char *cxl_lacks_decoder(const struct mhp_cxl_memdev *memdev)
{
	if (memdev->free_decoders == 0)
		return "it";
	return memdev->bridge_free_decoders == 0 ? "its host bridge" : NULL;
}

/* Return whether the addresses are known and not empty, and set them. */
bool cxl_window_range(const struct mhp_cxl_window *window, struct mhp_range *range);
bool cxl_region_range(const struct mhp_cxl_region *region, struct mhp_range *range);

/* Returns whether decoders answer to the addresses of the region. */
enum mhp_tristate cxl_is_backed(const struct mhp_cxl_region *region);
