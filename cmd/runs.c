/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/runs.h"

#include <string.h>

/* Compares the plugged sizes: a partial block is a run of its own, so that its size is shown. */
static bool same_plugged(const struct mhp_block *a, const struct mhp_block *b)
{
	return a->unplugged_bytes == b->unplugged_bytes &&
	       (!a->unplugged_bytes || a->unplugged_bytes == MHP_UNKNOWN);
}

static bool is_same_but_id(const struct mhp_block *a, const struct mhp_block *b)
{
	if (a->is_orphaned != b->is_orphaned || a->is_unbacked != b->is_unbacked ||
	    a->state != b->state || a->zone != b->zone || a->node != b->node ||
	    a->nr_nodes != b->nr_nodes || a->origin != b->origin ||
	    a->nr_valid_zones != b->nr_valid_zones || !same_plugged(a, b) ||
	    strcmp(a->device, b->device) != 0)
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

bool run_of_device(const struct mhp_topology *topo, const char *device, size_t *index,
		   struct run *run)
{
	const struct mhp_block *block;

	while ((block = mhp_topology_block(topo, *index)) && strcmp(block->device, device) != 0)
		++*index;
	if (!block)
		return false;
	*run = (struct run){ block->id, block->id, block };
	while ((block = mhp_topology_block(topo, ++*index))) {
		if (block->id != run->last + 1 || strcmp(block->device, device) != 0)
			break;
		run->last = block->id;
	}
	return true;
}
