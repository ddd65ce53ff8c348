/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/block.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/model/block-more.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

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
	char text[BLOCK_STATE_MAX];
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
	unsigned patience = BLOCK_REMOVAL_MS;

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

void block_take_valid_zones(char *text, struct mhp_block *block)
{
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (is_one_zone(zone_parse(word)))
			block_add_valid_zone(block, zone_parse(word));
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

int block_await(const struct root *sys, uint64_t id, unsigned *patience, struct mhp_block *block)
{
	enum mhp_block_state state = MHP_BLOCK_UNKNOWN;
	int rc = await_state(sys, id, patience, &state);

	*block = (struct mhp_block){ .id = id, .node = -1, .state = state };
	if (rc == 0)
		read_zone(sys, block);
	return rc;
}

int block_read(const struct root *sys, uint64_t id, struct mhp_block *block)
{
	unsigned patience = BLOCK_REMOVAL_MS;

	return block_await(sys, id, &patience, block);
}

size_t block_index(const struct mhp_block *blocks, size_t nr, uint64_t id)
{
	size_t from = 0, to = nr;

	if (nr && id >= blocks->id && id - blocks->id < nr && blocks[id - blocks->id].id == id)
		return (size_t)(id - blocks->id); /* most machines have no gap before it */
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (blocks[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct mhp_block *block_find(const struct mhp_block *blocks, size_t nr, uint64_t id)
{
	size_t index = block_index(blocks, nr, id);

	return index < nr && blocks[index].id == id ? (struct mhp_block *)&blocks[index] : NULL;
}

bool block_is_on(const struct mhp_block *block, int node)
{
	bool is_on = block->node == node;

	for (unsigned i = 0; i < block->nr_nodes; i++)
		is_on |= mhp_block_node(block, i) == node;
	return is_on;
}

unsigned block_nodes(const struct mhp_block *block, int nodes[BLOCK_NODES_MAX])
{
	for (unsigned i = 0; i < block->nr_nodes; i++)
		nodes[i] = mhp_block_node(block, i);
	return block->nr_nodes;
}

uint64_t block_bytes_on(const struct mhp_block *block, int node, uint64_t block_size)
{
	if (block->node == node)
		return block_size;
	for (unsigned i = 0; i < block->nr_nodes; i++)
		if (mhp_block_node(block, i) == node)
			return mhp_block_node_bytes(block, i);
	return 0;
}
