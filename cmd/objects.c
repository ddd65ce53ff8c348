/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/objects.h"
#include "cmd/runs.h"
#include "lib/base/counts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

uint64_t cxl_memdev_bytes(const struct mhp_cxl_memdev *memdev)
{
	return memdev->ram_bytes == MHP_UNKNOWN || memdev->pmem_bytes == MHP_UNKNOWN
		       ? MHP_UNKNOWN
		       : memdev->ram_bytes + memdev->pmem_bytes;
}

uint64_t cxl_memdev_free(const struct mhp_cxl_memdev *memdev)
{
	uint64_t bytes = cxl_memdev_bytes(memdev);

	if (bytes == MHP_UNKNOWN || memdev->ram_used_bytes == MHP_UNKNOWN ||
	    memdev->pmem_used_bytes == MHP_UNKNOWN)
		return MHP_UNKNOWN;
	return bytes - memdev->ram_used_bytes - memdev->pmem_used_bytes;
}

const char *cxl_member_name(const struct mhp_cxl_member *member)
{
	return *member->memdev ? member->memdev : *member->decoder ? member->decoder : "?";
}

const struct mhp_dax_region *cxl_region_dax(const struct mhp_topology *topo,
					    const struct mhp_cxl_region *region)
{
	const struct mhp_dax_region *dax_region;

	for (size_t i = 0; (dax_region = mhp_topology_dax_region(topo, i)); i++)
		if (strcmp(dax_region->cxl_region, region->name) == 0)
			return dax_region;
	return NULL;
}

const char *zones_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax, char *buf,
			    size_t size)
{
	bool seen[NR_ZONES] = { false };
	const struct mhp_block *block;
	size_t used = 0, index = 0;

	while ((block = block_of_device(topo, dax, &index)))
		if (block->zone < NR_ZONES)
			seen[block->zone] = true;
	buf[0] = '\0';
	for (unsigned zone = MHP_ZONE_NONE + 1; zone < NR_ZONES && used < size; zone++)
		if (seen[zone])
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "," : "",
						 mhp_zone_name(zone));
	return buf;
}
