/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Fill check->huge_pages, and tell of each block whether one of them keeps it. The pages of the
 * blocks have been counted. 0 or -ENOMEM; what cannot be read is left out.
 */
int check_huge_pages(const struct root *sys, const struct mhp_memory *memory,
		     struct mhp_block_check *blocks, size_t nr_blocks, struct mhp_check *check);
