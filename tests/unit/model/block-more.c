/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of few blocks: nodes, device, pages, parts that are not plugged in. */
#include "lib/model/block-more.h"
#include "lib/model/block.h"
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return has_no_memory ? NULL : __real_malloc(size);
}

static void a_block_without_anything(void **state)
{
	const struct mhp_block block = { .id = 0 };

	assert_string_equal(mhp_block_device(&block), "");
	assert_int_equal(mhp_block_node(&block, 0), -1);
	assert_int_equal(mhp_block_valid_zone(&block, 0), MHP_ZONE_NONE);
	assert_true(mhp_block_node_bytes(&block, 0) == 0);
	assert_true(mhp_block_unplugged_bytes(&block) == 0);
	assert_null(mhp_block_pages(&block));
}

/* Ignores those that are too many. */
static void possible_zones(void **state)
{
	struct mhp_block block = { .id = 0 };

	for (enum mhp_zone zone = MHP_ZONE_MOVABLE; zone > MHP_ZONE_NONE; zone--)
		block_add_valid_zone(&block, zone);
	block_add_valid_zone(&block, MHP_ZONE_UNKNOWN);
	assert_int_equal(block.nr_valid_zones, 3);
	assert_int_equal(mhp_block_valid_zone(&block, 0), MHP_ZONE_MOVABLE);
	assert_int_equal(mhp_block_valid_zone(&block, 1), MHP_ZONE_NORMAL);
	assert_int_equal(mhp_block_valid_zone(&block, 2), MHP_ZONE_DMA32);
	assert_int_equal(mhp_block_valid_zone(&block, 3), MHP_ZONE_NONE);
}

/* The nodes of a block are in the order of their numbers, whatever order they were found in. */
static void nodes(void **state)
{
	static const int found[] = { 7, 3, 9, 0, 5 }, wanted[] = { 0, 3, 7, 9, -1 };
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block block = { .node = -1 };

	assert_int_equal(block_add_node(&arena, &block, found[0]), 0);
	assert_int_equal(block.node, 7);
	assert_int_equal(mhp_block_node(&block, 0), 7);
	assert_int_equal(mhp_block_node(&block, 1), -1);
	assert_null(block.more);
	for (size_t i = 1; i < ARRAY_SIZE(found); i++)
		assert_int_equal(block_add_node(&arena, &block, found[i]), 0);
	assert_int_equal(block.node, -1);
	assert_int_equal(block.nr_nodes, BLOCK_NODES_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(mhp_block_node(&block, i), wanted[i]);
}

/* A block that gets pages of its own keeps its device, and the others of the device have none. */
static void blocks_of_a_device(void **state)
{
	const struct mhp_block_pages pages = { .used = 1, .unmovable = 2, .unknown = 3 };
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block_more *device = block_device_new(&arena, "dax0.0");
	struct mhp_block blocks[3] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };

	assert_int_equal(block_set_unplugged(&arena, &blocks[2], 4096), 0);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		block_set_device(&blocks[i], device);
	assert_int_equal(block_set_pages(&arena, &blocks[1], &pages), 0);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		assert_string_equal(mhp_block_device(&blocks[i]), "dax0.0");
		assert_int_equal(mhp_block_unplugged_bytes(&blocks[i]), i == 2 ? 4096 : 0);
		assert_int_equal(mhp_block_pages(&blocks[i]) != NULL, i == 1);
	}
	assert_memory_equal(mhp_block_pages(&blocks[1]), &pages, sizeof(pages));
	/* a plugged block needs no storage of its own, and one that was not is plugged again */
	assert_int_equal(block_set_unplugged(&arena, &blocks[0], 0), 0);
	assert_ptr_equal(blocks[0].more, device);
	assert_int_equal(block_set_unplugged(&arena, &blocks[2], MHP_UNKNOWN), 0);
	assert_true(mhp_block_unplugged_bytes(&blocks[2]) == MHP_UNKNOWN);
	assert_int_equal(block_set_unplugged(&arena, &blocks[2], 0), 0);
	assert_true(mhp_block_unplugged_bytes(&blocks[2]) == 0);
}

/* Fills an arena, so that the next object needs memory. */
static void fill(struct arena *arena)
{
	has_no_memory = true;
	while (arena_alloc(arena, 1))
		continue;
}

/* Without memory nothing is wrong: what could not be set is unknown, or as it was. */
static void memory_is_short(void **state)
{
	const struct mhp_block_pages pages = { .used = 1 };
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block_more *device = block_device_new(&arena, "dax0.0");
	struct mhp_block block = { .node = -1 };

	block_set_device(&block, device);
	fill(&arena);
	assert_null(block_device_new(&arena, "dax1.0"));
	assert_int_equal(block_add_node(&arena, &block, 2), 0);
	assert_int_equal(block_add_node(&arena, &block, 1), -ENOMEM);
	assert_int_equal(block_set_pages(&arena, &block, &pages), -ENOMEM);
	assert_int_equal(block_set_unplugged(&arena, &block, 4096), -ENOMEM);
	has_no_memory = false;
	assert_ptr_equal(block.more, device);
	assert_int_equal(block.nr_nodes, 1);
	assert_int_equal(block.node, 2);
	assert_null(mhp_block_pages(&block));
	assert_true(mhp_block_unplugged_bytes(&block) == MHP_UNKNOWN);
}

static void a_scan_without_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block *blocks = NULL;
	size_t nr;
	int rc;

	for (int node = 0; node < 2; node++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/devices/system/node/node%d/memory7", node);
		tree_link(fs->tree.fd, path, "../../memory/memory7");
	}
	has_no_memory = true;
	rc = block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr);
	has_no_memory = false;
	assert_int_equal(rc, -ENOMEM);
	assert_null(blocks);
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(mhp_block_node(&blocks[7], 1), 1);
	free(blocks);
}

/* ---- copies ------------------------------------------------------------------------------ */

static struct mhp_topology *machine(void)
{
	const struct mhp_block_pages pages = { .used = 5 };
	struct mhp_topology *topo = topo_new();

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	topo_dax(topo, 1, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	assert_int_equal(block_set_pages(&topo->more, topo_block(topo, 40), &pages), 0);
	assert_int_equal(block_add_node(&topo->more, topo_block(topo, 7), 1), 0);
	assert_int_equal(block_add_node(&topo->more, topo_block(topo, 7), 0), 0);
	assert_int_equal(block_set_unplugged(&topo->more, topo_block(topo, 9), 4096), 0);
	return topo;
}

/* A copy has everything, also when the original is gone: the sanitizers see what it still uses. */
static void a_copy_outlives_the_original(void **state)
{
	cleanup_topology struct mhp_topology *copy = NULL;
	struct mhp_topology *topo = machine();

	assert_int_equal(topology_copy(topo, &copy), 0);
	mhp_topology_free(topo);
	assert_string_equal(mhp_block_device(topo_block(copy, 15)), "");
	assert_string_equal(mhp_block_device(topo_block(copy, 33)), "dax0.0");
	assert_ptr_equal(topo_block(copy, 33)->more, topo_block(copy, 39)->more);
	assert_string_equal(mhp_block_device(topo_block(copy, 40)), "dax0.0");
	assert_string_equal(mhp_block_device(topo_block(copy, 49)), "dax1.0");
	assert_int_equal(mhp_block_pages(topo_block(copy, 40))->used, 5);
	assert_int_equal(mhp_block_node(topo_block(copy, 7), 1), 1);
	assert_int_equal(mhp_block_unplugged_bytes(topo_block(copy, 9)), 4096);
}

/* A selection moves devices, and the blocks keep the name of theirs. */
static void a_selection_keeps_the_devices(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();
	const char *const names[] = { "dax1.0" };

	assert_int_equal(mhp_topology_select(topo, names, 1, NULL), 0);
	assert_int_equal(topo->nr_dax, 1);
	assert_int_equal(topo->nr_blocks, 15);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		assert_string_equal(mhp_block_device(&topo->blocks[i]), "dax1.0");
	/* and to count again adds no second copy of it */
	fill(&topo->more);
	assert_int_equal(topology_count(topo), 0);
	has_no_memory = false;
	assert_int_equal(topo->dax[0].blocks_total, 15);
}

static void a_copy_without_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = machine();
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block copies[64];

	memcpy(copies, topo->blocks, topo->nr_blocks * sizeof(*copies));
	has_no_memory = true;
	assert_int_equal(blocks_copy_more(&arena, copies, topo->nr_blocks), -ENOMEM);
	has_no_memory = false;
}

UNIT_TESTS(cmocka_unit_test(a_block_without_anything), cmocka_unit_test(possible_zones),
	   cmocka_unit_test(nodes), cmocka_unit_test(blocks_of_a_device),
	   cmocka_unit_test(memory_is_short), cmocka_unit_test(a_scan_without_memory),
	   cmocka_unit_test(a_copy_outlives_the_original),
	   cmocka_unit_test(a_selection_keeps_the_devices), cmocka_unit_test(a_copy_without_memory))
