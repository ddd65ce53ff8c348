/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/daxdev.h"
#include "lib/base/range.h"
#include "lib/model/memmap.h"

#include <string.h>

uint64_t dax_block_bytes(const struct mhp_dax *dax, uint64_t block_size)
{
	uint64_t first, blocks = 0;

	for (unsigned i = 0; i < dax->nr_ranges; i++)
		blocks += range_whole_blocks(dax->ranges[i], block_size, &first);
	return blocks * block_size;
}

static bool knows_blocks(const struct mhp_dax *dax)
{
	return dax->mode == MHP_DAX_SYSTEM_RAM && dax->has_ranges &&
	       dax->blocks_total != MHP_UNKNOWN;
}

bool dax_state_is_stale(const struct mhp_dax *dax, uint64_t block_size)
{
	uint64_t whole = dax_block_bytes(dax, block_size) / block_size;

	if (!knows_blocks(dax))
		return false;
	switch (dax->state) {
	case MHP_DAX_STATE_UNPLUGGED:
		return dax->blocks_total > 0;
	case MHP_DAX_STATE_OFFLINE:
		return dax->blocks_online > 0 || dax->blocks_total < whole;
	case MHP_DAX_STATE_ONLINE:
	case MHP_DAX_STATE_ONLINE_KERNEL:
	case MHP_DAX_STATE_ONLINE_MOVABLE:
		return dax->blocks_online < whole;
	default:
		return false;
	}
}

bool dax_is_foreign(const struct mhp_dax *dax)
{
	return dax->mode == MHP_DAX_OTHER || dax->mode == MHP_DAX_FAMFS;
}

bool dax_is_empty(const struct mhp_dax *dax, uint64_t block_size)
{
	return knows_blocks(dax) && dax->state != MHP_DAX_STATE_NONE &&
	       dax->state != MHP_DAX_STATE_UNKNOWN && !dax->blocks_online &&
	       dax->blocks_total < dax_block_bytes(dax, block_size) / block_size;
}

bool dax_memmap_on_memory(const struct mhp_dax *dax, const struct mhp_memory *memory)
{
	return dax->memmap_on_memory == MHP_TRISTATE_YES &&
	       (strcmp(memory->memmap_on_memory, "on") == 0 ||
		strcmp(memory->memmap_on_memory, "force") == 0);
}

uint64_t dax_mapped_bytes(const struct mhp_dax *dax, const struct mhp_namespace *ns)
{
	return ns && ns->raw_size > dax->size ? ns->raw_size : dax->size;
}

void dax_costs(struct mhp_dax *dax, const struct mhp_namespace *ns, const struct mhp_memory *memory)
{
	uint64_t bytes = dax_block_bytes(dax, memory->block_size);

	if (dax->mode == MHP_DAX_DEVDAX)
		dax->memmap_bytes = ns && ns->map == MHP_MEMMAP_DEV
					    ? 0
					    : memmap_devdax_bytes(memory, dax_mapped_bytes(dax, ns),
								  dax->align, MHP_MEMMAP_MEM);
	else if (dax->mode == MHP_DAX_UNBOUND)
		dax->memmap_bytes = 0;
	if (!dax->has_ranges)
		return;
	dax->lost_bytes = dax->size > bytes ? dax->size - bytes : 0;
	if (dax->mode == MHP_DAX_SYSTEM_RAM)
		dax->memmap_bytes = dax_memmap_on_memory(dax, memory)
					    ? 0
					    : memmap_bytes(bytes, memory->page_size);
}
