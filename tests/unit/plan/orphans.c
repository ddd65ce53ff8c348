/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory without a device, and devices without their memory. */
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/planning.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

/* ---- left by kmem ------------------------------------------------------------------------ */

/* Returns an empty region0, and on node 2 the blocks of a former device of it. */
static struct mhp_topology *with_left(void)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_node(topo, 2);
	topo_blocks(topo, 33, 47, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE, 2);
	for (uint64_t id = 33; id <= 47; id++)
		topo_block(topo, id)->is_orphaned = true;
	return topo;
}

static void refused_before_anything_is_made(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_left();
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EBUSY, MHP_REASON_NEEDS_REBOOT);
	assert_non_null(strstr(p.err.message, "15 blocks of no device (memory33-47), 15"));
	assert_non_null(strstr(p.err.message, "memory 0x108000000-0x17fffffff was left behind "
					      "by kmem"));
	assert_non_null(strstr(p.err.hint, "reboot"));
	topo->regions[0].is_enabled = false;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "region0", -EBUSY, MHP_REASON_NEEDS_REBOOT);
}

static void not_removed_whatever_names_it(void **state)
{
	static const char *const targets[] = { "region0", "node2", "all" };
	cleanup_topology struct mhp_topology *topo = with_left();

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		planning_expect_refused(topo, MHP_VERB_REMOVE, targets[i], -EBUSY,
					MHP_REASON_NEEDS_REBOOT);
}

static void the_scan_finds_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_online_dax0(fs);
	fakesys_put(fs, "proc/iomem",
		    "00001000-7fffffff : System RAM\n"
		    "100000000-17fffffff : Persistent Memory\n"
		    "  108000000-17fffffff : dax0.0\n"
		    "    108000000-17fffffff : System RAM (kmem)\n");
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_false(topology_find_block(topo, FIRST_BLOCK)->is_orphaned);
	mhp_topology_free(topo);
	topo = NULL;
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/devices/dax0.0/driver"), 0);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_true(topology_find_block(topo, FIRST_BLOCK)->is_orphaned);
	assert_true(topology_find_block(topo, LAST_BLOCK)->is_orphaned);
	assert_false(topology_find_block(topo, 0)->is_orphaned);
}

/* ---- without a dax device ---------------------------------------------------------------- */

static void a_node_of_a_dimm_is_no_device(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_node(topo, 3);
	topo_blocks(topo, 40, 43, MHP_BLOCK_ONLINE, MHP_ZONE_NORMAL, 3);
	planning_begin(&p, MHP_VERB_REMOVE, "node3");
	planning_run(&p, topo);
	planning_check_refused(&p, -EINVAL, MHP_REASON_USAGE);
	assert_non_null(strstr(p.err.message, "node3: is not a device"));
	assert_non_null(strstr(p.err.hint, "mhpctl offline node3"));
	assert_non_null(strstr(p.err.hint, "hypervisor"));
}

/* ---- memory with missing blocks ---------------------------------------------------------- */

static void memory_without_a_block_is_bound_anew(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_int_equal(fake_block_remove(fs->tree.fd, id), 0);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

static void a_block_that_is_missing_is_said(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	assert_int_equal(fake_block_remove(fs->tree.fd, 40), 0);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_string_equal(t.first_target, "dax0.0");
	assert_string_equal(t.first.message, "dax0.0: 1 of its 15 memory blocks is missing");
}

UNIT_TESTS(cmocka_unit_test(refused_before_anything_is_made),
	   cmocka_unit_test(not_removed_whatever_names_it), cmocka_unit_test(the_scan_finds_it),
	   cmocka_unit_test(a_node_of_a_dimm_is_no_device),
	   cmocka_unit_test(memory_without_a_block_is_bound_anew),
	   cmocka_unit_test(a_block_that_is_missing_is_said))
