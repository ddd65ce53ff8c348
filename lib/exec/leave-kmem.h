/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unbind of a dax device from kmem, which removes its memory. */
#pragma once

#include "lib/base/counts.h"
#include "lib/sys/child.h"
#include "lib/sys/dax/dax.h"

struct leave_args {
	struct dax_bind bind;
	uint64_t block_size;
	uint64_t wait_ms; /* for blocks that are going offline */
	unsigned nr_ranges;
	struct mhp_range ranges[RANGES_MAX];
};

/*
 * Unbinds the device from kmem, as a task, and checks right before that every block is offline. The
 * kernel accepts an unbind with online blocks, and the memory is then lost until the next boot.
 * Fails with MHP_REASON_CAME_BACK, or -EBUSY and MHP_REASON_DEADLINE while a block is going
 * offline.
 */
int leave_kmem(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
