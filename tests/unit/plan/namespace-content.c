/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans by users without permission to read everything, and blocks on several nodes. */
#include "lib/model/block-more.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

static void plan_look(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		      const char *targets)
{
	planning_begin(p, verb, targets);
	p->request.list_hidden = true;
	planning_run(p, topo);
	if (p->rc != 0)
		fail_msg("%s: %s", targets, p->err.message);
}

static void check_hidden(const struct planning *p, const char *what)
{
	const struct mhp_hidden *hidden = mhp_plan_hidden(p->plan, 0);

	assert_non_null(hidden);
	assert_string_equal(hidden->what, what);
	assert_string_equal(hidden->why, "its physical addresses are visible only to root");
	assert_null(mhp_plan_hidden(p->plan, 1));
	assert_false(mhp_plan_cost(p->plan)->is_complete);
}

static void a_region_without_its_address(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].start = MHP_UNKNOWN;
	plan_look(&p, topo, MHP_VERB_ONLINE, "region0");
	/* the blocks are not known yet, so no numbers are invented */
	planning_check(&p, "create_namespace region0\nset_mode dax0.0\n");
	assert_true(planning_step(&p, MHP_STEP_SET_MODE)->size == 15 * TOPO_BLOCK);
	check_hidden(&p, "region0");
	/* a plan to run must be complete */
	planning_expect_refused(topo, MHP_VERB_ONLINE, "region0", -EACCES,
				MHP_REASON_NOT_PERMITTED);
}

static void a_device_without_its_addresses(void **state)
{
	static const struct {
		enum mhp_verb verb;
		enum mhp_dax_mode mode;
		const char *steps;
	} cases[] = {
		{ MHP_VERB_ONLINE, MHP_DAX_DEVDAX, "set_mode dax0.0\n" },
		{ MHP_VERB_ONLINE, MHP_DAX_SYSTEM_RAM, "" },
		{ MHP_VERB_OFFLINE, MHP_DAX_SYSTEM_RAM, "" },
		{ MHP_VERB_REMOVE, MHP_DAX_SYSTEM_RAM, "set_mode dax0.0\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_topology struct mhp_topology *topo = topo_new();
		cleanup_planning struct planning p = { 0 };

		topo_region(topo, 0);
		topo_dax(topo, 0, cases[i].mode, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
		topo->dax[0].has_ranges = false;
		topo->dax[0].nr_ranges = 0;
		plan_look(&p, topo, cases[i].verb, "dax0.0");
		planning_check(&p, cases[i].steps);
		check_hidden(&p, "dax0.0");
		assert_false(planning_warns(&p, "whole memory block"));
	}
}

static void a_disabled_namespace_without_its_address(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	topo->regions[0].start = MHP_UNKNOWN;
	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	p.request.list_hidden = true;
	p.request.agreed = MHP_CONSENT_DATA;
	planning_run(&p, topo);
	planning_check(&p, "enable_namespace namespace0.0\nset_mode dax0.0\n");
	check_hidden(&p, "namespace0.0");
}

/* An unreadable bus may have devices, which "all" includes. */
static void devices_that_cannot_be_read(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	assert_int_equal(topology_hide(topo, "dax_devices", "the bus is busy"), 0);
	plan_look(&p, topo, MHP_VERB_ONLINE, "all");
	planning_check(&p, "");
	assert_string_equal(mhp_plan_hidden(p.plan, 0)->why, "the bus is busy");
	planning_expect_refused(topo, MHP_VERB_ONLINE, "all", -EACCES, MHP_REASON_NOT_PERMITTED);
}

static void regions_that_cannot_be_read(void **state)
{
	static const enum mhp_verb verbs[] = { MHP_VERB_INIT, MHP_VERB_DESTROY };
	cleanup_topology struct mhp_topology *topo = topo_new();

	assert_int_equal(topology_hide(topo, "regions", "the bus is busy"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		cleanup_planning struct planning p = { 0 };

		plan_look(&p, topo, verbs[i], "all");
		assert_string_equal(mhp_plan_hidden(p.plan, 0)->what, "regions");
		assert_null(mhp_plan_hidden(p.plan, 1));
		planning_expect_refused(topo, verbs[i], "all", -EACCES, MHP_REASON_NOT_PERMITTED);
	}
	/* online only needs the dax devices, which can be read */
	planning_expect(topo, MHP_VERB_ONLINE, "all", "");
}

static void what_can_be_seen_is_all(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	plan_look(&p, topo, MHP_VERB_ONLINE, "region0");
	planning_check(&p, "create_namespace region0\nset_mode dax0.0\n"
			   "online_block memory33-47\n");
	assert_null(mhp_plan_hidden(p.plan, 0));
	assert_true(mhp_plan_cost(p.plan)->is_complete);
}

/* ---- names of steps ---------------------------------------------------------------------- */

static void one_block_is_no_range(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	p.request.bytes = 256 * MIB;
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region0\nset_mode dax0.0\nonline_block memory33\n");
}

/* ---- blocks on several nodes ------------------------------------------------------------- */

static void a_node_and_a_block_that_it_shares(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 }, other = { 0 };
	struct mhp_block *block = topo_block(topo, 8);

	assert_int_equal(block_add_node(&topo->more, block, 0), 0);
	assert_int_equal(block_add_node(&topo->more, block, 1), 0);
	block->zone = MHP_ZONE_MIXED;
	planning_begin(&p, MHP_VERB_OFFLINE, "node1");
	p.request.agreed = MHP_CONSENT_ALL;
	planning_run(&p, topo);
	planning_check(&p, "offline_block memory9-15\n");
	assert_true(planning_warns(&p, "memory8: spans nodes 0,1 and is skipped: the kernel "
				       "never takes such a block offline"));
	/* other targets do not need the node */
	planning_plan(&other, topo, MHP_VERB_OFFLINE, "memory9-15");
	assert_false(planning_warns(&other, "left out"));
}

UNIT_TESTS(cmocka_unit_test(a_region_without_its_address),
	   cmocka_unit_test(a_device_without_its_addresses),
	   cmocka_unit_test(a_disabled_namespace_without_its_address),
	   cmocka_unit_test(devices_that_cannot_be_read),
	   cmocka_unit_test(regions_that_cannot_be_read), cmocka_unit_test(what_can_be_seen_is_all),
	   cmocka_unit_test(one_block_is_no_range),
	   cmocka_unit_test(a_node_and_a_block_that_it_shares))
