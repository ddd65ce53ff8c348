/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel takes a page for a long-term pin from a kernel zone, order 0, with direct reclaim, and
 * then with the OOM killer (mm/gup.c: migrate_longterm_unpinnable_folios()). So the space ends
 * where reclaim would have to take more than file pages, with the high watermark as a margin.
 */
#include "lib/model/pin-space.h"
#include "lib/base/vec.h"
#include "lib/sys/distance.h"
#include "lib/sys/zoneinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The part of the file pages that is freed without effort, in tenths. */
#define RECLAIMABLE_TENTHS 8

struct walk {
	struct pin_space *space;
	struct zoneinfo *zones; /* all of them, as their positions count */
	size_t nr;
	int rc;
};

static void keep_zone(const struct zoneinfo *zone, void *data)
{
	struct walk *walk = data;
	struct zoneinfo *kept = VEC_PUSH(walk->zones, walk->nr);

	if (kept)
		*kept = *zone;
	else
		walk->rc = -ENOMEM;
}

static bool is_kernel_zone(const struct zoneinfo *zone)
{
	return strcmp(zone->name, "Movable") != 0 && strcmp(zone->name, "Device") != 0;
}

/*
 * Returns the reserve of a zone against allocations that may use every kernel zone. A kernel prints
 * all zones of a node, and a reserve for each of them by position; if these do not match, the
 * largest reserve counts.
 */
static uint64_t reserve_of(const struct walk *walk, size_t index)
{
	const struct zoneinfo *zone = &walk->zones[index];
	uint64_t largest = 0;
	unsigned position = 0, last_kernel = 0;

	for (size_t i = 0; i < walk->nr; i++)
		if (walk->zones[i].node == zone->node) {
			last_kernel = is_kernel_zone(&walk->zones[i]) ? position : last_kernel;
			position++;
		}
	if (position == zone->nr_reserves)
		return zone->reserves[last_kernel];
	for (unsigned i = 0; i < zone->nr_reserves; i++)
		if (zone->reserves[i] > largest)
			largest = zone->reserves[i];
	return largest;
}

static enum mhp_zone zone_by_name(const char *name)
{
	for (enum mhp_zone zone = MHP_ZONE_DMA; zone <= MHP_ZONE_MOVABLE; zone++)
		if (strcasecmp(mhp_zone_name(zone), name) == 0)
			return zone;
	return MHP_ZONE_UNKNOWN;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Returns the pages of a zone that pins can use. */
static uint64_t space_pages(const struct mhp_pin_zone *zone)
{
	uint64_t usable = less(zone->free_bytes, zone->cma_free_bytes) + zone->reclaimable_bytes;

	return zone->is_kernel ? less(usable, zone->reserved_bytes) : 0;
}

static void fill_known(const struct walk *walk, size_t index, uint64_t page_size,
		       struct mhp_pin_zone *zone)
{
	const struct zoneinfo *info = &walk->zones[index];
	uint64_t reserve = reserve_of(walk, index);
	/* file pages may lie in CMA: what they free is no place for a pin */
	uint64_t file = less(info->file, less(info->cma, info->free_cma));

	zone->managed_bytes = info->managed * page_size;
	zone->free_bytes = info->free * page_size;
	zone->reserved_bytes = less(info->managed, info->high) > reserve
				       ? (info->high + reserve) * page_size
				       : zone->managed_bytes;
	zone->reclaimable_bytes = file / 10 * RECLAIMABLE_TENTHS * page_size;
	zone->cma_bytes = info->cma * page_size;
	zone->cma_free_bytes = info->free_cma * page_size;
	zone->space_bytes = space_pages(zone);
}

static int add_zone(const struct walk *walk, size_t index, uint64_t page_size)
{
	const struct zoneinfo *info = &walk->zones[index];
	struct mhp_pin_zone *zone;

	if (strcmp(info->name, "Device") == 0 || (info->has_managed && !info->managed))
		return 0;
	zone = VEC_PUSH(walk->space->zones, walk->space->nr_zones);
	if (!zone)
		return -ENOMEM;
	*zone = (struct mhp_pin_zone){
		.node = info->node,
		.zone = zone_by_name(info->name),
		.is_kernel = is_kernel_zone(info),
		.managed_bytes = MHP_UNKNOWN,
		.free_bytes = MHP_UNKNOWN,
		.reserved_bytes = MHP_UNKNOWN,
		.reclaimable_bytes = MHP_UNKNOWN,
		.cma_bytes = MHP_UNKNOWN,
		.cma_free_bytes = MHP_UNKNOWN,
		.space_bytes = is_kernel_zone(info) ? MHP_UNKNOWN : 0,
	};
	if (info->has_all)
		fill_known(walk, index, page_size, zone);
	return 0;
}

/* ---- nodes ------------------------------------------------------------------------------- */

struct mhp_pin_node *pin_space_node(const struct pin_space *space, int node)
{
	for (size_t i = 0; i < space->nr_nodes; i++)
		if (space->nodes[i].node == node)
			return &space->nodes[i];
	return NULL;
}

static void add(uint64_t *sum, uint64_t value)
{
	*sum = *sum == MHP_UNKNOWN || value == MHP_UNKNOWN ? MHP_UNKNOWN : *sum + value;
}

/* Adds what lies in the zone and has to leave it when it is pinned. */
static void add_movable(struct mhp_pin_node *node, const struct mhp_pin_zone *zone)
{
	if (zone->free_bytes == MHP_UNKNOWN)
		node->movable_bytes = MHP_UNKNOWN;
	else if (zone->is_kernel)
		add(&node->movable_bytes, less(zone->cma_bytes, zone->cma_free_bytes));
	else
		add(&node->movable_bytes, less(zone->managed_bytes, zone->free_bytes));
}

static int add_to_node(struct pin_space *space, const struct mhp_pin_zone *zone)
{
	struct mhp_pin_node *node = pin_space_node(space, zone->node);

	if (!node) {
		node = VEC_PUSH(space->nodes, space->nr_nodes);
		if (!node)
			return -ENOMEM;
		*node = (struct mhp_pin_node){ .node = zone->node,
					       .is_allowed = true,
					       .process_bytes = MHP_UNKNOWN,
					       .placed_bytes = MHP_UNKNOWN };
	}
	node->has_kernel_zone |= zone->is_kernel;
	add(&node->space_bytes, zone->space_bytes);
	add_movable(node, zone);
	return 0;
}

int pin_space_read(const struct root *sys, struct pin_space *space)
{
	struct walk walk = { .space = space };
	int rc = zoneinfo_each(sys, keep_zone, &walk);

	rc = rc < 0 ? rc : walk.rc;
	for (size_t i = 0; i < walk.nr && rc == 0; i++)
		rc = add_zone(&walk, i, root_page_size(sys));
	free(walk.zones);
	for (size_t i = 0; i < space->nr_zones && rc == 0; i++)
		rc = add_to_node(space, &space->zones[i]);
	return rc == 0 && !space->nr_zones ? -ENODATA : rc;
}

void pin_space_free(struct pin_space *space)
{
	free(space->zones);
	free(space->nodes);
	*space = (struct pin_space){ 0 };
}

void pin_space_order(const struct root *sys, struct pin_space *space, int node)
{
	cleanup_distances struct distances distances = { 0 };
	struct mhp_pin_node *nodes = space->nodes;

	distances_read(sys, node, &distances);
	/* a few nodes, and equal distances have to keep their order */
	for (size_t i = 1; i < space->nr_nodes; i++)
		for (size_t k = i; k > 0 && distances_to(&distances, nodes[k].node) <
						    distances_to(&distances, nodes[k - 1].node);
		     k--) {
			const struct mhp_pin_node nearer = nodes[k];

			nodes[k] = nodes[k - 1];
			nodes[k - 1] = nearer;
		}
}
