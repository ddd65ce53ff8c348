/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan that the machine can never carry out is refused. */
#include "lib/base/error.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

/* Returns an arm64 machine: the memory of nodes 0 and 1 is boot memory. */
static struct mhp_topology *arm64(void)
{
	struct mhp_topology *topo = topo_new();

	topo->machine.is_arm64 = true;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		topo->blocks[i].is_boot_memory = true;
	return topo;
}

static void boot_memory_stays(void **state)
{
	cleanup_topology struct mhp_topology *topo = arm64();
	cleanup_planning struct planning p = { 0 };

	planning_expect_refused(topo, MHP_VERB_OFFLINE, "memory9", -EOPNOTSUPP,
				MHP_REASON_BOOT_MEMORY);
	planning_begin(&p, MHP_VERB_OFFLINE, "node1");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_BOOT_MEMORY);
	assert_string_equal(p.err.message, "memory8 (and 7 more): was present at boot, and "
					   "this kernel cannot take boot memory offline");
	/* an offline block may stay offline or come online */
	topo->blocks[9].state = MHP_BLOCK_OFFLINE;
	planning_expect(topo, MHP_VERB_OFFLINE, "memory9", "");
	planning_expect(topo, MHP_VERB_ONLINE, "memory9", "online_block memory9\n");
}

static void added_memory_goes(void **state)
{
	cleanup_topology struct mhp_topology *topo = arm64();

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	planning_expect(topo, MHP_VERB_OFFLINE, "memory33-47", "offline_block memory33-47\n");
	planning_expect(topo, MHP_VERB_OFFLINE, "node2", "offline_block memory33-47\n");
}

static void choose(struct planning *p, const struct mhp_topology *topo, int node, uint64_t size)
{
	planning_begin(p, MHP_VERB_OFFLINE, "");
	p->request.nr_targets = 0;
	p->request.has_node = true;
	p->request.node = node;
	p->request.bytes = size;
	planning_run(p, topo);
}

static void boot_memory_is_never_chosen(void **state)
{
	cleanup_topology struct mhp_topology *topo = arm64();
	cleanup_planning struct planning none = { 0 }, one = { 0 }, unclear = { 0 };

	choose(&none, topo, 1, 256 * MIB);
	planning_check_refused(&none, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_string_equal(none.err.hint, "1 GiB more were present at boot, and this kernel "
					   "cannot take boot memory offline");
	topo_blocks(topo, 20, 20, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE, 1);
	choose(&one, topo, 1, 128 * MIB);
	planning_check(&one, "offline_block memory20\n");
	/* possible boot memory comes last */
	topo_blocks(topo, 21, 21, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE, 1);
	topo_block(topo, 21)->can_be_boot_memory = true;
	choose(&unclear, topo, 1, 128 * MIB);
	planning_check(&unclear, "offline_block memory20\n");
}

static void a_node_that_is_not_possible(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new(), *dev = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0); /* target node 2 */
	str_copy(topo->machine.nodes, "0-1");
	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_string_equal(p.err.message, "region0: its memory would belong to node 2, but "
					   "this kernel booted with only 0-1");
	/* a devdax namespace needs no online node */
	planning_expect(topo, MHP_VERB_CREATE, "region0", "create_namespace region0\n");
	topo_region(dev, 0);
	topo_dax(dev, 0, MHP_DAX_DEVDAX, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	str_copy(dev->machine.nodes, "0-1");
	planning_expect_refused(dev, MHP_VERB_ONLINE, "dax0.0", -EOPNOTSUPP,
				MHP_REASON_UNSUPPORTED);
	str_copy(dev->machine.nodes, "0-3");
	planning_expect(dev, MHP_VERB_ONLINE, "dax0.0",
			"set_mode dax0.0\nonline_block memory33-47\n");
}

static void a_driver_that_never_comes(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0);
	topo->has_dax_pmem = false;
	planning_expect(topo, MHP_VERB_CREATE, "region0",
			"load_module dax_pmem\ncreate_namespace region0\n");
	str_copy(topo->machine.no_dax_pmem, "CONFIG_DEV_DAX");
	planning_begin(&p, MHP_VERB_CREATE, "region0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_string_equal(p.err.message, "module dax_pmem: this kernel is built without "
					   "CONFIG_DEV_DAX");
	assert_string_equal(p.err.hint, "boot a kernel that is built with CONFIG_DEV_DAX");
}

static void memory_that_may_never_go(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning x86 = { 0 }, arm = { 0 }, dram = { 0 };
	struct mhp_dax *dax;

	topo_region(topo, 0);
	dax = topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	dax->memmap_on_memory = MHP_TRISTATE_YES;
	str_copy(topo->memory.memmap_on_memory, "on");
	planning_plan(&x86, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_false(planning_warns(&x86, "offline again"));
	topo->machine.is_arm64 = true;
	planning_plan(&arm, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_true(planning_warns(&arm, "arm64 kernels may never take such memory offline again"));
	str_copy(topo->memory.memmap_on_memory, "unsupported");
	planning_plan(&dram, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_false(planning_warns(&dram, "offline again"));
}

/* The node of persistent memory is online but empty at boot. */
static void an_empty_node_is_no_news(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning empty = { 0 }, little = { 0 }, made = { 0 };
	struct mhp_node *node = topo_node(topo, 2);

	planning_memory(topo, 16 * GIB, 8 * GIB);
	node = &topo->nodes[2];
	node->kernel_present_bytes = node->kernel_available_bytes = 0;
	topo->regions[0].numa_node = 2;
	planning_plan(&empty, topo, MHP_VERB_ONLINE, "region0");
	assert_false(planning_warns(&empty, "of memmap"));
	planning_plan(&made, topo, MHP_VERB_CREATE, "region0");
	assert_false(planning_warns(&made, "of memmap"));
	assert_int_equal(mhp_plan_node_cost(made.plan, 0)->node, -1);
	/* a node with too little memory matters */
	node->kernel_present_bytes = 64 * MIB;
	node->kernel_available_bytes = MIB;
	planning_plan(&little, topo, MHP_VERB_ONLINE, "region0");
	assert_true(planning_warns(&little, "node 2 has 1 MiB available for 30 MiB of memmap"));
}

UNIT_TESTS(cmocka_unit_test(boot_memory_stays), cmocka_unit_test(added_memory_goes),
	   cmocka_unit_test(boot_memory_is_never_chosen),
	   cmocka_unit_test(a_node_that_is_not_possible),
	   cmocka_unit_test(a_driver_that_never_comes), cmocka_unit_test(memory_that_may_never_go),
	   cmocka_unit_test(an_empty_node_is_no_news))
