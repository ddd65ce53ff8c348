/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Fills check->huge_pages and marks each block that one of them keeps online. The pages of the
 * blocks must have been counted. Returns 0 or -ENOMEM; unreadable pages are left out.
 */
int check_huge_pages(const struct root *sys, const struct mhp_memory *memory,
		     struct mhp_block_check *blocks, size_t nr_blocks, struct mhp_check *check);
