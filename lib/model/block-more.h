/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts of few blocks. A machine has 50,000 blocks of at most one node and one device, so these
 * have no storage for more; the others have theirs in an arena, of the topology. A block without
 * pages, unplugged parts and several nodes shares it with all blocks of its device.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/counts.h"
#include "lib/libmhp.h"

struct mhp_block_more {
	const char *device; /* or NULL */
	uint64_t unplugged_bytes;
	bool has_pages;
	struct mhp_block_pages pages;
	int nodes[BLOCK_NODES_MAX]; /* of a block on several nodes */
	uint64_t node_bytes[BLOCK_NODES_MAX];
};

/* Adds a possible zone; ignores one that is too many. */
void block_add_valid_zone(struct mhp_block *block, enum mhp_zone zone);

/* Returns what blocks of that device share, which has a copy of the name; or NULL. */
struct mhp_block_more *block_device_new(struct arena *arena, const char *device);

/* Set or add one thing. 0 or -ENOMEM, which leaves the block as it is. */
void block_set_device(struct mhp_block *block, struct mhp_block_more *device);
int block_add_node(struct arena *arena, struct mhp_block *block, int node); /* in their order */
int block_set_pages(struct arena *arena, struct mhp_block *block,
		    const struct mhp_block_pages *pages);

/* Sets the unplugged part. 0, or -ENOMEM: then it is MHP_UNKNOWN. */
int block_set_unplugged(struct arena *arena, struct mhp_block *block, uint64_t bytes);

/* Gives copies of blocks their own copy of what the blocks have. 0 or -ENOMEM. */
int blocks_copy_more(struct arena *arena, struct mhp_block *copies, size_t nr);
