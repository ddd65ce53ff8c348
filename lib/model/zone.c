/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/zone.h"
#include "lib/sys/zoneinfo.h"

#include <string.h>

struct zone_walk {
	struct mhp_node *nodes;
	size_t nr;
	uint64_t page_size;
	bool any;
	uint64_t available_bytes; /* in all of them */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Free pages above what the allocator keeps back, and half of what could be reclaimed at least. */
static uint64_t available_pages(const struct zoneinfo *zone)
{
	uint64_t reserve = least(zone->high + zone->protection, zone->managed);
	uint64_t pages = zone->free > reserve ? zone->free - reserve : 0;

	pages += zone->file - least(zone->file / 2, zone->low);
	return pages + zone->slab_reclaimable - least(zone->slab_reclaimable / 2, zone->low);
}

static void add_zone(const struct zoneinfo *zone, void *data)
{
	struct zone_walk *walk = data;

	walk->any = true;
	if (strcmp(zone->name, "Device") != 0)
		walk->available_bytes += available_pages(zone) * walk->page_size;
	for (size_t i = 0; i < walk->nr; i++) {
		struct mhp_node *node = &walk->nodes[i];

		if (node->node != zone->node || strcmp(zone->name, "Movable") == 0 ||
		    strcmp(zone->name, "Device") == 0)
			continue;
		node->kernel_present_bytes += zone->present * walk->page_size;
		node->kernel_available_bytes += available_pages(zone) * walk->page_size;
	}
}

void zone_read_all(const struct sysfs *sys, struct mhp_memory *memory, struct mhp_node *nodes,
		   size_t nr)
{
	struct zone_walk walk = { .nodes = nodes, .nr = nr, .page_size = memory->page_size };
	int rc;

	for (size_t i = 0; i < nr; i++)
		nodes[i].kernel_present_bytes = nodes[i].kernel_available_bytes = 0;
	rc = zoneinfo_each(sys, add_zone, &walk);
	memory->available_bytes = rc < 0 || !walk.any ? MHP_UNKNOWN : walk.available_bytes;
	for (size_t i = 0; i < nr && (rc < 0 || !walk.any); i++)
		nodes[i].kernel_present_bytes = nodes[i].kernel_available_bytes = MHP_UNKNOWN;
}
