/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relations between the objects of a topology, and sums over blocks. */
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/model/block.h"
#include "lib/model/block-more.h"
#include "lib/model/daxdev.h"
#include "lib/model/memmap.h"
#include "lib/model/topology.h"

#include <errno.h>
#include <string.h>

/* Returns whether the first nr_ranges of a device have all of the block. */
static bool have_block(const struct mhp_dax *dax, unsigned nr_ranges, uint64_t block_size,
		       uint64_t id)
{
	uint64_t first, nr;

	for (unsigned i = 0; i < nr_ranges; i++) {
		nr = range_whole_blocks(dax->ranges[i], block_size, &first);
		if (id >= first && id - first < nr)
			return true;
	}
	return false;
}

bool dax_has_block(const struct mhp_dax *dax, uint64_t block_size, uint64_t id)
{
	return dax->mode == MHP_DAX_SYSTEM_RAM && have_block(dax, dax->nr_ranges, block_size, id);
}

static void count_on_node(struct mhp_topology *topo, const struct mhp_block *block, int number)
{
	struct mhp_node *node = (struct mhp_node *)topology_find_node(topo, number);
	bool online = block->state != MHP_BLOCK_OFFLINE;
	uint64_t bytes;

	if (!node)
		return;
	bytes = block_bytes_on(block, number, topo->memory.block_size);
	*(online ? &node->online_bytes : &node->offline_bytes) += bytes;
	if (online && block->zone == MHP_ZONE_MOVABLE)
		node->movable_bytes += bytes;
	else if (online)
		node->kernel_bytes += bytes;
}

/* Skips a block in an unknown state; for its device it counts as online. */
static void count_bytes(struct mhp_topology *topo, const struct mhp_block *block)
{
	const uint64_t size = topo->memory.block_size;
	bool online = block->state != MHP_BLOCK_OFFLINE;

	if (block->state == MHP_BLOCK_UNKNOWN)
		return;
	*(online ? &topo->memory.online_bytes : &topo->memory.offline_bytes) += size;
	if (block->node >= 0)
		count_on_node(topo, block, block->node);
	for (unsigned i = 0; block->node < 0 && i < block->nr_nodes; i++)
		count_on_node(topo, block, mhp_block_node(block, i));
}

/* Sets the device of a block. *more is what blocks of that device share, NULL for the first. */
static int set_device(struct mhp_topology *topo, struct mhp_block *block, const char *device,
		      struct mhp_block_more **more)
{
	if (strcmp(mhp_block_device(block), device) == 0)
		return 0;
	if (!*more)
		*more = block_device_new(&topo->more, device);
	if (!*more)
		return -ENOMEM;
	block_set_device(block, *more);
	return 0;
}

/* Counts the blocks of a device, and sets it as theirs. 0 or -ENOMEM. */
static int count_dax(struct mhp_topology *topo, struct mhp_dax *dax)
{
	struct mhp_block_more *more = NULL;
	const uint64_t size = topo->memory.block_size;
	uint64_t first, nr;

	for (unsigned i = 0; dax->mode == MHP_DAX_SYSTEM_RAM && i < dax->nr_ranges; i++) {
		nr = range_whole_blocks(dax->ranges[i], size, &first);
		for (size_t at = block_index(topo->blocks, topo->nr_blocks, first);
		     at < topo->nr_blocks && topo->blocks[at].id - first < nr; at++) {
			struct mhp_block *block = &topo->blocks[at];

			if (have_block(dax, i, size, block->id))
				continue; /* counted */
			if (set_device(topo, block, dax->name, &more) < 0)
				return -ENOMEM;
			dax->blocks_total++;
			dax->blocks_online += block->state != MHP_BLOCK_OFFLINE;
		}
	}
	return 0;
}

/* Sets all sums to unknown, for a kernel without memory blocks. */
static void set_sums_unknown(struct mhp_topology *topo)
{
	topo->memory.online_bytes = topo->memory.offline_bytes = MHP_UNKNOWN;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		struct mhp_node *node = &topo->nodes[i];

		node->online_bytes = node->offline_bytes = MHP_UNKNOWN;
		node->movable_bytes = node->kernel_bytes = MHP_UNKNOWN;
	}
	for (size_t i = 0; i < topo->nr_dax; i++)
		topo->dax[i].blocks_total = topo->dax[i].blocks_online = topo->dax[i].lost_bytes =
			MHP_UNKNOWN;
}

int topology_count(struct mhp_topology *topo)
{
	int rc = 0;

	topo->memory.online_bytes = topo->memory.offline_bytes = 0;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		struct mhp_node *node = &topo->nodes[i];

		node->online_bytes = node->offline_bytes = 0;
		node->movable_bytes = node->kernel_bytes = 0;
	}
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (topo->dax[i].has_ranges || topo->dax[i].mode != MHP_DAX_SYSTEM_RAM)
			topo->dax[i].blocks_total = topo->dax[i].blocks_online = 0;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		count_bytes(topo, &topo->blocks[i]);
	for (size_t i = 0; topo->nr_blocks && i < topo->nr_dax && rc == 0; i++)
		rc = count_dax(topo, &topo->dax[i]);
	if (topo->no_blocks)
		set_sums_unknown(topo);
	return rc;
}

void topology_link_dax(struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_dax; i++) {
		struct mhp_dax *dax = &topo->dax[i];
		struct mhp_namespace *ns =
			(struct mhp_namespace *)topology_find_namespace(topo, dax->ns_name);
		const struct mhp_region *region = topology_find_region(topo, dax->region);

		if (ns)
			str_copy(ns->device, dax->name);
		if (region && region->serials.nr)
			dax->serials = region->serials;
		dax_costs(dax, ns, &topo->memory);
	}
}

/* Skips devdax namespaces, whose memmap is counted with their device. */
void topology_cost_fsdax(struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_namespaces; i++) {
		struct mhp_namespace *ns = &topo->namespaces[i];

		if (ns->mode == MHP_NAMESPACE_FSDAX && ns->is_enabled && ns->map == MHP_MEMMAP_MEM)
			ns->memmap_bytes = memmap_bytes(ns->raw_size, topo->memory.page_size);
	}
}
