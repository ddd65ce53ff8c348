/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory blocks: their state, zone and node. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/kernel.h"
#include "lib/sys/root.h"

#define BLOCKS KERNEL_BLOCKS

/* Parses one word of valid_zones: "Movable", "none". */
enum mhp_zone zone_parse(const char *word);

/* Parses the text of a state file. "online_movable" is not a state. */
enum mhp_block_state block_state_parse(const char *text);

/*
 * Reads the state of memory@id. 0, or -ENOENT: no such block (any more); -EIO if it has no state
 * and stays.
 */
int block_read_state(const struct root *sys, uint64_t id, enum mhp_block_state *state);

/* Returns the node of memory@id, -1 for several or none. */
int block_read_node(const struct root *sys, uint64_t id);

/* Reads state and zone of memory@id, not its node and the zones that it can have. 0, or -ENOENT. */
int block_read(const struct root *sys, uint64_t id, struct mhp_block *block);

/* Reads all blocks, ascending; the caller frees them. 0, -ECANCELED or another negative errno. */
int block_read_all(const struct mhp_ctx *ctx, uint64_t block_size, struct mhp_block **blocks,
		   size_t *nr);

/* Returns whether exactly these blocks (ascending) exist. Much faster than reading them again. */
bool block_are_all(const struct root *sys, const struct mhp_block *blocks, size_t nr);

/* Returns whether any part of the block lies on that node. */
bool block_is_on(const struct mhp_block *block, int node);

/* Returns the bytes of the block on that node. */
uint64_t block_bytes_on(const struct mhp_block *block, int node, uint64_t block_size);
