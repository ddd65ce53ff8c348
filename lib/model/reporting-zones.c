/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Free memory by zone, and the part in blocks that are large enough to be reported. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/model/reporting.h"
#include "lib/sys/buddyinfo.h"
#include "lib/sys/zoneinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_A_ROUND (REPORTING_CAPACITY * 16)

/* The time that the estimate allows the host for one report of up to 128 MiB. */
#define REPORT_MS 20

/* A zone while it is read. */
struct zone_work {
	int node;
	char name[16];
	uint64_t free; /* pages */
	uint64_t low;  /* watermark, pages */
	bool has_info;
	bool has_blocks;
	struct buddyinfo blocks;
	struct buddyinfo isolated;
};

struct zone_walk {
	struct zone_work *zones;
	size_t nr;
	bool no_memory;
};

void reporting_hide(struct mhp_reporting *reporting, const char *what, const char *why)
{
	struct mhp_hidden *hidden;

	if (reporting->nr_hidden == ARRAY_SIZE(reporting->hidden))
		return;
	hidden = &reporting->hidden[reporting->nr_hidden++];
	str_copy(hidden->what, what);
	str_copy(hidden->why, why);
}

uint64_t reporting_rounds(uint64_t n)
{
	uint64_t blocks = (n / BLOCKS_A_ROUND + !!(n % BLOCKS_A_ROUND) + 1) * REPORTING_CAPACITY;

	return n / blocks + !!(n % blocks);
}

static struct zone_work *find_zone(struct zone_walk *walk, int node, const char *name)
{
	struct zone_work *zone;

	for (size_t i = 0; i < walk->nr; i++)
		if (walk->zones[i].node == node && strcmp(walk->zones[i].name, name) == 0)
			return &walk->zones[i];
	zone = VEC_PUSH(walk->zones, walk->nr);
	if (!zone) {
		walk->no_memory = true;
		return NULL;
	}
	zone->node = node;
	str_copy(zone->name, name);
	return zone;
}

static void add_info(const struct zoneinfo *info, void *data)
{
	struct zone_work *zone;

	if ((!info->managed && !info->present) || strcmp(info->name, "Device") == 0)
		return;
	zone = find_zone(data, info->node, info->name);
	if (!zone)
		return;
	zone->free = info->free;
	zone->low = info->low;
	zone->has_info = true;
}

static void add_blocks(const struct buddyinfo *blocks, void *data)
{
	struct zone_work *zone = find_zone(data, blocks->node, blocks->name);

	if (!zone)
		return;
	zone->blocks = *blocks;
	zone->has_blocks = !blocks->is_cut;
}

static void add_isolated(const struct buddyinfo *blocks, void *data)
{
	struct zone_walk *walk = data;

	for (size_t i = 0; i < walk->nr; i++)
		if (walk->zones[i].node == blocks->node &&
		    strcmp(walk->zones[i].name, blocks->name) == 0)
			walk->zones[i].isolated = *blocks;
}

/* Returns the pages in blocks of at least the order. */
static uint64_t sum_blocks(const struct buddyinfo *zone, uint64_t order)
{
	uint64_t pages = 0;

	for (uint64_t i = order; i < zone->nr_orders; i++)
		pages += zone->blocks[i] << i;
	return pages;
}

/* ---- one zone ---------------------------------------------------------------------------- */

static void lower_name(char *to, size_t size, const char *name)
{
	str_copy_to(to, size, name);
	for (; *to; to++)
		if (*to >= 'A' && *to <= 'Z')
			*to = (char)(*to - 'A' + 'a');
}

/*
 * Returns whether the kernel skips the zone: a report takes its pages off the free lists for a
 * while (mm/page_reporting.c:page_reporting_process_zone). With an order above the largest no zone
 * has a block to report.
 */
static enum mhp_tristate is_low(const struct zone_work *zone, const struct mhp_reporting *reporting)
{
	if (reporting->order == MHP_UNKNOWN || !zone->has_info)
		return MHP_TRISTATE_UNKNOWN;
	return reporting->order < BUDDY_ORDERS_MAX &&
			       zone->free <= zone->low + ((uint64_t)REPORTING_CAPACITY
							  << reporting->order)
		       ? MHP_TRISTATE_YES
		       : MHP_TRISTATE_NO;
}

static void fill_zone(const struct zone_work *zone, const struct mhp_reporting *reporting,
		      bool knows_isolated, struct mhp_reporting_zone *to)
{
	bool has_order = reporting->order != MHP_UNKNOWN;
	uint64_t isolated = 0;

	to->node = zone->node;
	lower_name(to->zone, sizeof(to->zone), zone->name);
	to->free_bytes = zone->has_info ? zone->free * reporting->page_size : MHP_UNKNOWN;
	to->is_low = is_low(zone, reporting);
	to->large_bytes = to->isolated_bytes = to->reportable_bytes = MHP_UNKNOWN;
	if (zone->has_blocks && has_order)
		to->large_bytes =
			sum_blocks(&zone->blocks, reporting->order) * reporting->page_size;
	if (knows_isolated && has_order && !zone->isolated.is_cut)
		isolated = to->isolated_bytes =
			sum_blocks(&zone->isolated, reporting->order) * reporting->page_size;
	if (reporting->is_active == MHP_TRISTATE_NO || to->is_low == MHP_TRISTATE_YES)
		to->reportable_bytes = 0;
	else if (reporting->is_active == MHP_TRISTATE_YES && zone->has_info &&
		 to->large_bytes != MHP_UNKNOWN && !zone->isolated.is_cut)
		to->reportable_bytes = to->large_bytes > isolated ? to->large_bytes - isolated : 0;
}

/* ---- all of them ------------------------------------------------------------------------- */

static void add(uint64_t *sum, uint64_t bytes)
{
	*sum = *sum == MHP_UNKNOWN || bytes == MHP_UNKNOWN ? MHP_UNKNOWN : *sum + bytes;
}

/* Estimates the time until all of it is reported, as if nothing of it was reported before. */
static void estimate(const struct zone_walk *walk, const struct mhp_reporting_zone *zones,
		     struct mhp_reporting *reporting)
{
	uint64_t rounds = 0, reports = 0;

	reporting->eta_ms = MHP_UNKNOWN;
	if (reporting->reportable_bytes == MHP_UNKNOWN || reporting->delay_ms == MHP_UNKNOWN)
		return;
	for (size_t i = 0; i < walk->nr; i++)
		for (uint64_t o = reporting->order;
		     zones[i].reportable_bytes && o < walk->zones[i].blocks.nr_orders; o++) {
			uint64_t blocks = walk->zones[i].blocks.blocks[o];

			if (reporting_rounds(blocks) > rounds)
				rounds = reporting_rounds(blocks);
			reports += blocks / REPORTING_CAPACITY + !!(blocks % REPORTING_CAPACITY);
		}
	if (!rounds)
		reporting->eta_ms = 0;
	else
		reporting->eta_ms = (rounds + 1) * reporting->delay_ms + reports * REPORT_MS +
				    REPORTING_START_MS;
}

static int fill_zones(const struct zone_walk *walk, struct mhp_reporting *reporting,
		      bool knows_isolated)
{
	struct mhp_reporting_zone *zones = calloc(walk->nr + 1, sizeof(*zones));

	if (!zones || walk->no_memory) {
		free(zones);
		return -ENOMEM;
	}
	reporting->max_order = walk->nr ? 0 : MHP_UNKNOWN;
	for (size_t i = 0; i < walk->nr; i++) {
		const struct zone_work *zone = &walk->zones[i];

		fill_zone(zone, reporting, knows_isolated, &zones[i]);
		add(&reporting->free_bytes, zones[i].free_bytes);
		add(&reporting->large_bytes, zones[i].large_bytes);
		add(&reporting->reportable_bytes, zones[i].reportable_bytes);
		if (!zone->has_blocks)
			reporting->max_order = MHP_UNKNOWN;
		else if (reporting->max_order < zone->blocks.nr_orders - 1)
			reporting->max_order = zone->blocks.nr_orders - 1;
	}
	if (!walk->nr)
		reporting->free_bytes = reporting->large_bytes = reporting->reportable_bytes =
			MHP_UNKNOWN;
	reporting->zones = zones;
	reporting->nr_zones = walk->nr;
	estimate(walk, zones, reporting);
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct zone_work *x = a, *y = b;

	return x->node != y->node ? (x->node > y->node) - (x->node < y->node)
				  : strcmp(x->name, y->name);
}

/* Forgets what was read of a file that could not be read to its end. */
static void forget(struct zone_walk *walk, bool blocks)
{
	for (size_t i = 0; i < walk->nr; i++)
		*(blocks ? &walk->zones[i].has_blocks : &walk->zones[i].has_info) = false;
}

int reporting_read_zones(const struct root *sys, struct mhp_reporting *reporting)
{
	struct zone_walk walk = { 0 };
	bool knows_isolated;
	int rc;

	if (zoneinfo_each(sys, add_info, &walk) < 0) {
		forget(&walk, false);
		reporting_hide(reporting, "zones.free", "/proc/zoneinfo cannot be read");
	}
	if (buddyinfo_each(sys, add_blocks, &walk) < 0) {
		forget(&walk, true);
		reporting_hide(reporting, "zones.blocks", "/proc/buddyinfo cannot be read");
	}
	knows_isolated = buddyinfo_each_isolated(sys, add_isolated, &walk) == 0;
	if (!knows_isolated)
		reporting_hide(reporting, "zones.isolated",
			       "/proc/pagetypeinfo cannot be read; only root can");
	if (walk.nr)
		qsort(walk.zones, walk.nr, sizeof(*walk.zones), compare_nodes);
	rc = fill_zones(&walk, reporting, knows_isolated);
	free(walk.zones);
	return rc;
}
