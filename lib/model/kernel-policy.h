/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of the kernel for new memory. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Reads block size, page size, auto_online_blocks, online_policy, memmap_on_memory and the memmap
 * rate. Leaves empty what the kernel lacks. -ENOENT: this kernel has no memory blocks.
 */
int kernel_policy_read(const struct root *sys, struct mhp_memory *memory);
