/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Costs of steps. Sizes and places follow the kernel's arithmetic; no I/O. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/topology.h"

/*
 * Returns the range of the data of a devdax or fsdax namespace: [start, start + size) without info
 * block, memmap (map dev) and alignment (drivers/nvdimm/pfn_devs.c:nd_pfn_init).
 */
struct mhp_range cost_devdax_data(uint64_t start, uint64_t size, uint64_t align,
				  enum mhp_memmap_location map, uint64_t page_size);

/* Returns the unit of the sizes of namespaces on this region. */
uint64_t cost_size_unit(const struct mhp_region *region, uint64_t align);

/*
 * Returns usable and lost bytes of a namespace at that address, and in *data, unless NULL, the
 * range of its data.
 */
struct mhp_cost cost_layout(const struct mhp_memory *memory, uint64_t start, uint64_t size,
			    uint64_t align, enum mhp_memmap_location map, struct mhp_range *data);

/* Adds the ZONE_DEVICE memmap of a namespace; for fsdax, align is the page size (no sharing). */
void cost_add_device_memmap(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t mapped,
			    uint64_t align, enum mhp_memmap_location map, int node);

/* Adds the memmap of memory blocks with that many bytes of the usable ones. */
void cost_add_blocks(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t bytes,
		     bool on_memory, int node);

/* Returns the time at the measured rate; MHP_UNKNOWN without one. */
uint64_t cost_time_ms(const struct mhp_memory *memory, uint64_t page_structs);

/*
 * Returns the node that the kernel prefers for allocations for this one. -1 if it has no memory,
 * like the nodes of NVDIMMs on arm64, which are online from the start: then the kernel uses the
 * nearest node with memory.
 */
int cost_nearest_node(const struct mhp_topology *topo, int numa_node);

/* Returns the node that the kernel prefers for the memmap of memory on target_node. */
int cost_memory_node(const struct mhp_topology *topo, int target_node, int numa_node);
