/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/cost.h"
#include "lib/base/range.h"

#define STRUCT_PAGE 64
#define INFO_BLOCKS 8192 /* reserved at the start of a pfn or dax namespace */

uint64_t cost_memmap(uint64_t bytes, uint64_t page_size)
{
	return bytes / page_size * STRUCT_PAGE;
}

struct mhp_range cost_devdax_data(uint64_t start, uint64_t size, uint64_t align, enum mhp_map map,
				  uint64_t page_size)
{
	uint64_t first = start + INFO_BLOCKS;
	uint64_t end = align_down(start + size, align);

	if (map == MHP_MAP_DEV && size > INFO_BLOCKS)
		first += cost_memmap(size - INFO_BLOCKS, page_size);
	first = align_up(first, align);
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
	uint64_t each = align * (region->mappings ? region->mappings : 1);

	return region->align / gcd(region->align, each) * each;
}
