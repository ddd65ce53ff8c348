/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All memory blocks. A machine can have 50,000 of them, so the files of each are first read in the
 * shortest way, by several threads; whatever was not as it should be is read again by the functions
 * for one block.
 */
#include "lib/base/cleanup.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/model/block-more.h"
#include "lib/sys/attrs.h"
#include "lib/sys/ctx.h"
#include "lib/sys/readers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CANCEL_EVERY 256 /* blocks */

/* The blocks that are being read. start is MHP_UNKNOWN until the files of a block are read. */
struct block_walk {
	const struct mhp_ctx *ctx;
	uint64_t block_size;
	struct mhp_block *blocks;
	size_t nr;
	struct arena *arena;
	unsigned patience; /* see block_await(), for all blocks */
	bool has_nodes;	   /* not without CONFIG_NUMA */
	bool with_zones;
	struct attrs attrs;
};

/* ---- the numbers ------------------------------------------------------------------------- */

struct ids {
	uint64_t block_size;
	uint64_t *at;
	size_t nr;
	size_t space;
	bool is_sorted;
};

static void ids_free(struct ids *ids)
{
	free(ids->at);
}

static int add_id(const struct root *sys, const char *name, void *data)
{
	struct ids *ids = data;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0 || id > UINT64_MAX / ids->block_size)
		return 0;
	if (VEC_GROW(ids->at, ids->nr, ids->space) < 0)
		return -ENOMEM;
	ids->is_sorted = ids->is_sorted && (!ids->nr || ids->at[ids->nr - 1] < id);
	ids->at[ids->nr++] = id;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Makes the list of numbers the array of blocks, in the same memory: a machine has so many of them
 * that both would double what a scan needs. Begins with the last, as a block is larger than its
 * number.
 */
static int make_blocks(struct block_walk *walk, struct ids *ids)
{
	void *grown = reallocarray(ids->at, ids->nr, sizeof(*walk->blocks));

	_Static_assert(sizeof(*walk->blocks) >= sizeof(*ids->at), "none is overwritten unread");
	if (!grown)
		return -ENOMEM;
	ids->at = NULL;
	walk->blocks = grown;
	walk->nr = ids->nr;
	for (size_t i = walk->nr; i--;) {
		uint64_t id;

		memcpy(&id, (const char *)grown + i * sizeof(id), sizeof(id));
		walk->blocks[i] = (struct mhp_block){
			.id = id,
			.start = MHP_UNKNOWN,
			.node = -1,
			.state = MHP_BLOCK_UNKNOWN,
		};
	}
	return 0;
}

/* Lists the blocks by number, as the kernel lists them in no order. */
static int list_blocks(struct block_walk *walk)
{
	__attribute__((cleanup(ids_free))) struct ids ids = { .block_size = walk->block_size,
							      .is_sorted = true };
	int rc = root_each(&walk->ctx->sys, BLOCKS, add_id, &ids);

	if (rc < 0 || !ids.nr)
		return rc;
	if (!ids.is_sorted)
		qsort(ids.at, ids.nr, sizeof(*ids.at), by_number);
	return make_blocks(walk, &ids);
}

/* ---- state and zone ---------------------------------------------------------------------- */

#define BLOCK_PATH_MAX 64

/* Writes "memory33/" and the attribute. It runs for each file, where printf() takes too long. */
static void block_path(uint64_t id, const char *attribute, char path[BLOCK_PATH_MAX])
{
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + id % 10);
		id /= 10;
	} while (id);
	path = mempcpy(path, "memory", strlen("memory"));
	path = mempcpy(path, at, (size_t)(digits + sizeof(digits) - at));
	*path++ = '/';
	strcpy(path, attribute);
}

static bool read_attribute(const struct attrs *attrs, uint64_t id, const char *attribute,
			   char *text, size_t size)
{
	char path[BLOCK_PATH_MAX];

	block_path(id, attribute, path);
	return attrs_read(attrs, path, text, size);
}

/* Reads a block as block_await() does. Returns false if that has to read it. */
static bool read_block(const struct attrs *attrs, bool with_zone, struct mhp_block *block)
{
	char text[96];

	if (!read_attribute(attrs, block->id, "state", text, BLOCK_STATE_MAX))
		return false;
	block->state = block_state_parse(text);
	block->zone = block->state == MHP_BLOCK_OFFLINE ? MHP_ZONE_NONE : MHP_ZONE_UNKNOWN;
	if (block->state != MHP_BLOCK_ONLINE || !with_zone)
		return true;
	if (!read_attribute(attrs, block->id, "valid_zones", text, sizeof(text)))
		return false;
	block->zone = zone_parse(text);
	return true;
}

static void read_part(size_t first, size_t nr, void *data)
{
	struct block_walk *walk = data;

	if (ctx_cancelled(walk->ctx))
		return;
	for (struct mhp_block *block = walk->blocks + first; nr--; block++)
		if (read_block(&walk->attrs, walk->with_zones, block))
			block->start = block->id * walk->block_size;
}

static int read_blocks(struct block_walk *walk)
{
	size_t kept = 0;

	if (walk->attrs.fd >= 0)
		readers_run(walk->nr, read_part, walk);
	for (size_t i = 0; i < walk->nr; i++) {
		struct mhp_block *block = &walk->blocks[i];
		uint64_t id = block->id;

		if (i % CANCEL_EVERY == CANCEL_EVERY - 1 && ctx_cancelled(walk->ctx))
			return -ECANCELED;
		/* one that cannot be read exists in an unknown state and must not be skipped */
		if (block->start == MHP_UNKNOWN &&
		    block_await(&walk->ctx->sys, id, &walk->patience, block) == -ENOENT)
			continue; /* removed since it was listed */
		block->start = id * walk->block_size;
		if (kept < i)
			walk->blocks[kept] = *block;
		kept++;
	}
	walk->nr = kept;
	return 0;
}

/* ---- nodes: the directory of a node lists its blocks, which is less than a link a block -- */

struct node_walk {
	struct block_walk *blocks;
	int node;
};

struct link_walk {
	struct arena *arena;
	struct mhp_block *block;
};

/* Ignores all failures but a lack of memory, which the rest of the scan would not find. */
static int each_or_lack(const struct root *sys, const char *path,
			int (*fn)(const struct root *sys, const char *name, void *data), void *data)
{
	int rc = root_each(sys, path, fn, data);

	return rc == -ENOMEM ? rc : 0;
}

static int set_node(const struct root *sys, const char *name, void *data)
{
	const struct node_walk *walk = data;
	struct mhp_block *block;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0)
		return 0;
	block = block_find(walk->blocks->blocks, walk->blocks->nr, id);
	return block ? block_add_node(walk->blocks->arena, block, walk->node) : 0;
}

static int each_node(const struct root *sys, const char *name, void *data)
{
	struct node_walk walk = { .blocks = data };
	uint64_t node;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	walk.node = (int)node;
	ROOT_PATH(path, KERNEL_NODES "/%s", name);
	return each_or_lack(sys, path, set_node, &walk);
}

static int add_own_node(const struct root *sys, const char *name, void *data)
{
	const struct link_walk *walk = data;
	uint64_t node;

	(void)sys;
	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	return block_add_node(walk->arena, walk->block, (int)node);
}

static int read_nodes(struct block_walk *walk)
{
	const struct root *sys = &walk->ctx->sys;
	int rc = each_or_lack(sys, KERNEL_NODES, each_node, walk);

	for (size_t i = 0; i < walk->nr && rc == 0; i++) {
		struct link_walk links = { .arena = walk->arena, .block = &walk->blocks[i] };

		if (links.block->nr_nodes)
			continue;
		ROOT_PATH(path, BLOCKS "/memory%" PRIu64, links.block->id);
		rc = each_or_lack(sys, path, add_own_node, &links); /* no links, or no NUMA */
	}
	walk->has_nodes = root_exists(sys, KERNEL_NODES) != 0;
	return rc;
}

/* ---- possible zones ---------------------------------------------------------------------- */

/*
 * Returns whether the possible zones of a block are to be read: it is offline, has none yet, and
 * has a node. The link to the node is made after the node is set, and the directory of the block
 * stays that of one block, also if another one gets its number.
 */
static bool wants_valid_zones(const struct block_walk *walk, const struct mhp_block *block)
{
	return block->state == MHP_BLOCK_OFFLINE && !block->nr_valid_zones &&
	       (!walk->has_nodes || block->nr_nodes);
}

/* Reads them with the functions for one block. */
static void read_valid_zones(const struct block_walk *walk, struct mhp_block *block)
{
	struct root in_block = walk->ctx->sys;
	cleanup_close int fd = -1;
	char text[96];

	ROOT_PATH(path, BLOCKS "/memory%" PRIu64, block->id);
	ROOT_PATH(node, "node%d", mhp_block_node(block, 0));
	in_block.above = &walk->ctx->sys;
	in_block.place = path;
	in_block.root_fd = fd = root_open(&walk->ctx->sys, path, O_DIRECTORY);
	if (fd >= 0 && (!walk->has_nodes || root_has_name(&in_block, node) == 1) &&
	    root_read(&in_block, "valid_zones", text, sizeof(text)) == 0)
		block_take_valid_zones(text, block);
}

static void read_zones_part(size_t first, size_t nr, void *data)
{
	const struct block_walk *walk = data;

	if (ctx_cancelled(walk->ctx))
		return;
	for (struct mhp_block *block = walk->blocks + first; nr--; block++) {
		cleanup_attrs struct attrs attrs = ATTRS_NONE;
		char path[BLOCK_PATH_MAX], node[32], text[96];

		if (!wants_valid_zones(walk, block))
			continue;
		block_path(block->id, "", path);
		snprintf(node, sizeof(node), "node%d", mhp_block_node(block, 0));
		if (attrs_enter(&walk->attrs, path, &attrs) &&
		    (!walk->has_nodes || attrs_has_name(&attrs, node) == 1) &&
		    attrs_read(&attrs, "valid_zones", text, sizeof(text)))
			block_take_valid_zones(text, block);
	}
}

static void read_possible_zones(struct block_walk *walk)
{
	if (walk->attrs.fd >= 0)
		readers_run(walk->nr, read_zones_part, walk);
	for (size_t i = 0; i < walk->nr; i++)
		if (wants_valid_zones(walk, &walk->blocks[i]))
			read_valid_zones(walk, &walk->blocks[i]);
}

int block_read_all(const struct mhp_ctx *ctx, uint64_t block_size, bool with_zones,
		   struct arena *arena, struct mhp_block **blocks, size_t *nr)
{
	struct block_walk walk = {
		.ctx = ctx,
		.block_size = block_size,
		.arena = arena,
		.patience = BLOCK_REMOVAL_MS,
		.attrs = ATTRS_NONE,
		.with_zones = with_zones,
	};
	int rc = list_blocks(&walk);

	if (rc == 0) {
		attrs_open(&ctx->sys, BLOCKS, walk.nr, &walk.attrs); /* or each by itself */
		rc = read_blocks(&walk);
	}
	if (rc == 0)
		rc = read_nodes(&walk);
	if (rc == 0 && with_zones)
		read_possible_zones(&walk);
	attrs_close(&walk.attrs);
	if (rc < 0) {
		free(walk.blocks);
		return rc;
	}
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
	if (!block_find(known->blocks, known->nr, id))
		return -ENOENT;
	known->seen++;
	return 0;
}

bool block_are_all(const struct root *sys, const struct mhp_block *blocks, size_t nr)
{
	struct known_blocks known = { .blocks = blocks, .nr = nr };

	return root_each(sys, BLOCKS, is_known, &known) == 0 && known.seen == nr;
}
