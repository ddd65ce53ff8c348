/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/dax-region.h"

#include <stdio.h>
#include <string.h>

/* Finds the first range of a device in the region that ends behind the address. */
static bool next_taken(const struct mhp_topology *topo, const struct mhp_dax_region *region,
		       uint64_t address, struct mhp_range *found)
{
	bool any = false;

	for (size_t i = 0; i < topo->nr_dax; i++) {
		const struct mhp_dax *dax = &topo->dax[i];

		if (strcmp(dax->dax_region, region->name) != 0)
			continue;
		for (unsigned k = 0; k < dax->nr_ranges; k++) {
			if (dax->ranges[k].end <= address ||
			    (any && dax->ranges[k].start >= found->start))
				continue;
			*found = dax->ranges[k];
			any = true;
		}
	}
	return any;
}

static bool has_all_ranges(const struct mhp_topology *topo, const struct mhp_dax_region *region)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].dax_region, region->name) == 0 && !topo->dax[i].has_ranges)
			return false;
	return true;
}

bool dax_region_holes(const struct mhp_topology *topo, const struct mhp_dax_region *region,
		      struct ranges *holes)
{
	uint64_t at = region->start, end;
	struct mhp_range taken;

	*holes = (struct ranges){ 0 };
	if (at == MHP_UNKNOWN || !has_all_ranges(topo, region))
		return false;
	end = at + region->size;
	for (; next_taken(topo, region, at, &taken); at = taken.end)
		if (!ranges_add(holes, (struct mhp_range){ at, taken.start }))
			return false;
	return ranges_add(holes, (struct mhp_range){ at, end });
}

bool dax_has_no_memory(const struct mhp_dax *dax)
{
	return *dax->dax_region && !dax->size;
}

bool dax_is_first(const struct mhp_dax *dax)
{
	size_t len = strlen(dax->name);

	return len > 2 && strcmp(dax->name + len - 2, ".0") == 0;
}

void dax_region_next_name(const struct mhp_topology *topo, const struct mhp_dax_region *region,
			  char *name, size_t size)
{
	unsigned n = 0;

	do {
		snprintf(name, size, "dax%.8s.%u", region->name + strlen("dax_region"), n++);
	} while (topology_find_dax(topo, name));
}

/* Compares sizes: the kernel shows these to everybody, and addresses only to root or not at all. */
void topology_check_dax_regions(struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_dax_regions; i++) {
		struct mhp_dax_region *region = &topo->dax_regions[i];
		struct ranges holes;

		if (!dax_region_holes(topo, region, &holes) ||
		    ranges_bytes(&holes) != region->available_bytes)
			region->start = MHP_UNKNOWN;
	}
}
