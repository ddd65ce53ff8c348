/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Protects what the kernel does not: which object is meant, and the memory of a region. */
#pragma once

#include "lib/sys/cxl/change.h"

/*
 * Reads the region that is meant. Returns 1, 0 if no region has its name, or -ESTALE if it is now a
 * different one. Fails if the region does not exist, where that is a failure.
 */
int cxl_find_region(const struct mhp_ctx *ctx, const struct cxl_region_id *id,
		    struct mhp_cxl_region *region, struct mhp_error *err);
int cxl_need_region(const struct mhp_ctx *ctx, const struct cxl_region_id *id,
		    struct mhp_cxl_region *region, struct mhp_error *err);

/* Checks that a memory device exists and is the one that is meant. */
int cxl_check_memdev(const struct mhp_ctx *ctx, const struct cxl_memdev_id *id,
		     struct mhp_error *err);

/* Refuses to undo a region that is locked, or that is not volatile. */
int cxl_may_undo(const struct mhp_cxl_region *region, struct mhp_error *err);

/*
 * Refuses while the range of a region has a memory block, while that cannot be known, and while a
 * process uses one of its dax devices. To be called right before each write that ends a region.
 */
int cxl_guard(const struct mhp_ctx *ctx, const struct mhp_cxl_region *region,
	      struct mhp_error *err);
