/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/cxl.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/orphans.h"
#include "lib/sys/iomem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_range(uint64_t start, uint64_t size, struct mhp_range *range)
{
	if (start == MHP_UNKNOWN || size == MHP_UNKNOWN || !size || size > UINT64_MAX - start)
		return false;
	*range = (struct mhp_range){ start, start + size };
	return true;
}

bool cxl_window_range(const struct mhp_cxl_window *window, struct mhp_range *range)
{
	return make_range(window->start, window->size, range);
}

bool cxl_region_range(const struct mhp_cxl_region *region, struct mhp_range *range)
{
	return make_range(region->start, region->size, range);
}

bool cxl_has_card(const struct mhp_cxl_region *region, const char *memdev)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (strcmp(region->members[i].memdev, memdev) == 0)
			return true;
	return false;
}

bool cxl_is_persistent(const struct mhp_cxl_region *region)
{
	return strcmp(region->type, "pmem") == 0;
}

bool cxl_is_sized(const struct mhp_cxl_region *region, uint64_t bytes)
{
	return region->ways && region->size == align_up(bytes, CXL_PIECE * region->ways);
}

const char *cxl_rest_options(const struct mhp_topology *topo, const struct mhp_cxl_memdev *memdev,
			     char *buf, size_t size)
{
	uint64_t bytes = align_down(cxl_memdev_free(memdev), CXL_PIECE);
	char word[24];

	*buf = '\0';
	for (size_t i = 0; i < topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &topo->cxl_regions[i];

		if (!cxl_has_card(region, memdev->name) || cxl_is_persistent(region))
			continue;
		if (cxl_is_sized(region, bytes))
			return NULL;
		snprintf(buf, size, " --size %s", size_word(bytes, word, sizeof(word)));
	}
	return buf;
}

enum mhp_tristate cxl_is_backed(const struct mhp_cxl_region *region)
{
	switch (region->state) {
	case MHP_CXL_STATE_COMMITTED:
	case MHP_CXL_STATE_ENABLED:
		return MHP_TRISTATE_YES;
	case MHP_CXL_STATE_INCOMPLETE:
	case MHP_CXL_STATE_UNCOMMITTED:
		return MHP_TRISTATE_NO;
	default:
		return MHP_TRISTATE_UNKNOWN;
	}
}

/* ---- addresses that are used ------------------------------------------------------------- */

struct used {
	struct mhp_topology *topo;
	struct mhp_range *array;
	size_t nr;
	size_t size;
};

static void used_free(struct used *used)
{
	free(used->array);
}

static int add_used(struct used *used, struct mhp_range range)
{
	if (VEC_GROW(used->array, used->nr, used->size) < 0)
		return -ENOMEM;
	used->array[used->nr++] = range;
	return 0;
}

/* Returns whether a range is a part of a window: not the window itself, nor what it lies in. */
static bool is_in_window(const struct mhp_topology *topo, struct mhp_range range)
{
	struct mhp_range window;

	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		if (cxl_window_range(&topo->cxl_windows[i], &window) &&
		    range_overlaps(window, range) && !range_contains(range, window))
			return true;
	return false;
}

/* Marks regions over memory that the firmware reported at boot. */
static void mark_firmware(struct mhp_topology *topo, struct mhp_range range, const char *name)
{
	struct mhp_range of_region;

	if (strcmp(name, IOMEM_SOFT_RESERVED) != 0 && strcmp(name, IOMEM_RAM) != 0)
		return;
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		if (cxl_region_range(&topo->cxl_regions[i], &of_region) &&
		    range_overlaps(of_region, range))
			topo->cxl_regions[i].is_from_firmware = MHP_TRISTATE_YES;
}

static int take_line(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	struct used *used = data;

	(void)line;
	if (!range->end)
		return 0;
	mark_firmware(used->topo, *range, name);
	return is_in_window(used->topo, *range) ? add_used(used, *range) : 0;
}

static int by_start(const void *a, const void *b)
{
	const struct mhp_range *range_a = a, *range_b = b;

	return range_a->start < range_b->start ? -1 : range_a->start > range_b->start;
}

/* Returns 1 if all used addresses are known, 0 if /proc/iomem hides them, or a negative errno. */
static int collect_used(const struct root *sys, struct used *used)
{
	const struct mhp_topology *topo = used->topo;
	struct mhp_range range;
	int rc = iomem_each(sys, take_line, used);
	bool is_known = rc == 0;

	if (root_is_lack(rc))
		return rc;
	rc = 0;
	for (size_t i = 0; i < topo->nr_cxl_regions && rc == 0; i++)
		if (cxl_region_range(&topo->cxl_regions[i], &range))
			rc = add_used(used, range);
	if (rc == 0 && used->nr)
		qsort(used->array, used->nr, sizeof(*used->array), by_start);
	return rc < 0 ? rc : is_known;
}

/* ---- windows ----------------------------------------------------------------------------- */

/* Returns whether a region of the window lies at unknown addresses. */
static bool has_unknown_region(const struct mhp_topology *topo, const struct mhp_cxl_window *window)
{
	struct mhp_range range;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &topo->cxl_regions[i];

		if (region->size && !cxl_region_range(region, &range) &&
		    (!*region->window || strcmp(region->window, window->name) == 0))
			return true;
	}
	return false;
}

static void add_free(struct mhp_cxl_window *window, uint64_t start, uint64_t end)
{
	window->free_bytes += end - start;
	if (end - start <= window->max_extent_bytes)
		return;
	window->max_extent_bytes = end - start;
	window->max_extent_start = start;
}

static void measure_window(struct mhp_cxl_window *window, const struct used *used)
{
	struct mhp_range all;
	uint64_t at;

	if (!cxl_window_range(window, &all) || has_unknown_region(used->topo, window))
		return;
	window->free_bytes = window->max_extent_bytes = 0;
	at = all.start;
	for (size_t i = 0; i < used->nr; i++) {
		struct mhp_range range = used->array[i];

		if (!range_overlaps(all, range))
			continue;
		if (range.start > at)
			add_free(window, at, range.start);
		if (range.end > at)
			at = range.end;
	}
	if (at < all.end)
		add_free(window, at, all.end);
}

/* ---- regions ----------------------------------------------------------------------------- */

/* Returns whether a region that answers, or may answer, has a part of the range. */
static bool may_be_backed(const struct mhp_topology *topo, struct mhp_range range)
{
	struct mhp_range of_region;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &topo->cxl_regions[i];

		if (cxl_is_backed(region) != MHP_TRISTATE_NO &&
		    (!cxl_region_range(region, &of_region) || range_overlaps(of_region, range)))
			return true;
	}
	return false;
}

static struct mhp_range range_of_block(const struct mhp_topology *topo,
				       const struct mhp_block *block)
{
	return (struct mhp_range){ block->start, block->start + topo->memory.block_size };
}

/*
 * Marks orphaned blocks in a window whose region is undone or deleted: the kernel resets the
 * decoders also while blocks are online, and keeps the blocks.
 */
static void mark_unbacked(struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];
		struct mhp_range range = range_of_block(topo, block);

		block->is_unbacked = block->is_orphaned && is_in_window(topo, range) &&
				     !may_be_backed(topo, range);
	}
}

static uint64_t overlap(struct mhp_range a, struct mhp_range b)
{
	uint64_t start = a.start > b.start ? a.start : b.start;
	uint64_t end = a.end < b.end ? a.end : b.end;

	return end > start ? end - start : 0;
}

/* Counts the online memory of a region; a block in an unknown state makes it unknown. */
static void count_online(const struct mhp_topology *topo, struct mhp_cxl_region *region,
			 struct mhp_range range)
{
	region->online_bytes = region->unbacked_bytes = 0;
	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];
		uint64_t bytes = overlap(range, range_of_block(topo, block));

		if (!bytes || block->state == MHP_BLOCK_OFFLINE)
			continue;
		if (block->state == MHP_BLOCK_UNKNOWN) {
			region->online_bytes = region->unbacked_bytes = MHP_UNKNOWN;
			return;
		}
		region->online_bytes += bytes;
		if (block->is_unbacked)
			region->unbacked_bytes += bytes;
	}
}

/* Counts the blocks of a region; only blocks known to be orphaned are known to be unbacked. */
static void count_region(const struct mhp_topology *topo, struct mhp_cxl_region *region,
			 bool orphans_known)
{
	struct mhp_range range;

	if (region->is_locked == MHP_TRISTATE_YES)
		region->is_from_firmware = MHP_TRISTATE_YES;
	if (topo->no_blocks)
		return;
	if (!region->size)
		region->online_bytes = region->unbacked_bytes = 0;
	else if (cxl_region_range(region, &range))
		count_online(topo, region, range);
	if (cxl_is_backed(region) == MHP_TRISTATE_YES)
		region->unbacked_bytes = 0;
	else if (region->online_bytes && !orphans_known)
		region->unbacked_bytes = MHP_UNKNOWN;
}

int cxl_count(const struct root *sys, struct mhp_topology *topo)
{
	__attribute__((cleanup(used_free))) struct used used = { .topo = topo };
	int is_known;

	if (!topo->nr_cxl_windows && !topo->nr_cxl_regions)
		return 0;
	is_known = collect_used(sys, &used);
	if (is_known < 0)
		return is_known;
	for (size_t i = 0; is_known && i < topo->nr_cxl_windows; i++)
		measure_window(&topo->cxl_windows[i], &used);
	mark_unbacked(topo);
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		count_region(topo, &topo->cxl_regions[i], is_known && orphans_know_devices(topo));
	if (is_known)
		return 0;
	return topology_hide(topo, "cxl_windows.free_bytes",
			     "addresses in /proc/iomem are visible only to root");
}
