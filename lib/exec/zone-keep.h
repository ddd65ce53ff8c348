/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether a block may go offline for a while, to change its zone. */
#pragma once

#include "lib/exec/exec.h"

/*
 * Checks that the bytes which the request keeps are online in the other blocks of its targets, by
 * their states now. Returns 0, or -EIO with *err filled if it must stay in its zone.
 */
int zone_keep_check(const struct exec *x, const struct mhp_block *block, enum mhp_zone_request zone,
		    struct mhp_error *err);
