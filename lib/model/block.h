/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory blocks: their state, zone and node. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/counts.h"
#include "lib/libmhp.h"
#include "lib/sys/kernel.h"
#include "lib/sys/root.h"

#define BLOCKS KERNEL_BLOCKS

#define BLOCK_STATE_MAX	 32  /* bytes of the text of a state */
#define BLOCK_REMOVAL_MS 100 /* how long a block may be without its files */

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

/*
 * Does the same for one of several blocks. The files of a block that is being removed go first, and
 * its directory follows at once: waits for that at most *patience milliseconds, and takes the time
 * off.
 */
int block_await(const struct root *sys, uint64_t id, unsigned *patience, struct mhp_block *block);

/* Adds the zones in the text of valid_zones, which it cuts into words. */
void block_take_valid_zones(char *text, struct mhp_block *block);

/*
 * Reads all blocks, ascending; the caller frees them, and the arena with what few of them have.
 * Without zones these are unknown, or none for an offline block. 0, -ECANCELED or another negative
 * errno.
 */
int block_read_all(const struct mhp_ctx *ctx, uint64_t block_size, bool with_zones,
		   struct arena *arena, struct mhp_block **blocks, size_t *nr);

/* Returns whether exactly these blocks (ascending) exist. Much faster than reading them again. */
bool block_are_all(const struct root *sys, const struct mhp_block *blocks, size_t nr);

/* Returns the index of the first block of an ascending array with this number or a larger one. */
size_t block_index(const struct mhp_block *blocks, size_t nr, uint64_t id);

/* Returns a block of an ascending array, or NULL. */
struct mhp_block *block_find(const struct mhp_block *blocks, size_t nr, uint64_t id);

/* Returns whether any part of the block lies on that node. */
bool block_is_on(const struct mhp_block *block, int node);

/* Copies the nodes of a block. Returns their number. */
unsigned block_nodes(const struct mhp_block *block, int nodes[BLOCK_NODES_MAX]);

/* Returns the bytes of the block on that node. */
uint64_t block_bytes_on(const struct mhp_block *block, int node, uint64_t block_size);
