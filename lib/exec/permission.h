/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this user may change memory on this machine. */
#pragma once

#include "lib/sys/ctx.h"

/* Returns 0, -EROFS (a copied tree, or /sys is read-only) or another negative errno. */
int permission_check(const struct mhp_ctx *ctx, struct mhp_error *err);
