/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the machine has enough memory for a plan, in a safe ratio of zones. */
#include "tests/unit/fake/planning.h"

/* ---- enough memory ----------------------------------------------------------------------- */

static void check_enough(uint64_t present, uint64_t available, bool is_enough)
{
	cleanup_topology struct mhp_topology *topo = planning_region(16 * GIB);
	cleanup_planning struct planning p = { 0 }, yes = { 0 };

	planning_memory(topo, present, available);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "region0"); /* takes 254 MiB */
	assert_true(mhp_plan_cost(p.plan)->available_bytes == available);
	assert_int_equal(mhp_plan_consent(p.plan, 0) == NULL, is_enough);
	assert_int_equal(planning_warns(&p, "ordinary memory"), !is_enough);
	planning_begin(&yes, MHP_VERB_ONLINE, "region0");
	yes.request.agreed = MHP_CONSENT_ALL;
	planning_run(&yes, topo);
	assert_null(mhp_plan_consent(yes.plan, 0));
	assert_int_equal(planning_warns(&yes, "ordinary memory"), !is_enough);
}

static void what_should_stay(void **state)
{
	/* a tenth of much memory, */
	check_enough(20 * GIB, 2 * GIB + 254 * MIB, true);
	check_enough(20 * GIB, 2 * GIB + 254 * MIB - 2, false);
	/* 512 MiB of less, */
	check_enough(4 * GIB, 512 * MIB + 254 * MIB, true);
	check_enough(4 * GIB, 512 * MIB + 254 * MIB - 2, false);
	/* and a quarter of little */
	check_enough(GIB, 256 * MIB + 254 * MIB, true);
	check_enough(GIB, 256 * MIB + 254 * MIB - 2, false);
	/* a small part of the available memory is always allowed (more than available: fit.c) */
	check_enough(100 * GIB, 16 * 254 * MIB, true);
	check_enough(100 * GIB, 16 * 254 * MIB - 2, false);
}

static void several_are_too_much(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning one = { 0 }, two = { 0 };

	topo_region(topo, 1);
	planning_memory(topo, GIB, 256 * MIB + 50 * MIB);
	planning_plan(&one, topo, MHP_VERB_ONLINE, "region0");
	assert_null(mhp_plan_consent(one.plan, 0));
	planning_plan(&two, topo, MHP_VERB_ONLINE, "region0 region1");
	for (size_t i = 0; i < two.plan->nr_steps; i++)
		assert_true(two.plan->steps[i].is_parallel ==
			    (two.plan->steps[i].type == MHP_STEP_CREATE_NAMESPACE));
	assert_string_equal(mhp_plan_consent(two.plan, 0),
			    "take 60 MiB of the 306 MiB of memory that are available for the "
			    "memmap, where 256 MiB should stay free");
	assert_null(mhp_plan_consent(two.plan, 1));
	assert_true(mhp_plan_cost(two.plan)->memory_bytes == 60 * MIB);
	assert_true(mhp_plan_cost(two.plan)->usable_bytes == 30 * TOPO_BLOCK);
	assert_true(mhp_plan_cost(two.plan)->lost_bytes == 2 * TOPO_BLOCK);
}

/* One unknown node makes the sum unknown, which does not count as enough. */
static void not_known_is_not_enough(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 }, yes = { 0 };

	planning_memory(topo, GIB, GIB);
	topo->nodes[1].kernel_available_bytes = MHP_UNKNOWN;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "region0");
	assert_int_equal(mhp_plan_consent_kind(p.plan, 0), MHP_CONSENT_MEMORY);
	assert_string_equal(mhp_plan_consent(p.plan, 0),
			    "take 30 MiB of memory for the memmap, while it is not known how much "
			    "is available");
	assert_true(planning_warns(&p, "it is not known how much is available"));
	assert_true(mhp_plan_cost(p.plan)->available_bytes == MHP_UNKNOWN);
	planning_begin(&yes, MHP_VERB_ONLINE, "region0");
	yes.request.agreed = MHP_CONSENT_MEMORY;
	planning_run(&yes, topo);
	assert_null(mhp_plan_consent(yes.plan, 0));
}

/* A plan that allocates nothing needs no known sum. */
static void not_known_is_enough_for_nothing(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	topo->nodes[1].kernel_available_bytes = MHP_UNKNOWN;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_null(mhp_plan_consent(p.plan, 0));
}

static void the_nodes_it_comes_from(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning far = { 0 }, near = { 0 };
	const struct mhp_node_cost *cost;

	topo_region(topo, 1)->numa_node = 1;
	planning_memory(topo, 16 * GIB, 8 * GIB);
	topo->nodes[1].kernel_available_bytes = 16 * MIB;
	planning_plan(&far, topo, MHP_VERB_ONLINE, "region0 region1");
	cost = mhp_plan_node_cost(far.plan, 0);
	assert_int_equal(cost->node, 0);
	assert_true(cost->memmap_bytes == 30 * MIB && cost->available_bytes == 4 * GIB);
	cost = mhp_plan_node_cost(far.plan, 1);
	assert_int_equal(cost->node, 1);
	assert_null(mhp_plan_node_cost(far.plan, 2));
	assert_true(planning_warns(&far, "node 1 has 16 MiB available for 30 MiB of memmap"));
	assert_false(planning_warns(&far, "node 0 has"));
	assert_null(mhp_plan_consent(far.plan, 0)); /* the others have enough */
	/* kernel memory on the node of the new memory is nearer */
	topo_node(topo, 2)->kernel_present_bytes = GIB;
	topo->nodes[2].kernel_available_bytes = GIB;
	planning_plan(&near, topo, MHP_VERB_ONLINE, "region0");
	assert_int_equal(mhp_plan_node_cost(near.plan, 0)->node, 2);
}

/* ---- zones ------------------------------------------------------------------------------- */

static void too_much_that_is_movable(void **state)
{
	/* topo_new() has 2 GiB in 16 blocks, one of them in several zones */
	cleanup_topology struct mhp_topology *topo = planning_region(6 * GIB + 128 * MIB);
	cleanup_planning struct planning most = { 0 }, more = { 0 }, kernel = { 0 };

	topology_count(topo);
	planning_plan(&most, topo, MHP_VERB_ONLINE, "region0");
	assert_true(mhp_plan_cost(most.plan)->movable_bytes == 6 * GIB);
	assert_true(mhp_plan_cost(most.plan)->kernel_bytes == 2 * GIB);
	assert_false(planning_warns(&most, "zone movable"));
	topo->regions[0].max_extent_bytes = topo->regions[0].size += 128 * MIB;
	planning_plan(&more, topo, MHP_VERB_ONLINE, "region0");
	assert_true(
		planning_warns(&more, "zone movable grows to 6.12 GiB, 3.1 times the 2 GiB of"));
	assert_null(mhp_plan_consent(more.plan, 0));
	planning_begin(&kernel, MHP_VERB_ONLINE, "region0");
	kernel.request.zone = MHP_ZONE_REQUEST_KERNEL;
	planning_run(&kernel, topo);
	assert_false(planning_warns(&kernel, "zone movable"));
	assert_true(mhp_plan_cost(kernel.plan)->kernel_bytes == 8 * GIB + 128 * MIB);
}

static void zones_behind_the_plan(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning up = { 0 }, down = { 0 };

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_NORMAL);
	assert_true(topo->nodes[2].kernel_bytes == 15 * TOPO_BLOCK);
	planning_plan(&up, topo, MHP_VERB_ONLINE, "dax0.0"); /* to zone movable */
	assert_true(mhp_plan_cost(up.plan)->movable_bytes == 15 * TOPO_BLOCK);
	assert_true(mhp_plan_cost(up.plan)->kernel_bytes == 2 * GIB);
	planning_plan(&down, topo, MHP_VERB_OFFLINE, "memory33-35");
	assert_true(mhp_plan_cost(down.plan)->movable_bytes == 0);
	assert_true(mhp_plan_cost(down.plan)->kernel_bytes == 2 * GIB + 12 * TOPO_BLOCK);
}

/* ---- going offline ----------------------------------------------------------------------- */

/* Checks the consent that an offline asks for; node 1 has 8 kernel blocks, and 8 movable if set. */
static void check_leaving(const char *target, bool movable, uint64_t available, uint64_t for_kernel,
			  const char *asks)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 }, yes = { 0 };

	if (movable)
		topo_blocks(topo, 16, 23, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE, 1);
	planning_memory(topo, 2 * GIB, for_kernel);
	topo->memory.available_bytes = available;
	planning_plan(&p, topo, MHP_VERB_OFFLINE, target);
	if (asks)
		assert_string_equal(mhp_plan_consent(p.plan, 0), asks);
	assert_int_equal(mhp_plan_consent(p.plan, 0) != NULL, asks != NULL);
	assert_null(mhp_plan_consent(p.plan, 1));
	if (asks)
		assert_int_equal(mhp_plan_consent_kind(p.plan, 0), MHP_CONSENT_MEMORY);
	assert_int_equal(planning_warns(&p, "go offline"), asks != NULL);
	planning_begin(&yes, MHP_VERB_OFFLINE, target);
	yes.request.agreed = MHP_CONSENT_MEMORY;
	planning_run(&yes, topo);
	assert_null(mhp_plan_consent(yes.plan, 0));
}

static void what_should_stay_of_what_leaves(void **state)
{
	/* a quarter of the 1 GiB that is left */
	check_leaving("node1", false, GIB + 256 * MIB, GIB + 256 * MIB, NULL);
	check_leaving(
		"node1", false, GIB + 250 * MIB, GIB + 256 * MIB,
		"take 1 GiB of memory offline, after which 250 MiB is available, where 256 MiB "
		"should stay free");
	check_leaving("node1", false, 595 * MIB, 595 * MIB,
		      "take 1 GiB of memory offline, after which 0 B is available, where 256 MiB "
		      "should stay free");
	check_leaving("memory8-9", false, 600 * MIB, 600 * MIB,
		      "take 256 MiB of memory offline, after which 344 MiB is available, where "
		      "448 MiB should stay free");
	check_leaving("memory8-9", false, 704 * MIB, 704 * MIB, NULL);
}

static void zone_movable_is_of_no_use_to_the_kernel(void **state)
{
	/* no change for the kernel */
	check_leaving("memory16-23", true, 2 * GIB, 100 * MIB, NULL);
	check_leaving("memory16-23", true, GIB + 100 * MIB, GIB,
		      "take 1 GiB of memory offline, after which 100 MiB is available, where "
		      "512 MiB should stay free");
	/* free memory in zone movable does not replace kernel memory */
	check_leaving("memory8-15", true, 100 * GIB, GIB + 100 * MIB,
		      "take 1 GiB of memory offline, after which 100 MiB is available, where "
		      "256 MiB should stay free");
}

static void what_is_not_known_is_asked_for(void **state)
{
	check_leaving("memory8", false, MHP_UNKNOWN, 2 * GIB,
		      "take 128 MiB of memory offline, after which an unknown amount is available, "
		      "where 480 MiB should stay free");
}

static void what_is_offline_takes_nothing_away(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_blocks(topo, 16, 23, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE, 1);
	topo->memory.available_bytes = 0;
	planning_plan(&p, topo, MHP_VERB_OFFLINE, "memory16-23");
	assert_null(mhp_plan_consent(p.plan, 0));
}

UNIT_TESTS(cmocka_unit_test(what_should_stay), cmocka_unit_test(several_are_too_much),
	   cmocka_unit_test(not_known_is_not_enough),
	   cmocka_unit_test(not_known_is_enough_for_nothing),
	   cmocka_unit_test(the_nodes_it_comes_from), cmocka_unit_test(too_much_that_is_movable),
	   cmocka_unit_test(zones_behind_the_plan),
	   cmocka_unit_test(what_should_stay_of_what_leaves),
	   cmocka_unit_test(zone_movable_is_of_no_use_to_the_kernel),
	   cmocka_unit_test(what_is_not_known_is_asked_for),
	   cmocka_unit_test(what_is_offline_takes_nothing_away))
