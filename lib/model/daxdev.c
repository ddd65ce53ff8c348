/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/daxdev.h"
#include "lib/base/range.h"

/* struct page on every 64-bit architecture that has memory hotplug (include/linux/mm_types.h). */
#define STRUCT_PAGE 64

uint64_t dax_block_bytes(const struct mhp_dax *dax, uint64_t block_size)
{
	uint64_t first, blocks = 0;

	for (unsigned i = 0; i < dax->nr_ranges; i++)
		blocks += range_whole_blocks(dax->ranges[i], block_size, &first);
	return blocks * block_size;
}

/*
 * Ordinary memory that the ZONE_DEVICE memmap of a devdax device takes. With the memmap on the
 * device none; else compound pages of 2 MiB and more share all but two pages of their vmemmap
 * (mm/sparse-vmemmap.c, since 5.19).
 */
static uint64_t devdax_memmap(const struct mhp_dax *dax, const struct mhp_namespace *ns,
			      uint64_t page_size)
{
	uint64_t full = dax->size / page_size * STRUCT_PAGE;
	uint64_t each = dax->align / page_size * STRUCT_PAGE;

	if (ns && ns->map == MHP_MAP_DEV)
		return 0;
	if (each <= 2 * page_size)
		return full;
	return dax->size / dax->align * 2 * page_size;
}

void dax_costs(struct mhp_dax *dax, const struct mhp_namespace *ns, const struct mhp_memory *memory)
{
	uint64_t bytes = dax_block_bytes(dax, memory->block_size);

	if (dax->mode == MHP_DAX_DEVDAX)
		dax->memmap_bytes = devdax_memmap(dax, ns, memory->page_size);
	else if (dax->mode == MHP_DAX_UNBOUND)
		dax->memmap_bytes = 0;
	if (!dax->ranges_known)
		return;
	dax->lost_bytes = dax->size > bytes ? dax->size - bytes : 0;
	if (dax->mode == MHP_DAX_SYSTEM_RAM)
		dax->memmap_bytes = bytes / memory->page_size * STRUCT_PAGE;
}
