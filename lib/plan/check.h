/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* What speaks against it, and so the verdict, from state, zone, counts and owners. */
void check_judge(struct mhp_block_check *block, const struct mhp_destination *room,
		 bool pages_hidden);
