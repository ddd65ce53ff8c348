/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/cost.h"
#include "lib/base/range.h"
#include "lib/model/memmap.h"

#define INFO_BLOCKS  8192	  /* reserved at the start of a pfn or dax namespace */
#define COMPAT_ALIGN (2ULL << 20) /* memremap_pages() maps multiples of this */

/* ---- namespaces -------------------------------------------------------------------------- */

static uint64_t on_device_memmap(uint64_t size, enum mhp_memmap_location map, uint64_t page_size)
{
	return map == MHP_MEMMAP_DEV && size > INFO_BLOCKS
		       ? memmap_bytes(size - INFO_BLOCKS, page_size)
		       : 0;
}

struct mhp_range cost_devdax_data(uint64_t start, uint64_t size, uint64_t align,
				  enum mhp_memmap_location map, uint64_t page_size)
{
	uint64_t unit = align > COMPAT_ALIGN ? align : COMPAT_ALIGN;
	uint64_t first = start + INFO_BLOCKS + on_device_memmap(size, map, page_size);
	uint64_t end = align_down(start + size, unit);

	first = align_up(first, unit);
	return (struct mhp_range){ first, first < end ? end : first };
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t cost_size_unit(const struct mhp_region *region, uint64_t align)
{
	uint64_t each = align * (region->nr_mappings ? region->nr_mappings : 1);

	return region->align / gcd(region->align, each) * each;
}

struct mhp_cost cost_layout(const struct mhp_memory *memory, uint64_t start, uint64_t size,
			    uint64_t align, enum mhp_memmap_location map, struct mhp_range *data)
{
	struct mhp_range range = cost_devdax_data(start, size, align, map, memory->page_size);
	struct mhp_cost cost = { .node = -1, .size = size, .time_ms = MHP_UNKNOWN };

	if (data)
		*data = range;
	cost.usable_bytes = range.end - range.start;
	cost.lost_bytes = size - cost.usable_bytes;
	cost.reserved_bytes = on_device_memmap(size, map, memory->page_size);
	if (!cost.usable_bytes) { /* nothing is usable: all is lost at the start */
		cost.reserved_bytes = 0;
		cost.start_bytes = size;
		return cost;
	}
	cost.start_bytes = range.start - start - cost.reserved_bytes;
	cost.end_bytes = start + size - range.end;
	return cost;
}

/* ---- memmaps ----------------------------------------------------------------------------- */

uint64_t cost_time_ms(const struct mhp_memory *memory, uint64_t page_structs)
{
	uint64_t rate = memory->memmap_pages_per_second;

	if (!rate || rate == MHP_UNKNOWN)
		return MHP_UNKNOWN;
	return page_structs / rate * 1000 + page_structs % rate * 1000 / rate;
}

static bool has_memory(const struct mhp_topology *topo, int nid)
{
	const struct mhp_node *node = topology_find_node(topo, nid);

	return node && node->kernel_present_bytes != MHP_UNKNOWN && node->kernel_present_bytes;
}

int cost_nearest_node(const struct mhp_topology *topo, int numa_node)
{
	const struct mhp_node *node = topology_find_node(topo, numa_node);

	return node && !node->kernel_present_bytes ? -1 : numa_node;
}

int cost_memory_node(const struct mhp_topology *topo, int target_node, int numa_node)
{
	return has_memory(topo, target_node) ? target_node : cost_nearest_node(topo, numa_node);
}

/*
 * Adds the memmap of a device. The space before the data has page structs too, as the kernel maps
 * all but the truncated end. On the device these exist and are never written.
 */
void cost_add_device_memmap(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t mapped,
			    uint64_t align, enum mhp_memmap_location map, int node)
{
	cost->memmap_bytes = memmap_devdax_bytes(memory, mapped, align, map);
	cost->page_structs = memmap_devdax_structs(
		memory, map == MHP_MEMMAP_DEV ? cost->usable_bytes : mapped, align, map);
	cost->map = map == MHP_MEMMAP_DEV ? MHP_MEMMAP_DEV : MHP_MEMMAP_MEM;
	cost->node = map == MHP_MEMMAP_DEV ? -1 : node;
	cost->time_ms = cost_time_ms(memory, cost->page_structs);
}

void cost_add_blocks(struct mhp_cost *cost, const struct mhp_memory *memory, uint64_t bytes,
		     bool on_memory, int node)
{
	cost->memmap_bytes = memmap_bytes(bytes, memory->page_size);
	cost->map = on_memory ? MHP_MEMMAP_DEV : MHP_MEMMAP_MEM;
	cost->node = on_memory ? -1 : node;
	cost->block_bytes = cost->usable_bytes > bytes ? cost->usable_bytes - bytes : 0;
	cost->usable_bytes = bytes;
	if (on_memory) { /* in the first pages of each block */
		cost->reserved_bytes += cost->memmap_bytes;
		cost->usable_bytes -= cost->memmap_bytes;
	}
	cost->lost_bytes = cost->size - cost->usable_bytes;
}
