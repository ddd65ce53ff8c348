/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/counts.h"
#include "lib/model/block.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"

#include "lib/sys/ctx.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define REMOVAL_MS 100 /* how long a block may be without its files */

enum mhp_zone zone_parse(const char *word)
{
	static const struct {
		const char *word;
		enum mhp_zone zone;
	} zones[] = {
		{ "DMA", MHP_ZONE_DMA },       { "DMA32", MHP_ZONE_DMA32 },
		{ "Normal", MHP_ZONE_NORMAL }, { "Movable", MHP_ZONE_MOVABLE },
		{ "none", MHP_ZONE_MIXED },    { "None", MHP_ZONE_MIXED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (strcmp(word, zones[i].word) == 0)
			return zones[i].zone;
	return MHP_ZONE_UNKNOWN;
}

enum mhp_block_state block_state_parse(const char *text)
{
	if (strcmp(text, "online") == 0)
		return MHP_BLOCK_ONLINE;
	if (strcmp(text, "offline") == 0)
		return MHP_BLOCK_OFFLINE;
	if (strcmp(text, "going-offline") == 0)
		return MHP_BLOCK_GOING_OFFLINE;
	return MHP_BLOCK_UNKNOWN;
}

static int read_state(const struct root *sys, uint64_t id, char *text, size_t size)
{
	ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/state", id);
	int rc = root_read(sys, path, text, size);

	return rc == -ENODEV ? -ENOENT : rc; /* removed between open and read */
}

/*
 * Reads the state. The files of a block that is being removed go first, and its directory follows
 * at once: waits for that at most *patience milliseconds, and takes the time off.
 */
static int await_state(const struct root *sys, uint64_t id, unsigned *patience,
		       enum mhp_block_state *state)
{
	char text[32];
	int rc = read_state(sys, id, text, sizeof(text));

	ROOT_PATH(path, BLOCKS "/memory%" PRIu64, id);
	while (rc == -ENOENT && root_has_name(sys, path) != 0) {
		if (!*patience)
			return -EIO;
		clock_sleep(1);
		--*patience;
		rc = read_state(sys, id, text, sizeof(text));
	}
	if (rc == 0)
		*state = block_state_parse(text);
	return rc;
}

int block_read_state(const struct root *sys, uint64_t id, enum mhp_block_state *state)
{
	unsigned patience = REMOVAL_MS;

	return await_state(sys, id, &patience, state);
}

/* Returns false for "none": no single zone can have all pages of the block. */
static bool is_one_zone(enum mhp_zone zone)
{
	return zone != MHP_ZONE_MIXED && zone != MHP_ZONE_UNKNOWN;
}

/*
 * Sets the zone, which the file has only for an online block. For any other the kernel computes
 * what is possible from the node, and a block that is being added has none yet: on 6.12 that read
 * ended in an oops (drivers/base/memory.c:valid_zones_show()).
 */
static void read_zone(const struct root *sys, struct mhp_block *block)
{
	char text[96];

	block->zone = block->state == MHP_BLOCK_OFFLINE ? MHP_ZONE_NONE : MHP_ZONE_UNKNOWN;
	if (block->state != MHP_BLOCK_ONLINE)
		return;
	ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/valid_zones", block->id);
	if (root_read(sys, path, text, sizeof(text)) == 0)
		block->zone = zone_parse(text); /* none without MEMORY_HOTREMOVE */
}

static void take_valid_zones(char *text, struct mhp_block *block)
{
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (is_one_zone(zone_parse(word)) &&
		    block->nr_valid_zones < ARRAY_SIZE(block->valid_zones))
			block->valid_zones[block->nr_valid_zones++] = zone_parse(word);
}

/* The nodes of a block: a block of boot memory may belong to several. */
struct block_nodes {
	unsigned nr;
	int last;
};

static int add_node_link(const struct root *sys, const char *name, void *data)
{
	struct block_nodes *nodes = data;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "node", &id) < 0 || id > INT_MAX)
		return 0;
	nodes->last = (int)id;
	nodes->nr++;
	return 0;
}

int block_read_node(const struct root *sys, uint64_t id)
{
	struct block_nodes nodes = { 0 };

	ROOT_PATH(path, BLOCKS "/memory%" PRIu64, id);
	root_each(sys, path, add_node_link, &nodes);
	return nodes.nr == 1 ? nodes.last : -1;
}

static int await_block(const struct root *sys, uint64_t id, unsigned *patience,
		       struct mhp_block *block)
{
	int rc;

	*block = (struct mhp_block){ .id = id, .node = -1, .state = MHP_BLOCK_UNKNOWN };
	rc = await_state(sys, id, patience, &block->state);
	if (rc == 0)
		read_zone(sys, block);
	return rc;
}

int block_read(const struct root *sys, uint64_t id, struct mhp_block *block)
{
	unsigned patience = REMOVAL_MS;

	return await_block(sys, id, &patience, block);
}

#define CANCEL_EVERY 256 /* blocks: a machine can have 50,000 of them */

struct block_walk {
	const struct mhp_ctx *ctx;
	uint64_t block_size;
	struct mhp_block *blocks;
	size_t nr;
	size_t size;
	unsigned patience; /* see await_state(), for all blocks */
};

static int add_block(const struct root *sys, const char *name, void *data)
{
	struct block_walk *walk = data;
	uint64_t id;

	if (root_name_id(name, "memory", &id) < 0 || id > UINT64_MAX / walk->block_size)
		return 0;
	if (VEC_GROW(walk->blocks, walk->nr, walk->size) < 0)
		return -ENOMEM;
	/* any other block that cannot be read exists in an unknown state and must not be skipped */
	if (await_block(sys, id, &walk->patience, &walk->blocks[walk->nr]) == -ENOENT)
		return 0; /* removed since it was listed */
	walk->blocks[walk->nr].start = id * walk->block_size;
	walk->nr++;
	return walk->nr % CANCEL_EVERY == 0 && ctx_cancelled(walk->ctx) ? -ECANCELED : 0;
}

static int by_id(const void *a, const void *b)
{
	const struct mhp_block *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* ---- nodes: the directory of a node lists its blocks, which is less than a link a block -- */

struct node_walk {
	struct block_walk *blocks;
	int node;
};

static int id_order(const void *key, const void *block)
{
	uint64_t id = *(const uint64_t *)key, other = ((const struct mhp_block *)block)->id;

	return id < other ? -1 : id > other;
}

/* Inserts a node in ascending order; a boot block may lie on several nodes. */
static void add_node(struct mhp_block *block, int node)
{
	unsigned at = block->nr_nodes;

	if (block->nr_nodes == BLOCK_NODES_MAX)
		return;
	for (; at && block->nodes[at - 1] > node; at--)
		block->nodes[at] = block->nodes[at - 1];
	block->nodes[at] = node;
	block->nr_nodes++;
	block->node = block->nr_nodes == 1 ? node : -1;
}

static int set_node(const struct root *sys, const char *name, void *data)
{
	const struct node_walk *walk = data;
	struct mhp_block *block;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0 || !walk->blocks->nr)
		return 0;
	block = bsearch(&id, walk->blocks->blocks, walk->blocks->nr, sizeof(*block), id_order);
	if (block)
		add_node(block, walk->node);
	return 0;
}

static int each_node(const struct root *sys, const char *name, void *data)
{
	struct node_walk walk = { .blocks = data };
	uint64_t node;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	walk.node = (int)node;
	ROOT_PATH(path, KERNEL_NODES "/%s", name);
	root_each(sys, path, set_node, &walk);
	return 0;
}

static int add_own_node(const struct root *sys, const char *name, void *data)
{
	uint64_t node;

	(void)sys;
	if (root_name_id(name, "node", &node) == 0 && node <= INT_MAX)
		add_node(data, (int)node);
	return 0;
}

static void read_nodes(const struct root *sys, struct block_walk *blocks)
{
	root_each(sys, KERNEL_NODES, each_node, blocks);
	for (size_t i = 0; i < blocks->nr; i++) {
		ROOT_PATH(path, BLOCKS "/memory%" PRIu64, blocks->blocks[i].id);
		if (!blocks->blocks[i].nr_nodes) /* a tree without these links, or no NUMA */
			root_each(sys, path, add_own_node, &blocks->blocks[i]);
	}
}

/*
 * Reads the possible zones of an offline block that has a node. The link to the node is made after
 * the node is set, and the directory stays that of one block, also if another one gets its number.
 */
static void read_valid_zones(const struct root *sys, bool has_nodes, struct mhp_block *block)
{
	struct root in_block = *sys;
	cleanup_close int fd = -1;
	char text[96];

	if (block->state != MHP_BLOCK_OFFLINE || (has_nodes && !block->nr_nodes))
		return;
	ROOT_PATH(path, BLOCKS "/memory%" PRIu64, block->id);
	ROOT_PATH(node, "node%d", block->nodes[0]);
	in_block.above = sys;
	in_block.place = path;
	in_block.root_fd = fd = root_open(sys, path, O_DIRECTORY);
	if (fd >= 0 && (!has_nodes || root_has_name(&in_block, node) == 1) &&
	    root_read(&in_block, "valid_zones", text, sizeof(text)) == 0)
		take_valid_zones(text, block);
}

bool block_is_on(const struct mhp_block *block, int node)
{
	bool is_on = block->node == node;

	for (unsigned i = 0; i < block->nr_nodes; i++)
		is_on |= block->nodes[i] == node;
	return is_on;
}

uint64_t block_bytes_on(const struct mhp_block *block, int node, uint64_t block_size)
{
	if (block->node == node)
		return block_size;
	for (unsigned i = 0; i < block->nr_nodes; i++)
		if (block->nodes[i] == node)
			return block->node_bytes[i];
	return 0;
}

int block_read_all(const struct mhp_ctx *ctx, uint64_t block_size, struct mhp_block **blocks,
		   size_t *nr)
{
	const struct root *sys = &ctx->sys;
	struct block_walk walk = {
		.ctx = ctx,
		.block_size = block_size,
		.patience = REMOVAL_MS,
	};
	int rc = root_each(sys, BLOCKS, add_block, &walk);
	bool has_nodes;

	if (rc < 0) {
		free(walk.blocks);
		return rc;
	}
	if (walk.nr)
		qsort(walk.blocks, walk.nr, sizeof(*walk.blocks), by_id);
	read_nodes(sys, &walk);
	has_nodes = root_exists(sys, KERNEL_NODES) != 0; /* not without CONFIG_NUMA */
	for (size_t i = 0; i < walk.nr; i++)
		read_valid_zones(sys, has_nodes, &walk.blocks[i]);
	*blocks = walk.blocks;
	*nr = walk.nr;
	return 0;
}

/* ---- comparing with what was read ---------------------------------------------------------- */

struct known_blocks {
	const struct mhp_block *blocks;
	size_t nr;
	size_t seen;
};

static int is_known(const struct root *sys, const char *name, void *data)
{
	struct known_blocks *known = data;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0)
		return 0;
	if (!known->nr || !bsearch(&id, known->blocks, known->nr, sizeof(*known->blocks), id_order))
		return -ENOENT;
	known->seen++;
	return 0;
}

bool block_are_all(const struct root *sys, const struct mhp_block *blocks, size_t nr)
{
	struct known_blocks known = { .blocks = blocks, .nr = nr };

	return root_each(sys, BLOCKS, is_known, &known) == 0 && known.seen == nr;
}
