/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/orphans.h"
#include "lib/model/block.h"
#include "lib/sys/iomem.h"

#include <string.h>

bool orphans_are_of_kmem(const struct mhp_topology *topo, const struct mhp_range *range)
{
	for (size_t i = 0; i < topo->nr_dax; i++) {
		const struct mhp_dax *dax = &topo->dax[i];

		if (dax->mode == MHP_DAX_SYSTEM_RAM && !dax->has_ranges)
			return true;
		for (unsigned k = 0; dax->mode == MHP_DAX_SYSTEM_RAM && k < dax->nr_ranges; k++)
			if (range->start < dax->ranges[k].end && dax->ranges[k].start < range->end)
				return true;
	}
	return false;
}

bool orphans_know_devices(const struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_hidden; i++)
		if (strncmp(topo->hidden[i].what, "dax_devices", 11) == 0)
			return false;
	return true;
}

static int mark_orphans(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	struct mhp_topology *topo = data;
	const uint64_t size = topo->memory.block_size;

	(void)line;
	if (!topo->nr_blocks || !range->end || strcmp(name, IOMEM_KMEM) != 0 ||
	    orphans_are_of_kmem(topo, range))
		return 0;
	for (size_t i = block_index(topo->blocks, topo->nr_blocks, range->start / size);
	     i < topo->nr_blocks && topo->blocks[i].start < range->end; i++)
		topo->blocks[i].is_orphaned = true;
	return 0;
}

void orphans_mark(const struct root *sys, struct mhp_topology *topo)
{
	if (orphans_know_devices(topo))
		iomem_each(sys, mark_orphans, topo);
}
