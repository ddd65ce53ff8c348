/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two writes that take the memory of a region away. Each is guarded. */
#pragma once

#include "lib/libmhp.h"

struct mhp_ctx;

/* Unbinds the driver of a region, or resets its decoders. Success if that is so already. */
int cxl_disable(struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err);
int cxl_reset(struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err);
