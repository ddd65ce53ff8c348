/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/block-more.h"
#include "lib/base/export.h"

#include <errno.h>

_Static_assert(sizeof(struct mhp_block) <= 32, "a machine has 50,000 of them");

/* ---- reading ----------------------------------------------------------------------------- */

MHP_EXPORT const char *mhp_block_device(const struct mhp_block *block)
{
	return block->more && block->more->device ? block->more->device : "";
}

#define ZONE_BITS 3
#define ZONE_MASK ((1U << ZONE_BITS) - 1)
#define ZONES_MAX 3

_Static_assert(NR_ZONES <= 1U << ZONE_BITS, "valid_zones has space for each zone");

MHP_EXPORT enum mhp_zone mhp_block_valid_zone(const struct mhp_block *block, size_t index)
{
	if (index >= block->nr_valid_zones)
		return MHP_ZONE_NONE;
	return (enum mhp_zone)(block->valid_zones >> index * ZONE_BITS & ZONE_MASK);
}

MHP_EXPORT int mhp_block_node(const struct mhp_block *block, size_t index)
{
	if (index >= block->nr_nodes)
		return -1;
	return block->nr_nodes == 1 ? block->node : block->more->nodes[index];
}

MHP_EXPORT uint64_t mhp_block_node_bytes(const struct mhp_block *block, size_t index)
{
	return block->nr_nodes > 1 && index < block->nr_nodes ? block->more->node_bytes[index] : 0;
}

MHP_EXPORT const struct mhp_block_pages *mhp_block_pages(const struct mhp_block *block)
{
	return block->more && block->more->has_pages ? &block->more->pages : NULL;
}

MHP_EXPORT uint64_t mhp_block_unplugged_bytes(const struct mhp_block *block)
{
	if (block->is_plugged_unknown)
		return MHP_UNKNOWN;
	return block->more ? block->more->unplugged_bytes : 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

void block_add_valid_zone(struct mhp_block *block, enum mhp_zone zone)
{
	if (block->nr_valid_zones == ZONES_MAX)
		return;
	block->valid_zones |= (unsigned)zone << block->nr_valid_zones * ZONE_BITS;
	block->nr_valid_zones++;
}

/* Returns the storage of this block alone, with its device. */
static struct mhp_block_more *own_more(struct arena *arena, struct mhp_block *block)
{
	struct mhp_block_more *own;

	if (block->has_own_more)
		return block->more;
	own = arena_alloc(arena, sizeof(*own));
	if (!own)
		return NULL;
	own->device = block->more ? block->more->device : NULL;
	block->more = own;
	block->has_own_more = true;
	return own;
}

struct mhp_block_more *block_device_new(struct arena *arena, const char *device)
{
	struct mhp_block_more *more = arena_alloc(arena, sizeof(*more));

	if (more)
		more->device = arena_text(arena, device);
	return more && more->device ? more : NULL;
}

void block_set_device(struct mhp_block *block, struct mhp_block_more *device)
{
	if (block->has_own_more)
		block->more->device = device->device;
	else
		block->more = device;
}

int block_add_node(struct arena *arena, struct mhp_block *block, int node)
{
	unsigned at = block->nr_nodes;
	struct mhp_block_more *own;

	if (at == BLOCK_NODES_MAX)
		return 0;
	if (!at) {
		block->node = node;
		block->nr_nodes = 1;
		return 0;
	}
	own = own_more(arena, block);
	if (!own)
		return -ENOMEM;
	if (at == 1)
		own->nodes[0] = block->node;
	for (; at && own->nodes[at - 1] > node; at--)
		own->nodes[at] = own->nodes[at - 1];
	own->nodes[at] = node;
	block->nr_nodes++;
	block->node = -1;
	return 0;
}

int block_set_pages(struct arena *arena, struct mhp_block *block,
		    const struct mhp_block_pages *pages)
{
	struct mhp_block_more *own = own_more(arena, block);

	if (!own)
		return -ENOMEM;
	own->pages = *pages;
	own->has_pages = true;
	return 0;
}

int block_set_unplugged(struct arena *arena, struct mhp_block *block, uint64_t bytes)
{
	struct mhp_block_more *own;

	block->is_plugged_unknown = true;
	if (bytes == MHP_UNKNOWN)
		return 0;
	if (bytes || block->has_own_more) {
		own = own_more(arena, block);
		if (!own)
			return -ENOMEM;
		own->unplugged_bytes = bytes;
	}
	block->is_plugged_unknown = false;
	return 0;
}

/* ---- copying ----------------------------------------------------------------------------- */

/* The copy of the device of the last block, which the next one mostly has too. */
struct device_copy {
	const char *of;
	struct mhp_block_more *device;
};

static int copy_more(struct arena *arena, struct mhp_block *copy, struct device_copy *last)
{
	const struct mhp_block_more *more = copy->more;
	struct mhp_block_more *own;

	if (more->device && more->device != last->of) {
		last->device = block_device_new(arena, more->device);
		last->of = last->device ? more->device : NULL;
		if (!last->device)
			return -ENOMEM;
	}
	if (!copy->has_own_more) {
		copy->more = last->device;
		return 0;
	}
	own = arena_alloc(arena, sizeof(*own));
	if (!own)
		return -ENOMEM;
	*own = *more;
	own->device = more->device ? last->device->device : NULL;
	copy->more = own;
	return 0;
}

int blocks_copy_more(struct arena *arena, struct mhp_block *copies, size_t nr)
{
	struct device_copy last = { .of = NULL };
	int rc = 0;

	for (size_t i = 0; i < nr && rc == 0; i++)
		if (copies[i].more)
			rc = copy_more(arena, &copies[i], &last);
	return rc;
}
