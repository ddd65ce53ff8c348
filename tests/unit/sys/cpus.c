/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs for worker processes. */
#include "lib/sys/cpus.h"
#include "tests/unit/fake/fakesys.h"

#include <sched.h>
#include <string.h>

#define NODES "sys/devices/system/node"

/*
 * Returns the first CPU that this process may use. The lists of the nodes are made of allowed CPUs,
 * of which there may be only one.
 */
static uint64_t first_cpu(void)
{
	struct cpuset allowed = { 0 };

	assert_int_equal(sched_getaffinity(0, sizeof(allowed), allowed.sets), 0);
	for (uint64_t cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET_S(cpu, sizeof(allowed), allowed.sets))
			return cpu;
	fail_msg("no CPU");
	return 0;
}

static void node(struct fakesys *fs, int id, const char *cpus, const char *distance)
{
	ROOT_PATH(list, NODES "/node%d/cpulist", id);
	ROOT_PATH(far, NODES "/node%d/distance", id);
	fakesys_put(fs, list, cpus);
	fakesys_put(fs, far, distance);
}

static void one_cpu(struct fakesys *fs, int id, const char *distance)
{
	char cpus[32];

	snprintf(cpus, sizeof(cpus), "%d\n", (int)first_cpu());
	node(fs, id, cpus, distance);
}

/* Nodes 0, 1 and 3 have a CPU each, node 2 only memory: nearest to 3, then 1, then 0. */
static struct fakesys *four_nodes(void)
{
	struct fakesys *fs = fakesys_new();

	tree_remove(fs->tree.fd, NODES);
	fakesys_put(fs, NODES "/online", "0-3\n");
	one_cpu(fs, 0, "10 21 40 30\n");
	one_cpu(fs, 1, "21 10 30 40\n");
	node(fs, 2, "\n", "40 30 10 17\n");
	one_cpu(fs, 3, "30 40 17 10\n");
	return fs;
}

static int take_cpu(struct fakesys *fs, struct cpu_places *places, int id)
{
	return cpus_take(&fs->ctx->sys, places, id)->node;
}

/* ---- places ------------------------------------------------------------------------------ */

static void nodes_with_cpus_are_places(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };
	uint64_t cpu = first_cpu();

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(places.nr, 3);
	assert_int_equal(places.cpus, 3);
	for (size_t i = 0; i < places.nr; i++) {
		assert_int_not_equal(places.places[i].node, 2);
		assert_int_equal(places.places[i].cpus, 1);
		assert_int_equal(places.places[i].busy, 0);
		assert_true(CPU_ISSET_S(cpu, sizeof(struct cpuset), places.places[i].set.sets));
	}
}

/* CPUs that this process may not use, or that cannot exist. */
static void cpus_of_others_are_left_out(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };

	node(fs, 0, "8191\n", "10 21 40 30\n");
	node(fs, 1, "8192-18446744073709551615\n", "21 10 30 40\n");
	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(places.nr, 1);
	assert_int_equal(places.places[0].node, 3);
}

static void check_one_place(struct fakesys *fs)
{
	cleanup_cpus struct cpu_places places = { 0 };

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(places.nr, 1);
	assert_true(places.cpus >= 1);
	assert_int_equal(places.places[0].cpus, places.cpus);
	assert_int_equal(take_cpu(fs, &places, 0), -1);
	assert_int_equal(take_cpu(fs, &places, 7), -1);
	assert_int_equal(take_cpu(fs, &places, -1), -1);
	assert_int_equal(places.places[0].busy, 3);
}

static void machines_that_do_not_tell_their_nodes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	tree_remove(fs->tree.fd, NODES);
	check_one_place(fs);
	fakesys_put(fs, NODES "/node0/cpulist", "garbage\n");
	fakesys_put(fs, NODES "/node1/cpulist", "3-1\n");
	fakesys_put(fs, NODES "/nodex/cpulist", "0\n");
	fakesys_put(fs, NODES "/node99999999999/cpulist", "0\n");
	fakesys_put(fs, NODES "/has_cpu", "0\n");
	check_one_place(fs);
}

/* ---- taking ------------------------------------------------------------------------------ */

static void the_nearest_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(take_cpu(fs, &places, 2), 3);
	assert_int_equal(take_cpu(fs, &places, 2), 1); /* node 3 has no CPU left */
	assert_int_equal(take_cpu(fs, &places, 2), 0);
	/* all are used: the nearest again */
	assert_int_equal(take_cpu(fs, &places, 2), 3);
	assert_int_equal(take_cpu(fs, &places, 2), 3);
	assert_int_equal(take_cpu(fs, &places, 0), 0);
}

static void its_own_node_is_the_nearest(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(take_cpu(fs, &places, 1), 1);
	assert_int_equal(take_cpu(fs, &places, 1), 0);
	assert_int_equal(take_cpu(fs, &places, 3), 3);
}

static void what_is_given_back_can_be_taken(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };
	struct cpu_place *place;

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	place = cpus_take(&fs->ctx->sys, &places, 2);
	assert_int_equal(place->node, 3);
	assert_int_equal(place->busy, 1);
	place->busy--;
	assert_int_equal(take_cpu(fs, &places, 2), 3);
}

/* Every node gets one worker before any gets two. */
static void memory_of_no_node_goes_anywhere(void **state)
{
	cleanup_fakesys struct fakesys *fs = four_nodes();
	cleanup_cpus struct cpu_places places = { 0 };

	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	for (int i = 0; i < 3; i++)
		take_cpu(fs, &places, -1);
	for (size_t i = 0; i < places.nr; i++)
		assert_int_equal(places.places[i].busy, 1);
}

/* Distances are listed for online nodes, whose numbers may have gaps. */
static void distances_with_gaps(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_cpus struct cpu_places places = { 0 };

	tree_remove(fs->tree.fd, NODES);
	fakesys_put(fs, NODES "/online", "1,4-5\n");
	one_cpu(fs, 1, "10 30 20\n");
	one_cpu(fs, 4, "30 10 40\n");
	node(fs, 5, "\n", "20 40 10\n");
	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	assert_int_equal(take_cpu(fs, &places, 5), 1);
	assert_int_equal(take_cpu(fs, &places, 5), 4);
}

/* Without usable distances a place is still chosen, on its own node if possible. */
static void distances_that_tell_nothing(void **state)
{
	static const char *const odd[] = { "",
					   "\n",
					   "10\n",
					   "x y z w\n",
					   "10 -1 99999999999 30\n",
					   " \n",
					   "0 0 0 0 0 0 0 0 0\n" };
	cleanup_fakesys struct fakesys *fs = four_nodes();

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		cleanup_cpus struct cpu_places places = { 0 };

		one_cpu(fs, 1, odd[i]);
		node(fs, 2, "\n", odd[i]);
		assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
		take_cpu(fs, &places, 2);
		places.places[0].busy = places.places[1].busy = places.places[2].busy = 0;
		if (!strpbrk(odd[i], "01"))
			assert_int_equal(take_cpu(fs, &places, 1), 1);
	}
	fakesys_put(fs, NODES "/online", "0-18446744073709551615\n");
	cleanup_cpus struct cpu_places places = { 0 };
	assert_int_equal(cpus_read(&fs->ctx->sys, &places), 0);
	take_cpu(fs, &places, 2);
	tree_remove(fs->tree.fd, NODES "/online");
	take_cpu(fs, &places, 2);
}

/* A failed binding changes nothing. */
static void binding(void **state)
{
	const struct cpuset none = { 0 };
	struct cpuset before = { 0 }, after = { 0 };

	assert_int_equal(sched_getaffinity(0, sizeof(before), before.sets), 0);
	cpus_bind(&none);
	assert_int_equal(sched_getaffinity(0, sizeof(after), after.sets), 0);
	assert_memory_equal(&before, &after, sizeof(before));
}

UNIT_TESTS(cmocka_unit_test(nodes_with_cpus_are_places),
	   cmocka_unit_test(cpus_of_others_are_left_out),
	   cmocka_unit_test(machines_that_do_not_tell_their_nodes),
	   cmocka_unit_test(the_nearest_first), cmocka_unit_test(its_own_node_is_the_nearest),
	   cmocka_unit_test(what_is_given_back_can_be_taken),
	   cmocka_unit_test(memory_of_no_node_goes_anywhere), cmocka_unit_test(distances_with_gaps),
	   cmocka_unit_test(distances_that_tell_nothing), cmocka_unit_test(binding))
