/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/runs.h"

#include <string.h>

/* Compares the plugged sizes: a partial block is a run of its own, so that its size is shown. */
static bool same_plugged(const struct mhp_block *a, const struct mhp_block *b)
{
	const uint64_t unplugged = mhp_block_unplugged_bytes(a);

	return unplugged == mhp_block_unplugged_bytes(b) &&
	       (!unplugged || unplugged == MHP_UNKNOWN);
}

static bool is_same_but_id(const struct mhp_block *a, const struct mhp_block *b)
{
	if (a->is_orphaned != b->is_orphaned || a->is_unbacked != b->is_unbacked ||
	    a->state != b->state || a->zone != b->zone || a->node != b->node ||
	    a->nr_nodes != b->nr_nodes || a->origin != b->origin ||
	    a->nr_valid_zones != b->nr_valid_zones || !same_plugged(a, b) ||
	    strcmp(mhp_block_device(a), mhp_block_device(b)) != 0)
		return false;
	for (size_t i = 0; i < a->nr_valid_zones; i++)
		if (mhp_block_valid_zone(a, i) != mhp_block_valid_zone(b, i))
			return false;
	for (size_t i = 0; i < a->nr_nodes; i++)
		if (mhp_block_node(a, i) != mhp_block_node(b, i))
			return false;
	return true;
}

bool run_next(const struct mhp_topology *topo, size_t *index, bool each, struct run *run)
{
	const struct mhp_block *block = mhp_topology_block(topo, *index);

	if (!block)
		return false;
	*run = (struct run){ block->id, block->id, block };
	while ((block = mhp_topology_block(topo, ++*index))) {
		if (each || block->id != run->last + 1 || !is_same_but_id(run->block, block))
			break;
		run->last = block->id;
	}
	return true;
}

/* ---- the blocks of a device -------------------------------------------------------------- */

/* Returns the index of the first block at the address or after it. */
static size_t first_block_from(const struct mhp_topology *topo, uint64_t address)
{
	const struct mhp_block *block;
	size_t from = 0, to = 0, middle;

	while ((block = mhp_topology_block(topo, to)) && block->start < address) {
		from = to + 1;
		to = 2 * from;
	}
	while (from < to) {
		middle = from + (to - from) / 2;
		block = mhp_topology_block(topo, middle);
		if (block && block->start < address)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Returns the range from the first address of a device to its last. */
static struct mhp_range span_of(const struct mhp_dax *dax)
{
	struct mhp_range span = { .start = UINT64_MAX };
	const struct mhp_range *range;

	for (size_t i = 0; (range = mhp_dax_range(dax, i)); i++) {
		span.start = range->start < span.start ? range->start : span.start;
		span.end = range->end > span.end ? range->end : span.end;
	}
	return span;
}

const struct mhp_block *block_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax,
					size_t *index)
{
	const struct mhp_range span = span_of(dax);
	const struct mhp_block *block;

	if (!*index)
		*index = first_block_from(topo, span.start);
	while ((block = mhp_topology_block(topo, *index)) && block->start < span.end) {
		++*index;
		if (strcmp(mhp_block_device(block), dax->name) == 0)
			return block;
	}
	return NULL;
}

bool run_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax, size_t *index,
		   struct run *run)
{
	const struct mhp_block *block = block_of_device(topo, dax, index);

	if (!block)
		return false;
	*run = (struct run){ block->id, block->id, block };
	while ((block = mhp_topology_block(topo, *index)) && block->id == run->last + 1 &&
	       strcmp(mhp_block_device(block), dax->name) == 0) {
		run->last = block->id;
		++*index;
	}
	return true;
}
