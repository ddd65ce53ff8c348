/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps from devices and blocks in any state to online memory. */
#include "lib/base/error.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define ONLINE MHP_VERB_ONLINE

/* Returns region0 with dax0.0 in that mode; system-ram has blocks in that state and zone. */
static struct mhp_topology *with_dax(enum mhp_dax_mode mode, enum mhp_block_state state,
				     enum mhp_zone zone)
{
	struct mhp_topology *topo = topo_new();
	struct mhp_region *region = topo_region(topo, 0);

	region->available_bytes = region->max_extent_bytes = 0;
	str_copy(region->dax_seed, "dax0.1");
	topo_dax(topo, 0, mode, state, zone);
	return topo;
}

static struct mhp_topology *with_blocks(enum mhp_block_state state, enum mhp_zone zone)
{
	return with_dax(MHP_DAX_SYSTEM_RAM, state, zone);
}

/* ---- system-ram -------------------------------------------------------------------------- */

static void online_memory_needs_nothing(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_blocks(MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);

	planning_expect(topo, ONLINE, "dax0.0", "");
	planning_expect(topo, ONLINE, "region0", "");
	planning_expect(topo, ONLINE, "namespace0.0", "");
	planning_expect(topo, ONLINE, "memory33-47", "");
	planning_expect(topo, ONLINE, "node2", "");
	planning_expect(topo, ONLINE, "all", "");
}

static void offline_blocks_go_online(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_blocks(MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	planning_begin(&p, ONLINE, "dax0.0");
	planning_run(&p, topo);
	planning_check(&p, "online_block memory33-47\n");
	step = mhp_plan_step(p.plan, 0);
	assert_int_equal(step->first_block, 33);
	assert_int_equal(step->last_block, 47);
	assert_int_equal(step->size, 15 * TOPO_BLOCK);
	assert_int_equal(step->zone, MHP_ZONE_REQUEST_MOVABLE);
	assert_false(step->is_predicted);
	assert_string_equal(step->undo, "offline the blocks again");
}

static void a_step_for_each_run(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_blocks(MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);

	topo_block(topo, 33)->state = MHP_BLOCK_OFFLINE;
	topo_block(topo, 36)->state = MHP_BLOCK_OFFLINE;
	topo_block(topo, 37)->state = MHP_BLOCK_GOING_OFFLINE;
	topo_block(topo, 47)->zone = MHP_ZONE_NORMAL;
	planning_expect(topo, ONLINE, "dax0.0",
			"online_block memory33\nonline_block memory36-37\nonline_block memory47\n");
	planning_expect(topo, ONLINE, "memory36-46", "online_block memory36-37\n");
	planning_expect(topo, ONLINE, "memory34", "");
}

static void another_zone_is_not_already_so(void **state)
{
	static const struct {
		enum mhp_zone zone;
		enum mhp_zone_request request;
		bool fits;
	} cases[] = {
		{ MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_MOVABLE, true },
		{ MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_MOVABLE, false },
		{ MHP_ZONE_MIXED, MHP_ZONE_REQUEST_MOVABLE, false },
		{ MHP_ZONE_UNKNOWN, MHP_ZONE_REQUEST_MOVABLE, true },
		{ MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_KERNEL, true },
		{ MHP_ZONE_DMA32, MHP_ZONE_REQUEST_KERNEL, true },
		{ MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_KERNEL, false },
		{ MHP_ZONE_UNKNOWN, MHP_ZONE_REQUEST_KERNEL, true },
		{ MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_AUTO, true },
		{ MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_AUTO, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_topology struct mhp_topology *topo =
			with_blocks(MHP_BLOCK_ONLINE, cases[i].zone);
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, ONLINE, "dax0.0");
		p.request.zone = cases[i].request;
		planning_run(&p, topo);
		planning_check(&p, cases[i].fits ? "" : "online_block memory33-47\n");
		assert_int_equal(planning_warns(&p, "memory33: is online, and its zone"),
				 cases[i].zone == MHP_ZONE_UNKNOWN);
	}
}

static void blocks_that_belong_to_nobody(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	/* a DIMM, or virtio-mem */
	topo_blocks(topo, 100, 103, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE, 1);
	planning_expect(topo, ONLINE, "node1",
			"online_block memory100-103\nonline_block memory8-15\n");
	planning_expect(topo, ONLINE, "memory100", "online_block memory100\n");
	planning_expect(topo, ONLINE, "memory101-102", "online_block memory101-102\n");
	planning_expect_refused(topo, ONLINE, "memory99-100", -ENOENT, MHP_REASON_NO_SUCH_TARGET);
}

/* ---- dax devices ------------------------------------------------------------------------- */

static void a_devdax_device_changes_its_mode(void **state)
{
	static const enum mhp_dax_mode modes[] = { MHP_DAX_DEVDAX, MHP_DAX_UNBOUND };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_topology struct mhp_topology *topo =
			with_dax(modes[i], MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
		cleanup_planning struct planning p = { 0 };
		const struct mhp_step *step;

		planning_begin(&p, ONLINE, "dax0.0");
		planning_run(&p, topo);
		planning_check(&p, "set_mode dax0.0\nonline_block memory33-47\n");
		step = mhp_plan_step(p.plan, 0);
		assert_int_equal(step->mode, MHP_DAX_SYSTEM_RAM);
		assert_int_equal(step->size, 15 * TOPO_BLOCK);
		assert_int_equal(step->memmap_bytes, 15 * TOPO_BLOCK / 4096 * 64);
		assert_string_equal(step->needs, "nobody has the device open");
		assert_true(mhp_plan_step(p.plan, 1)->is_predicted);
		assert_int_equal(step->chain, mhp_plan_step(p.plan, 1)->chain);
		assert_null(mhp_plan_warning(p.plan, 0));
	}
}

static void devices_that_cannot_be_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	struct mhp_dax *dax = &topo->dax[0];

	dax->target_node = -1;
	planning_expect_refused(topo, ONLINE, "dax0.0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	dax->target_node = 2;
	dax->has_ranges = false;
	planning_expect_refused(topo, ONLINE, "dax0.0", -EACCES, MHP_REASON_NOT_PERMITTED);
	dax->has_ranges = true;
	dax->ranges[0].end = dax->ranges[0].start + TOPO_BLOCK;
	planning_expect_refused(topo, ONLINE, "dax0.0", -ENOSPC, MHP_REASON_NO_SPACE);
	dax->mode = MHP_DAX_OTHER;
	planning_expect_refused(topo, ONLINE, "dax0.0", -EBUSY, MHP_REASON_IN_USE);
	dax->mode = MHP_DAX_FAMFS;
	planning_expect_refused(topo, ONLINE, "dax0.0", -EBUSY, MHP_REASON_IN_USE);
	dax->driver[0] = '\0';
	planning_expect_refused(topo, ONLINE, "dax0.0", -EIO, MHP_REASON_KERNEL);
}

static void every_range_of_a_device(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	struct mhp_dax *dax = &topo->dax[0];

	dax->nr_ranges = 3;
	dax->ranges[0] = (struct mhp_range){ 40 * TOPO_BLOCK, 42 * TOPO_BLOCK };
	dax->ranges[1] = (struct mhp_range){ 50 * TOPO_BLOCK + 1, 51 * TOPO_BLOCK };
	dax->ranges[2] = (struct mhp_range){ 60 * TOPO_BLOCK, 62 * TOPO_BLOCK };
	dax->size = 5 * TOPO_BLOCK;
	planning_expect(topo, ONLINE, "dax0.0",
			"set_mode dax0.0\nonline_block memory40-41\nonline_block memory60-61\n");
}

static void what_is_lost_is_told(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };
	struct mhp_dax *dax = &topo->dax[0];

	dax->ranges[0] = (struct mhp_range){ 40 * TOPO_BLOCK + 1, 43 * TOPO_BLOCK - 1 };
	dax->size = 3 * TOPO_BLOCK - 2;
	planning_begin(&p, ONLINE, "dax0.0");
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	assert_int_equal(mhp_plan_step(p.plan, 0)->size, TOPO_BLOCK);
	assert_non_null(strstr(mhp_plan_warning(p.plan, 0), "stay unused, more than it gives"));
	assert_null(mhp_plan_warning(p.plan, 1));
}

static void other_onliners_are_named(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };

	topo_onliner(topo, MHP_ONLINER_UDEV_RULE, "/etc/udev/rules.d/40-x.rules:8");
	planning_begin(&p, ONLINE, "dax0.0 region0");
	planning_run(&p, topo);
	planning_check(&p, "set_mode dax0.0\nonline_block memory33-47\n");
	assert_non_null(strstr(mhp_plan_warning(p.plan, 0), "/etc/udev/rules.d/40-x.rules:8"));
	assert_null(mhp_plan_warning(p.plan, 1));
}

static void modules_are_loaded_first_and_once(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0);
	topo_region(topo, 1);
	topo->has_kmem = topo->has_device_dax = topo->has_dax_pmem = false;
	planning_begin(&p, ONLINE, "region0 region1");
	planning_run(&p, topo);
	planning_check(&p, "load_module dax_pmem\n"
			   "load_module device_dax\n"
			   "load_module kmem\n"
			   "create_namespace region0\n"
			   "create_namespace region1\n"
			   "set_mode dax0.0\n"
			   "online_block memory33-47\n"
			   "set_mode dax1.0\n"
			   "online_block memory49-63\n");
	assert_int_equal(mhp_plan_step(p.plan, 0)->chain, MHP_NO_CHAIN);
	assert_int_not_equal(mhp_plan_step(p.plan, 3)->chain, mhp_plan_step(p.plan, 4)->chain);
}

/* ---- several names for the same ---------------------------------------------------------- */

static void targets_that_mean_the_same_share_a_chain(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, ONLINE, "region0 dax0.0 namespace0.0 all");
	planning_run(&p, topo);
	planning_check(&p, "set_mode dax0.0\nonline_block memory33-47\n");
	assert_int_equal(p.plan->nr_chains, 1);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(mhp_plan_target(p.plan, i), p.targets[i]);
		assert_int_equal(p.plan->targets[i].nr_chains, 1);
		assert_int_equal(p.plan->targets[i].chains[0], 0);
	}
	assert_null(mhp_plan_target(p.plan, 4));
}

static void blocks_that_overlap_have_chains_of_their_own(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_blocks(MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);

	planning_expect(topo, ONLINE, "memory33-40 memory38-47",
			"online_block memory33-40\nonline_block memory38-47\n");
	planning_expect(topo, ONLINE, "memory33 memory33", "online_block memory33\n");
}

/* ---- "all" ------------------------------------------------------------------------------- */

static void all_means_all_devices(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	planning_expect(topo, ONLINE, "all", "");
	topo_region(topo, 0);
	topo_region(topo, 1);
	planning_expect(topo, ONLINE, "all",
			""); /* no device: nothing is created without a request */
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	topo_dax(topo, 1, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	planning_expect(topo, ONLINE, "all",
			"online_block memory33-47\nset_mode dax1.0\nonline_block memory49-63\n");
}

UNIT_TESTS(cmocka_unit_test(online_memory_needs_nothing),
	   cmocka_unit_test(offline_blocks_go_online), cmocka_unit_test(a_step_for_each_run),
	   cmocka_unit_test(another_zone_is_not_already_so),
	   cmocka_unit_test(blocks_that_belong_to_nobody),
	   cmocka_unit_test(a_devdax_device_changes_its_mode),
	   cmocka_unit_test(devices_that_cannot_be_memory),
	   cmocka_unit_test(every_range_of_a_device), cmocka_unit_test(what_is_lost_is_told),
	   cmocka_unit_test(other_onliners_are_named),
	   cmocka_unit_test(modules_are_loaded_first_and_once),
	   cmocka_unit_test(targets_that_mean_the_same_share_a_chain),
	   cmocka_unit_test(blocks_that_overlap_have_chains_of_their_own),
	   cmocka_unit_test(all_means_all_devices))
