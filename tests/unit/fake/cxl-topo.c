/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/cxl-topo.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"

#include <stdlib.h>
#include <string.h>

struct mhp_cxl_memdev *cxl_topo_card(struct mhp_topology *topo, unsigned n, int bridge,
				     uint64_t bytes)
{
	struct mhp_cxl_memdev *card = VEC_PUSH(topo->cxl_memdevs, topo->nr_cxl_memdevs);

	assert_non_null(card);
	str_format(card->name, "mem%u", n);
	card->serial = 0x100 + n;
	card->is_enabled = true;
	card->numa_node = -1;
	card->ram_bytes = bytes;
	card->bridge = bridge;
	card->free_decoders = card->bridge_free_decoders = 4;
	str_copy(card->security, "disabled");
	return card;
}

struct mhp_cxl_window *cxl_topo_window(struct mhp_topology *topo, unsigned n, uint64_t bytes,
				       const char *bridges)
{
	struct mhp_cxl_window *window = VEC_PUSH(topo->cxl_windows, topo->nr_cxl_windows);
	char *end;

	assert_non_null(window);
	str_format(window->name, "decoder0.%u", n);
	str_format(window->seed, "region%u", n);
	window->start = window->max_extent_start = 256 * GIB + n * 64 * GIB;
	window->size = window->free_bytes = window->max_extent_bytes = bytes;
	window->can_ram = MHP_TRISTATE_YES;
	window->can_pmem = window->is_locked = MHP_TRISTATE_NO;
	window->granularity = 1024;
	for (; *bridges; bridges = end + (*end == ' '))
		window->targets[window->nr_targets++] = (int)strtol(bridges, &end, 10);
	window->ways = window->nr_targets;
	return window;
}

/* Returns the number of the next free decoder of a card. */
static unsigned next_decoder(const struct mhp_topology *topo, const char *card)
{
	unsigned nr = 0;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		for (unsigned k = 0; k < topo->cxl_regions[i].nr_members; k++)
			nr += strcmp(topo->cxl_regions[i].members[k].memdev, card) == 0;
	return nr;
}

static void add_member(struct mhp_topology *topo, struct mhp_cxl_region *region, unsigned card)
{
	struct mhp_cxl_member *member = &region->members[region->nr_members++];
	char name[16];

	str_format(name, "mem%u", card);
	str_format(member->decoder, "decoder%u.%u", card + 10, next_decoder(topo, name));
	str_copy(member->memdev, name);
	member->serial = topology_find_cxl_memdev(topo, name)->serial;
}

struct mhp_cxl_region *cxl_topo_region(struct mhp_topology *topo, unsigned n, unsigned window,
				       uint64_t bytes, const char *cards, enum mhp_cxl_state state)
{
	struct mhp_cxl_region *region = VEC_PUSH(topo->cxl_regions, topo->nr_cxl_regions);
	struct mhp_cxl_window *in = &topo->cxl_windows[window];
	char *end;

	assert_non_null(region);
	str_format(region->name, "region%u", n);
	str_copy(region->type, "ram");
	str_copy(region->window, in->name);
	region->state = state;
	region->start = in->max_extent_start;
	region->size = bytes;
	region->granularity = 1024;
	region->is_locked = MHP_TRISTATE_NO;
	for (; *cards; cards = end + (*end == ' '))
		add_member(topo, region, (unsigned)strtoul(cards, &end, 10));
	region->ways = region->nr_members;
	in->max_extent_start += bytes;
	in->max_extent_bytes -= bytes;
	in->free_bytes -= bytes;
	str_format(in->seed, "region%u", n + 10);
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		for (unsigned k = 0; k < region->nr_members; k++)
			if (strcmp(region->members[k].memdev, topo->cxl_memdevs[i].name) == 0)
				topo->cxl_memdevs[i].ram_used_bytes += bytes / region->ways;
	return region;
}

struct mhp_dax *cxl_topo_dax(struct mhp_topology *topo, unsigned n, enum mhp_dax_mode mode,
			     enum mhp_block_state state)
{
	static const char *const drivers[] = { "", "device_dax", "kmem", "fsdev_dax" };
	struct mhp_dax *dax = VEC_PUSH(topo->dax, topo->nr_dax);
	struct mhp_cxl_region *region;
	char name[16];

	assert_non_null(dax);
	str_format(name, "region%u", n);
	region = (struct mhp_cxl_region *)topology_find_cxl_region(topo, name);
	str_format(dax->name, "dax%u.0", n);
	str_copy(dax->cxl_region, name);
	str_copy(dax->driver, drivers[mode]);
	str_format(region->dax_region, "dax_region%u", n);
	dax->origin = MHP_ORIGIN_CXL;
	dax->mode = mode;
	dax->align = 2 * MIB;
	dax->numa_node = -1;
	dax->target_node = (int)n + 2;
	dax->memmap_on_memory = MHP_TRISTATE_YES;
	dax->has_ranges = true;
	dax->nr_ranges = 1;
	dax->ranges[0] = (struct mhp_range){ region->start, region->start + region->size };
	dax->size = region->size;
	if (mode != MHP_DAX_SYSTEM_RAM)
		return dax;
	topo_node(topo, dax->target_node);
	topo_blocks(topo, region->start / TOPO_BLOCK,
		    (region->start + region->size) / TOPO_BLOCK - 1, state,
		    state == MHP_BLOCK_ONLINE ? MHP_ZONE_MOVABLE : MHP_ZONE_NONE, dax->target_node);
	topology_count(topo);
	region->online_bytes = state == MHP_BLOCK_ONLINE ? region->size : 0;
	return dax;
}

struct mhp_topology *cxl_topo_two_cards(void)
{
	struct mhp_topology *topo = topo_new();

	cxl_topo_card(topo, 0, 12, GIB);
	cxl_topo_card(topo, 1, 44, GIB);
	cxl_topo_window(topo, 0, 4 * GIB, "12");
	cxl_topo_window(topo, 1, 4 * GIB, "44");
	cxl_topo_window(topo, 2, 4 * GIB, "12 44");
	return topo;
}
