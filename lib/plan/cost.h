/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What steps cost. Sizes and places follow from the kernel's own arithmetic; no I/O. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/topology.h"

/*
 * Where the data of a devdax or fsdax namespace begins and ends: [start, start + size) less the
 * info block, the memmap if it is kept there, and alignment
 * (drivers/nvdimm/pfn_devs.c:nd_pfn_init).
 */
struct mhp_range cost_devdax_data(uint64_t start, uint64_t size, uint64_t align, enum mhp_map map,
				  uint64_t page_size);

/* The smallest unit that sizes of namespaces on this region are multiples of. */
uint64_t cost_size_unit(const struct mhp_region *region, uint64_t align);

/*
 * Of a namespace at that address: what of it is usable, and where the rest goes. With a data range
 * in *data, or NULL.
 */
struct mhp_cost cost_layout(const struct mhp_memory *memory, uint64_t start, uint64_t size,
			    uint64_t align, enum mhp_map map, struct mhp_range *data);

/* Add the ZONE_DEVICE memmap of a namespace; fsdax shares nothing, and has the align of a page. */
void cost_add_device_memmap(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t mapped,
			    uint64_t align, enum mhp_map map, int node);

/* Add the memmap of so many bytes in memory blocks, out of what is usable. */
void cost_add_blocks(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t bytes,
		     bool on_memory, int node);

/* By the measured rate; MHP_UNKNOWN without one. */
uint64_t cost_time_ms(const struct mhp_memory *memory, uint64_t page_structs);

/*
 * The node that is asked for what belongs to this one. -1 where it has no memory itself, as the
 * nodes of NVDIMMs have on arm64 that are online from the start: then the kernel takes the nearest
 * that has, which is ordinary.
 */
int cost_nearest_node(const struct mhp_topology *topo, int numa_node);

/* The node that is asked first for the memmap of memory on target_node. */
int cost_memory_node(const struct mhp_topology *topo, int target_node, int numa_node);
