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

#define CXL_PIECE (256ULL << 20) /* the kernel's unit of regions, for each of their ways */

/* Returns whether the memory device is a member of the region. */
bool cxl_has_card(const struct mhp_cxl_region *region, const char *memdev);

/* Returns whether its data is persistent: then its memory is that of an NVDIMM region. */
bool cxl_is_persistent(const struct mhp_cxl_region *region);

/* Returns whether a request for this many bytes means a region of this size. */
bool cxl_is_sized(const struct mhp_cxl_region *region, uint64_t bytes);

/*
 * Returns the options with which mhpctl online makes a region of all free bytes of the memory
 * device: none, or --size if it has a region. NULL if that --size means a region that exists.
 */
const char *cxl_rest_options(const struct mhp_topology *topo, const struct mhp_cxl_memdev *memdev,
			     char *buf, size_t size);

/* Return whether the addresses are known and not empty, and set them. */
bool cxl_window_range(const struct mhp_cxl_window *window, struct mhp_range *range);
bool cxl_region_range(const struct mhp_cxl_region *region, struct mhp_range *range);

/* Returns whether decoders answer to the addresses of the region. */
enum mhp_tristate cxl_is_backed(const struct mhp_cxl_region *region);
