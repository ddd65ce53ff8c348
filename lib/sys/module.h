/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules: whether they exist, are loaded, and load. */
#pragma once

#include "lib/libmhp.h"

struct mhp_ctx;

struct module_ops {
	int (*load)(struct mhp_ctx *ctx, const char *name, struct mhp_error *err);
};

extern const struct module_ops module_kernel_ops;
