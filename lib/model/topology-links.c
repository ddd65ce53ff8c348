/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relations between the objects of a topology, and sums over blocks. */
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/model/block.h"
#include "lib/model/daxdev.h"
#include "lib/model/memmap.h"
#include "lib/model/topology.h"

#include <string.h>

bool dax_has_block(const struct mhp_dax *dax, uint64_t block_size, uint64_t id)
{
	uint64_t first, nr;

	if (dax->mode != MHP_DAX_SYSTEM_RAM)
		return false;
	for (unsigned i = 0; i < dax->nr_ranges; i++) {
		nr = range_whole_blocks(dax->ranges[i], block_size, &first);
		if (id >= first && id - first < nr)
			return true;
	}
	return false;
}

static void count_bytes(struct mhp_topology *topo, const struct mhp_block *block)
{
	const uint64_t size = topo->memory.block_size;
	bool online = block->state != MHP_BLOCK_OFFLINE;

	*(online ? &topo->memory.online_bytes : &topo->memory.offline_bytes) += size;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		struct mhp_node *node = &topo->nodes[i];
		uint64_t bytes = block_bytes_on(block, node->node, size);

		*(online ? &node->online_bytes : &node->offline_bytes) += bytes;
		if (online && block->zone == MHP_ZONE_MOVABLE)
			node->movable_bytes += bytes;
		else if (online)
			node->kernel_bytes += bytes;
	}
}

/* Skips a block in an unknown state in the sums of bytes; for its device it counts as online. */
static void count_block(struct mhp_topology *topo, struct mhp_block *block)
{
	const uint64_t size = topo->memory.block_size;

	if (block->state != MHP_BLOCK_UNKNOWN)
		count_bytes(topo, block);
	for (size_t i = 0; i < topo->nr_dax; i++) {
		struct mhp_dax *dax = &topo->dax[i];

		if (!dax_has_block(dax, size, block->id))
			continue;
		str_copy(block->device, dax->name);
		dax->blocks_total++;
		dax->blocks_online += block->state != MHP_BLOCK_OFFLINE;
	}
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

void topology_count(struct mhp_topology *topo)
{
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
		count_block(topo, &topo->blocks[i]);
	if (topo->no_blocks)
		set_sums_unknown(topo);
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
