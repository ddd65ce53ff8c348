/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Sets reasons and verdict of a block from its state, zone, page counts and owners. */
void check_judge(struct mhp_block_check *block, const struct mhp_destination *destination,
		 bool has_hidden_pages);
