/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/zone.h"
#include "lib/model/block-more.h"
#include "lib/sys/zoneinfo.h"

#include <string.h>

struct zone_walk {
	struct mhp_node *nodes;
	size_t nr;
	uint64_t page_size;
	bool any;
	uint64_t available_bytes; /* in all of them */
};

static uint64_t smaller_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Counts free pages above the reserve, and at least half of the reclaimable pages. */
static uint64_t available_pages(const struct zoneinfo *zone)
{
	uint64_t reserve = smaller_of(zone->high + zone->protection, zone->managed);
	uint64_t pages = zone->free > reserve ? zone->free - reserve : 0;

	pages += zone->file - smaller_of(zone->file / 2, zone->low);
	return pages + zone->slab_reclaimable - smaller_of(zone->slab_reclaimable / 2, zone->low);
}

static void add_zone(const struct zoneinfo *zone, void *data)
{
	struct zone_walk *walk = data;

	walk->any = true;
	if (strcmp(zone->name, "Device") != 0)
		walk->available_bytes += available_pages(zone) * walk->page_size;
	for (size_t i = 0; i < walk->nr; i++) {
		struct mhp_node *node = &walk->nodes[i];

		if (node->node != zone->node || strcmp(zone->name, "Movable") == 0 ||
		    strcmp(zone->name, "Device") == 0)
			continue;
		node->kernel_present_bytes += zone->present * walk->page_size;
		node->kernel_available_bytes += available_pages(zone) * walk->page_size;
	}
}

void zone_read_all(const struct root *sys, struct mhp_memory *memory, struct mhp_node *nodes,
		   size_t nr)
{
	struct zone_walk walk = { .nodes = nodes, .nr = nr, .page_size = memory->page_size };
	int rc;

	for (size_t i = 0; i < nr; i++)
		nodes[i].kernel_present_bytes = nodes[i].kernel_available_bytes = 0;
	rc = zoneinfo_each(sys, add_zone, &walk);
	memory->available_bytes = rc < 0 || !walk.any ? MHP_UNKNOWN : walk.available_bytes;
	for (size_t i = 0; i < nr && (rc < 0 || !walk.any); i++)
		nodes[i].kernel_present_bytes = nodes[i].kernel_available_bytes = MHP_UNKNOWN;
}

/* ---- blocks on several nodes ------------------------------------------------------------- */

struct split_walk {
	struct mhp_block *blocks;
	size_t nr;
	const struct mhp_memory *memory;
};

static void add_node_bytes(const struct zoneinfo *zone, void *data)
{
	const struct split_walk *walk = data;
	uint64_t start = zone->start_pfn * walk->memory->page_size;
	uint64_t end = start + zone->spanned * walk->memory->page_size;

	if (strcmp(zone->name, "Device") == 0)
		return;
	for (size_t i = 0; i < walk->nr; i++) {
		struct mhp_block *block = &walk->blocks[i];
		uint64_t last = block->start + walk->memory->block_size;
		uint64_t from = start > block->start ? start : block->start;
		uint64_t to = smaller_of(end, last);

		for (unsigned k = 0; block->nr_nodes > 1 && k < block->nr_nodes; k++)
			if (mhp_block_node(block, k) == zone->node && to > from)
				block->more->node_bytes[k] += to - from;
	}
}

static void split_evenly(struct mhp_block *block, uint64_t size)
{
	const unsigned nr = block->nr_nodes;
	uint64_t sum = 0;

	for (unsigned k = 0; k < nr; k++)
		sum += mhp_block_node_bytes(block, k);
	for (unsigned k = 0; sum != size && k < nr; k++)
		block->more->node_bytes[k] = size / nr + (k == 0 ? size % nr : 0);
}

void zone_split_blocks(const struct root *sys, const struct mhp_memory *memory,
		       struct mhp_block *blocks, size_t nr)
{
	struct split_walk walk = { .blocks = blocks, .nr = nr, .memory = memory };
	bool any = false;

	for (size_t i = 0; i < nr; i++)
		any |= blocks[i].nr_nodes > 1;
	if (any)
		zoneinfo_each(sys, add_node_bytes, &walk);
	for (size_t i = 0; any && i < nr; i++)
		if (blocks[i].nr_nodes > 1)
			split_evenly(&blocks[i], memory->block_size);
}

/* ---- what a request asks for --------------------------------------------------------------- */

const char *zone_request_word(enum mhp_zone_request zone)
{
	return zone == MHP_ZONE_REQUEST_MOVABLE	 ? "online_movable"
	       : zone == MHP_ZONE_REQUEST_KERNEL ? "online_kernel"
						 : "online";
}

bool zone_satisfies(enum mhp_zone zone, enum mhp_zone_request request)
{
	switch (request) {
	case MHP_ZONE_REQUEST_MOVABLE:
		return zone == MHP_ZONE_MOVABLE || zone == MHP_ZONE_UNKNOWN;
	case MHP_ZONE_REQUEST_KERNEL:
		return zone != MHP_ZONE_MOVABLE && zone != MHP_ZONE_NONE;
	default:
		return true;
	}
}
