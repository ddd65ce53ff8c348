/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan of a machine, and the selection of some targets from it. */
#include "lib/model/target.h"
#include "lib/model/topology.h"
#include "lib/base/error.h"
#include "lib/tool.h"
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <string.h>

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };

	if (mhp_topology_scan(fs->ctx, MHP_SCAN_CONTENT, &topo, &err) != 0)
		fail_msg("%s", err.message);
	return topo;
}

static const struct mhp_hidden *find_hidden(const struct mhp_topology *topo, const char *what)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++)
		if (strcmp(hidden->what, what) == 0)
			return hidden;
	return NULL;
}

/* ---- scan -------------------------------------------------------------------------------- */

static void what_the_blocks_tell(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_node *node;

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 33, 34, "offline", "Normal Movable", 2);
	fakesys_blocks(fs, 35, 35, "online", "Normal", 2);
	topo = scan(fs);
	assert_int_equal(topo->nr_blocks, 31);
	assert_true(mhp_topology_memory(topo)->online_bytes == 29 * TOPO_BLOCK);
	assert_true(mhp_topology_memory(topo)->offline_bytes == 2 * TOPO_BLOCK);
	assert_int_equal(topo->nr_nodes, 3);
	node = mhp_topology_node(topo, 2);
	assert_int_equal(node->node, 2);
	assert_int_equal(node->nr_cpus, 0);
	assert_true(node->online_bytes == 13 * TOPO_BLOCK);
	assert_true(node->offline_bytes == 2 * TOPO_BLOCK);
	assert_true(node->movable_bytes == 12 * TOPO_BLOCK);
	assert_true(node->kernel_bytes == TOPO_BLOCK);
	assert_int_equal(mhp_topology_node(topo, 0)->nr_cpus, 1);
	assert_null(mhp_topology_node(topo, 3));
}

static void what_links_the_objects(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_dax *dax;

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 33, 34, "offline", "Normal Movable", 2);
	topo = scan(fs);
	dax = mhp_topology_dax(topo, 0);
	assert_string_equal(dax->region, "region0");
	assert_string_equal(dax->ns_name, "namespace0.0");
	assert_int_equal(dax->blocks_total, 15);
	assert_int_equal(dax->blocks_online, 13);
	assert_true(dax->lost_bytes == 2111832064 - 15 * TOPO_BLOCK);
	assert_string_equal(mhp_topology_namespace(topo, 0)->device, "dax0.0");
	assert_string_equal(mhp_block_device(topology_find_block(topo, 33)), "dax0.0");
	assert_string_equal(mhp_block_device(topology_find_block(topo, 47)), "dax0.0");
	assert_string_equal(mhp_block_device(topology_find_block(topo, 15)), "");
	assert_null(topology_find_block(topo, 48));
	assert_true(topo->has_nd_bus && topo->has_kmem && topo->has_device_dax);
}

/* A device that is not memory has no blocks, even if its addresses have some. */
static void names_without_what_takes_long(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_block *block;

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 33, 34, "offline", "Normal Movable", 2);
	assert_int_equal(mhp_topology_scan(fs->ctx, MHP_SCAN_NAMES, &topo, NULL), 0);
	assert_int_equal(topo->nr_blocks, 31);
	block = topology_find_block(topo, 33);
	assert_int_equal(block->state, MHP_BLOCK_OFFLINE);
	assert_int_equal(block->nr_valid_zones, 0);
	assert_int_equal(block->node, 2);
	assert_string_equal(mhp_block_device(block), "dax0.0");
	block = topology_find_block(topo, 35);
	assert_int_equal(block->state, MHP_BLOCK_ONLINE);
	assert_int_equal(block->zone, MHP_ZONE_UNKNOWN);
	assert_string_equal(mhp_topology_dax(topo, 0)->region, "region0");
	assert_int_equal(topo->nr_onliners, 0);
}

static void a_devdax_device_has_no_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_dax0(fs, "device_dax");
	topo = scan(fs);
	assert_int_equal(mhp_topology_dax(topo, 0)->blocks_total, 0);
	assert_int_equal(mhp_topology_dax(topo, 0)->blocks_online, 0);
}

static void a_block_on_its_way_counts_as_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_blocks(fs, 1, 1, "going-offline", "Movable Normal", 0);
	topo = scan(fs);
	assert_true(mhp_topology_memory(topo)->online_bytes == 16 * TOPO_BLOCK);
}

/* An object with unreadable state is listed as hidden and counted in no sum. */
static void doubts_are_hidden(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_blocks(fs, 5, 7, "a state to come", "Movable", 0);
	fakesys_blocks(fs, 8, 8, "online", "a zone to come", 0);
	fakesys_put(fs, "sys/devices/system/node/node1/cpulist", "no list\n");
	topo = scan(fs);
	assert_string_equal(find_hidden(topo, "blocks.state")->why,
			    "cannot be read, or is not a known value: memory5 and 2 more");
	assert_string_equal(find_hidden(topo, "blocks.zone")->why,
			    "cannot be read, or is not a known value: memory8");
	assert_string_equal(find_hidden(topo, "nodes.cpus")->why,
			    "cannot be read, or is not a list: node1");
	assert_true(mhp_topology_memory(topo)->online_bytes == 13 * TOPO_BLOCK);
	assert_true(mhp_topology_memory(topo)->offline_bytes == 0);
}

static void put_region(struct fakesys *fs, const char *name)
{
	struct mhp_region region = fakesys_region0();

	str_copy(region.name, name);
	fakesys_region(fs, &region);
}

static void put_namespace(struct fakesys *fs, const char *name)
{
	struct mhp_namespace ns = { .size = GIB, .raw_size = GIB };

	str_copy(ns.name, name);
	fakesys_namespace(fs, &ns);
}

static void objects_are_in_order_of_their_numbers(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	put_region(fs, "region10");
	put_region(fs, "region2");
	put_region(fs, "region0");
	put_namespace(fs, "namespace10.0");
	put_namespace(fs, "namespace2.10");
	put_namespace(fs, "namespace2.9");
	put_namespace(fs, "namespace0.11");
	topo = scan(fs);
	assert_string_equal(mhp_topology_region(topo, 0)->name, "region0");
	assert_string_equal(mhp_topology_region(topo, 1)->name, "region2");
	assert_string_equal(mhp_topology_region(topo, 2)->name, "region10");
	assert_null(mhp_topology_region(topo, 3));
	assert_string_equal(mhp_topology_namespace(topo, 0)->name, "namespace0.11");
	assert_string_equal(mhp_topology_namespace(topo, 1)->name, "namespace2.9");
	assert_string_equal(mhp_topology_namespace(topo, 2)->name, "namespace2.10");
	assert_string_equal(mhp_topology_namespace(topo, 3)->name, "namespace10.0");
}

static uint64_t memmap_of(enum mhp_namespace_mode mode, enum mhp_memmap_location map, bool enabled)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_namespace ns = { .name = "namespace0.0", .raw_size = GIB, .size = GIB - MIB };

	ns.mode = mode;
	ns.map = map;
	ns.is_enabled = enabled;
	put_region(fs, "region0");
	fakesys_namespace(fs, &ns);
	topo = scan(fs);
	return mhp_topology_namespace(topo, 0)->memmap_bytes;
}

static void memory_that_a_namespace_costs(void **state)
{
	assert_true(memmap_of(MHP_NAMESPACE_FSDAX, MHP_MEMMAP_MEM, true) == 16 * MIB);
	assert_true(memmap_of(MHP_NAMESPACE_FSDAX, MHP_MEMMAP_MEM, false) == 0);
	assert_true(memmap_of(MHP_NAMESPACE_FSDAX, MHP_MEMMAP_DEV, true) == 0);
	assert_true(memmap_of(MHP_NAMESPACE_DEVDAX, MHP_MEMMAP_MEM, true) == 0); /* its device */
	assert_true(memmap_of(MHP_NAMESPACE_RAW, MHP_MEMMAP_NONE, true) == 0);
}

/* ---- what cannot be read ----------------------------------------------------------------- */

static void a_bus_that_fails_is_hidden(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, FAKE_ALWAYS, "nd/scan", "", "errno 13");
	topo = scan(fs);
	assert_int_equal(topo->nr_regions, 0);
	assert_non_null(find_hidden(topo, "regions"));
	assert_non_null(find_hidden(topo, "namespaces"));
	assert_non_null(strstr(find_hidden(topo, "regions")->why, "Permission denied"));
	/* the rest was read */
	assert_int_equal(topo->nr_dax, 1);
	assert_int_equal(topo->nr_blocks, 16);
}

static void a_bus_whose_reader_dies(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_answer(fs, FAKE_ALWAYS, "nd/scan", "", "die");
	topo = scan(fs);
	assert_non_null(find_hidden(topo, "regions"));
	assert_true(*find_hidden(topo, "regions")->why != '\0');
}

static void addresses_that_are_not_shown(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_online_dax0(fs);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/devices/dax0.0/mapping0"), 0);
	topo = scan(fs);
	assert_false(mhp_topology_dax(topo, 0)->has_ranges);
	assert_true(mhp_topology_dax(topo, 0)->blocks_total == MHP_UNKNOWN);
	assert_true(mhp_topology_dax(topo, 0)->blocks_online == MHP_UNKNOWN);
	assert_true(mhp_topology_dax(topo, 0)->lost_bytes == MHP_UNKNOWN);
	assert_non_null(find_hidden(topo, "dax_devices.blocks"));
	assert_string_equal(mhp_block_device(topology_find_block(topo, 33)), "");
}

static void a_copied_tree(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_online_dax0(fs);
	fs->ctx->is_copy = true;
	topo = scan(fs);
	assert_int_equal(topo->nr_blocks, 31);
	assert_int_equal(topo->nr_regions, 0);
	assert_int_equal(topo->nr_dax, 0);
	assert_non_null(find_hidden(topo, "regions"));
	assert_non_null(find_hidden(topo, "namespaces"));
	assert_non_null(find_hidden(topo, "dax_devices"));
}

/* Another bus may have been removed: the first one left need not have the number 0. */
static void a_bus_of_another_number(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_region region = fakesys_region0();

	fakesys_region(fs, &region);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/nd/devices/ndbus0"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, "sys/bus/nd/devices/ndbus12"), 0);
	topo = scan(fs);
	assert_true(topo->has_nd_bus);
	assert_int_equal(topo->nr_regions, 1);
}

/* A bus that cannot be seen may have regions: they are not missing. */
static void a_bus_that_cannot_be_seen(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_hidden *hidden;

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/nd/devices"), 0);
	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/nd/devices", "devices"), 0);
	topo = scan(fs);
	hidden = find_hidden(topo, "namespaces");
	assert_non_null(hidden);
	assert_non_null(strstr(hidden->why, "/sys/bus/nd/devices"));
	assert_non_null(find_hidden(topo, "regions"));
}

static void no_bus_at_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus"), 0);
	topo = scan(fs);
	assert_int_equal(topo->nr_blocks, 16);
	assert_non_null(find_hidden(topo, "blocks.origin")); /* there is no /proc/iomem either */
	assert_null(mhp_topology_hidden(topo, 1));
	assert_false(topo->has_nd_bus || topo->has_kmem || topo->has_device_dax);
	assert_int_equal(fakesys_writes(fs, "nd/scan"), 0);
}

static void no_memory_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "sys/devices/system/memory"), 0);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, &err), -ENOENT);
	assert_null(topo);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(err.hint, "CONFIG_MEMORY_HOTPLUG"));
}

static void a_scan_that_is_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/scan", "", "deaf");
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, &err), -ECANCELED);
	assert_null(topo);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
}

/* A machine with many blocks takes long to read. */
static void many_blocks_that_are_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };

	fakesys_blocks(fs, 1000, 1300, "offline", "Normal Movable", 1);
	tree_remove(fs->tree.fd, "sys/bus"); /* no other task is there to be cancelled */
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, &err), -ECANCELED);
	assert_null(topo);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
}

static void other_onliners(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *quiet = scan(fs), *loud = NULL;

	assert_null(mhp_topology_onliner(quiet, 0));
	fakesys_onliner(fs);
	fakesys_put(fs, "sys/devices/system/memory/auto_online_blocks", "online_kernel\n");
	loud = scan(fs);
	assert_int_equal(mhp_topology_onliner(loud, 0)->kind, MHP_ONLINER_KERNEL_POLICY);
	assert_string_equal(mhp_topology_onliner(loud, 0)->where,
			    "auto_online_blocks=online_kernel");
	assert_string_equal(mhp_topology_onliner(loud, 1)->where,
			    "/etc/udev/rules.d/40-vm.rules:1");
}

/* ---- selection --------------------------------------------------------------------------- */

/* Returns two regions, each with a namespace, a device and 15 blocks. */
static struct mhp_topology *two_regions(void)
{
	struct mhp_topology *topo = topo_new();

	for (unsigned n = 0; n < 2; n++) {
		topo_region(topo, n);
		topo_dax(topo, n, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	}
	return topo;
}

struct left {
	const char *targets[2];
	size_t regions, namespaces, dax, blocks, nodes;
};

static void check_left(const struct left *want)
{
	cleanup_topology struct mhp_topology *topo = two_regions();
	size_t nr = want->targets[1] ? 2 : want->targets[0] ? 1 : 0;
	struct mhp_error err = { 0 };

	if (mhp_topology_select(topo, want->targets, nr, &err) != 0)
		fail_msg("%s", err.message);
	if (topo->nr_regions != want->regions || topo->nr_namespaces != want->namespaces ||
	    topo->nr_dax != want->dax || topo->nr_blocks != want->blocks ||
	    topo->nr_nodes != want->nodes)
		fail_msg("%s: %zu regions, %zu namespaces, %zu devices, %zu blocks, %zu nodes",
			 nr ? want->targets[0] : "nothing", topo->nr_regions, topo->nr_namespaces,
			 topo->nr_dax, topo->nr_blocks, topo->nr_nodes);
}

/* Keeps the object that a target names, and the objects above and below it. */
static void what_is_left_of_it(void **state)
{
	static const struct left cases[] = {
		{ { NULL }, 2, 2, 2, 46, 4 },
		{ { "all" }, 2, 2, 2, 46, 4 },
		{ { "region0" }, 1, 1, 1, 15, 1 },
		{ { "namespace1.0" }, 1, 1, 1, 15, 1 },
		{ { "dax1.0" }, 1, 1, 1, 15, 1 },
		{ { "node3" }, 1, 1, 1, 15, 1 },
		{ { "memory33" }, 1, 1, 1, 1, 1 },
		{ { "memory33-34" }, 1, 1, 1, 2, 1 },
		{ { "memory47", "memory49" }, 2, 2, 2, 2, 2 },
		{ { "memory1" }, 0, 0, 0, 1, 1 },
		{ { "node0" }, 0, 0, 0, 8, 1 },
		{ { "region0", "memory1" }, 1, 1, 1, 16, 2 },
		{ { "region0", "all" }, 2, 2, 2, 46, 4 },
		{ { "0x108000000-0x117ffffff" }, 1, 1, 1, 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_left(&cases[i]);
}

static void what_is_left_is_what_was_named(void **state)
{
	static const char *const names[] = { "dax1.0" };
	cleanup_topology struct mhp_topology *topo = two_regions();

	assert_int_equal(mhp_topology_select(topo, names, 1, NULL), 0);
	assert_string_equal(topo->regions[0].name, "region1");
	assert_string_equal(topo->namespaces[0].name, "namespace1.0");
	assert_string_equal(topo->dax[0].name, "dax1.0");
	assert_int_equal(topo->blocks[0].id, 49);
	assert_int_equal(topo->nodes[0].node, 3);
}

static void what_cannot_be_selected(void **state)
{
	static const char *const missing[] = { "region0", "dax7.0" };
	static const char *const bad[] = { "all", "dax" };
	cleanup_topology struct mhp_topology *topo = two_regions();
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_topology_select(topo, missing, 2, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_int_equal(mhp_topology_select(topo, bad, 2, &err), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	/* the source is unchanged */
	assert_int_equal(topo->nr_blocks, 46);
}

struct missed {
	unsigned nr;
	char name[64];
};

static void on_missing(const char *target, void *data)
{
	struct missed *missed = data;

	missed->nr++;
	str_copy(missed->name, target);
}

/* Returns the number of blocks selected by the target; *missed counts missing ones. */
static size_t blocks_there(const char *name, struct missed *missed)
{
	cleanup_topology struct mhp_topology *topo = two_regions();
	struct target target;

	*missed = (struct missed){ 0 };
	assert_int_equal(target_parse(name, &target, NULL), 0);
	assert_int_equal(topology_select_there(topo, &target, 1, on_missing, missed), 0);
	return topo->nr_blocks;
}

static void targets_that_may_be_missing(void **state)
{
	struct missed missed;

	assert_int_equal(blocks_there("region1", &missed), 15);
	assert_int_equal(blocks_there("memory41", &missed), 1);
	assert_int_equal(blocks_there("memory45-50", &missed), 5);
	assert_int_equal(blocks_there("0x108000001-0x110000000", &missed), 2);
	assert_int_equal(blocks_there("all", &missed), 46);
	assert_int_equal(missed.nr, 0);
	assert_int_equal(blocks_there("region7", &missed), 0);
	assert_int_equal(missed.nr, 1);
	assert_string_equal(missed.name, "region7");
	assert_int_equal(blocks_there("memory900-901", &missed), 0);
	assert_string_equal(missed.name, "memory900-901");
	assert_int_equal(blocks_there("0x7000000000-0x7000000001", &missed), 0);
	assert_int_equal(missed.nr, 1);
	assert_int_equal(blocks_there("node4294967299", &missed), 0);
	assert_int_equal(missed.nr, 1);
}

UNIT_TESTS(cmocka_unit_test(what_the_blocks_tell), cmocka_unit_test(what_links_the_objects),
	   cmocka_unit_test(a_devdax_device_has_no_blocks),
	   cmocka_unit_test(names_without_what_takes_long),
	   cmocka_unit_test(a_block_on_its_way_counts_as_online),
	   cmocka_unit_test(doubts_are_hidden),
	   cmocka_unit_test(objects_are_in_order_of_their_numbers),
	   cmocka_unit_test(memory_that_a_namespace_costs),
	   cmocka_unit_test(a_bus_that_fails_is_hidden), cmocka_unit_test(a_bus_whose_reader_dies),
	   cmocka_unit_test(addresses_that_are_not_shown), cmocka_unit_test(a_copied_tree),
	   cmocka_unit_test(a_bus_of_another_number), cmocka_unit_test(a_bus_that_cannot_be_seen),
	   cmocka_unit_test(no_bus_at_all), cmocka_unit_test(no_memory_blocks),
	   cmocka_unit_test(a_scan_that_is_cancelled),
	   cmocka_unit_test(many_blocks_that_are_cancelled), cmocka_unit_test(other_onliners),
	   cmocka_unit_test(what_is_left_of_it), cmocka_unit_test(what_is_left_is_what_was_named),
	   cmocka_unit_test(targets_that_may_be_missing), cmocka_unit_test(what_cannot_be_selected))
