/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/topo.h"
#include "lib/base/error.h"

#include <stdlib.h>
#include <string.h>

/* Adds a zeroed element to an array. */
static void *add_element(void **array, size_t *nr, size_t size)
{
	char *grown = reallocarray(*array, *nr + 1, size);

	assert_non_null(grown);
	*array = grown;
	memset(grown + *nr * size, 0, size);
	return grown + (*nr)++ * size;
}

#define ADD(array, nr) add_element((void **)&(array), &(nr), sizeof(*(array)))

struct mhp_topology *topo_new(void)
{
	struct mhp_topology *topo = calloc(1, sizeof(*topo));

	assert_non_null(topo);
	topo->memory.page_size = 4096;
	topo->memory.block_size = TOPO_BLOCK;
	topo->memory.memmap_pages_per_second = MHP_UNKNOWN;
	topo->memory.available_bytes = 64 * GIB;
	str_copy(topo->memory.auto_online_blocks, "offline");
	topo->has_nd_bus = topo->has_kmem = topo->has_device_dax = true;
	topo->has_dax_pmem = topo->has_nd_pmem = topo->has_dax_cxl = true;
	topo->has_cxl_acpi = topo->has_cxl_port = topo->has_cxl_mem = true;
	for (int node = 0; node < 2; node++) {
		struct mhp_node *added = topo_node(topo, node);

		added->nr_cpus = 2;
		added->kernel_present_bytes = 32 * GIB;
		added->kernel_available_bytes = 1024 * GIB; /* enough for all tests */
	}
	topo_blocks(topo, 0, 0, MHP_BLOCK_ONLINE, MHP_ZONE_MIXED, 0);
	topo_blocks(topo, 1, 7, MHP_BLOCK_ONLINE, MHP_ZONE_DMA32, 0);
	topo_blocks(topo, 8, 15, MHP_BLOCK_ONLINE, MHP_ZONE_NORMAL, 1);
	return topo;
}

struct mhp_node *topo_node(struct mhp_topology *topo, int node)
{
	struct mhp_node *added = ADD(topo->nodes, topo->nr_nodes);

	added->node = node;
	return added;
}

struct mhp_region *topo_region(struct mhp_topology *topo, unsigned n)
{
	struct mhp_region *region = ADD(topo->regions, topo->nr_regions);

	str_format(region->name, "region%u", n);
	str_copy(region->type, "pmem");
	str_copy(region->bus, "ndbus0");
	str_format(region->seed, "namespace%u.0", n);
	str_format(region->dax_seed, "dax%u.0", n);
	region->start = 4 * GIB + n * 2 * GIB;
	region->size = region->available_bytes = region->max_extent_bytes = 2 * GIB;
	region->align = 16 * MIB;
	region->nr_mappings = 1;
	region->nr_aligns = 3;
	memcpy(region->aligns, (uint64_t[]){ 4096, 2 * MIB, GIB }, 3 * sizeof(uint64_t));
	region->has_labels = region->can_label = region->is_enabled = true;
	region->target_node = (int)n + 2;
	return region;
}

struct mhp_namespace *topo_namespace(struct mhp_topology *topo, unsigned n, unsigned k,
				     enum mhp_namespace_mode mode)
{
	struct mhp_namespace *ns = ADD(topo->namespaces, topo->nr_namespaces);

	str_format(ns->name, "namespace%u.%u", n, k);
	str_format(ns->region, "region%u", n);
	str_format(ns->uuid, "00000000-0000-0000-0000-00000000%02x%02x", n, k);
	ns->mode = mode;
	ns->size = ns->raw_size = 2 * GIB;
	ns->is_enabled = true;
	ns->content = MHP_CONTENT_ZERO;
	if (mode == MHP_NAMESPACE_DEVDAX || mode == MHP_NAMESPACE_FSDAX) {
		ns->align = 2 * MIB;
		ns->map = MHP_MEMMAP_MEM;
	}
	return ns;
}

struct mhp_dax *topo_dax(struct mhp_topology *topo, unsigned n, enum mhp_dax_mode mode,
			 enum mhp_block_state state, enum mhp_zone zone)
{
	static const char *const drivers[] = { "", "device_dax", "kmem", "fsdev_dax" };
	struct mhp_namespace *ns = topo_namespace(topo, n, 0, MHP_NAMESPACE_DEVDAX);
	struct mhp_dax *dax = ADD(topo->dax, topo->nr_dax);
	uint64_t start = 4 * GIB + n * 2 * GIB, first = start / TOPO_BLOCK + 1;

	str_format(dax->name, "dax%u.0", n);
	str_copy(dax->region, ns->region);
	str_copy(dax->ns_name, ns->name);
	str_copy(ns->device, dax->name);
	str_copy(dax->driver, drivers[mode]);
	dax->mode = mode;
	dax->align = 2 * MIB;
	dax->target_node = (int)n + 2;
	dax->has_ranges = true;
	dax->nr_ranges = 1;
	dax->ranges[0] = (struct mhp_range){ start + 2 * MIB, start + 2 * GIB };
	dax->size = 2 * GIB - 2 * MIB;
	if (mode != MHP_DAX_SYSTEM_RAM)
		return dax;
	topo_node(topo, dax->target_node);
	topo_blocks(topo, first, first + 14, state, zone, dax->target_node);
	assert_int_equal(topology_count(topo), 0);
	return dax;
}

struct mhp_dax_region *topo_dax_region(struct mhp_topology *topo, unsigned n, uint64_t start,
				       uint64_t size)
{
	struct mhp_dax_region *region = ADD(topo->dax_regions, topo->nr_dax_regions);

	str_format(region->name, "dax_region%u", n);
	str_format(region->device, "hmem.%u", n);
	str_format(region->path, "/sys/devices/platform/hmem.%u", n);
	region->origin = MHP_ORIGIN_SOFT_RESERVED;
	region->start = start;
	region->size = region->available_bytes = size;
	region->align = 2 * MIB;
	region->target_node = (int)n + 2;
	return region;
}

struct mhp_dax *topo_dax_part(struct mhp_topology *topo, unsigned n, unsigned k, uint64_t start,
			      uint64_t size)
{
	struct mhp_dax *dax = ADD(topo->dax, topo->nr_dax);

	str_format(dax->name, "dax%u.%u", n, k);
	str_format(dax->path, "/sys/devices/platform/hmem.%u/%s", n, dax->name);
	str_format(dax->dax_region, "dax_region%u", n);
	dax->origin = MHP_ORIGIN_SOFT_RESERVED;
	dax->align = 2 * MIB;
	dax->target_node = (int)n + 2;
	dax->has_ranges = true;
	dax->nr_ranges = size ? 1 : 0;
	dax->ranges[0] = (struct mhp_range){ start, start + size };
	dax->size = size;
	return dax;
}

void topo_blocks(struct mhp_topology *topo, uint64_t first, uint64_t last,
		 enum mhp_block_state state, enum mhp_zone zone, int node)
{
	for (uint64_t id = first; id <= last; id++) {
		struct mhp_block *block = ADD(topo->blocks, topo->nr_blocks);

		block->id = id;
		block->start = id * TOPO_BLOCK;
		block->state = state;
		block->zone = zone;
		block->node = node;
	}
}

struct mhp_block *topo_block(struct mhp_topology *topo, uint64_t id)
{
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (topo->blocks[i].id == id)
			return &topo->blocks[i];
	fail_msg("no memory%d", (int)id);
	return NULL;
}

struct mhp_onliner *topo_onliner(struct mhp_topology *topo, enum mhp_onliner_kind kind,
				 const char *where)
{
	struct mhp_onliner *onliner = ADD(topo->onliners, topo->nr_onliners);

	onliner->kind = kind;
	str_copy(onliner->where, where);
	return onliner;
}
