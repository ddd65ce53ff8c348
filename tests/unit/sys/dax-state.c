/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a whole dax device: reading it, findings and plans. */
#include "lib/sys/dax/state.h"
#include "lib/model/condition.h"
#include "lib/model/daxdev.h"
#include "lib/doctor/doctor.h"
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OF_DAX0 "sys/bus/dax/devices/dax0.0/state"

static void what_the_file_says(void **state)
{
	static const struct {
		const char *text;
		enum mhp_dax_state state;
	} cases[] = {
		{ "unplugged\n", MHP_DAX_STATE_UNPLUGGED },
		{ "offline\n", MHP_DAX_STATE_OFFLINE },
		{ "online\n", MHP_DAX_STATE_ONLINE },
		{ "online_kernel\n", MHP_DAX_STATE_ONLINE_KERNEL },
		{ "online_movable\n", MHP_DAX_STATE_ONLINE_MOVABLE },
		{ "online_movable", MHP_DAX_STATE_ONLINE_MOVABLE },
		{ "online_later\n", MHP_DAX_STATE_UNKNOWN },
		{ "unknown\n", MHP_DAX_STATE_UNKNOWN },
		{ "", MHP_DAX_STATE_UNKNOWN },
		{ "a word that is longer than any that the kernel has\n", MHP_DAX_STATE_UNKNOWN },
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax;

	fakesys_dax0(fs, "kmem");
	assert_int_equal(dax_read(fs->ctx, "dax0.0", &dax), 0);
	assert_int_equal(dax.state, MHP_DAX_STATE_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fakesys_put(fs, FILE_OF_DAX0, cases[i].text);
		assert_int_equal(dax_read(fs->ctx, "dax0.0", &dax), 0);
		assert_int_equal(dax.state, cases[i].state);
	}
}

static void names(void **state)
{
	assert_null(mhp_dax_state_name(MHP_DAX_STATE_NONE));
	assert_string_equal(mhp_dax_state_name(MHP_DAX_STATE_ONLINE_KERNEL), "online_kernel");
	assert_string_equal(mhp_dax_state_name(MHP_DAX_STATE_UNKNOWN), "unknown");
	assert_null(mhp_granularity_name(MHP_GRANULARITY_NONE));
	assert_string_equal(mhp_granularity_name(MHP_GRANULARITY_DEVICE), "device");
	assert_string_equal(mhp_granularity_name(MHP_GRANULARITY_BLOCKS), "blocks");
}

/* Returns dax0.0 with total of its 15 blocks present, the first ones online. */
static struct mhp_dax dax_with(enum mhp_dax_state state, uint64_t total, uint64_t online)
{
	return (struct mhp_dax){
		.name = "dax0.0",
		.mode = MHP_DAX_SYSTEM_RAM,
		.state = state,
		.size = 0x17de00000 - 0x100000000,
		.has_ranges = true,
		.nr_ranges = 1,
		.ranges = { { 0x102200000, 0x180000000 } },
		.blocks_total = total,
		.blocks_online = online,
	};
}

static const struct {
	enum mhp_dax_state state;
	uint64_t total, online;
	bool is_stale, is_empty;
} judged[] = {
	{ MHP_DAX_STATE_NONE, 0, 0, false, false },
	{ MHP_DAX_STATE_NONE, 15, 3, false, false },
	{ MHP_DAX_STATE_UNKNOWN, 0, 0, false, false },
	{ MHP_DAX_STATE_UNPLUGGED, 0, 0, false, true },
	{ MHP_DAX_STATE_UNPLUGGED, 15, 15, true, false },
	{ MHP_DAX_STATE_OFFLINE, 15, 0, false, false },
	{ MHP_DAX_STATE_OFFLINE, 15, 1, true, false },
	{ MHP_DAX_STATE_OFFLINE, 3, 0, true, true },
	{ MHP_DAX_STATE_ONLINE, 15, 15, false, false },
	{ MHP_DAX_STATE_ONLINE_KERNEL, 15, 14, true, false },
	{ MHP_DAX_STATE_ONLINE_MOVABLE, 15, 0, true, false },
	{ MHP_DAX_STATE_ONLINE_MOVABLE, 14, 14, true, false },
	{ MHP_DAX_STATE_ONLINE_MOVABLE, 0, 0, true, true },
	{ MHP_DAX_STATE_ONLINE_MOVABLE, MHP_UNKNOWN, MHP_UNKNOWN, false, false },
};

static void beside_the_blocks(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		struct mhp_dax dax = dax_with(judged[i].state, judged[i].total, judged[i].online);

		assert_int_equal(dax_state_is_stale(&dax, FAKE_BLOCK_SIZE), judged[i].is_stale);
		assert_int_equal(dax_is_empty(&dax, FAKE_BLOCK_SIZE), judged[i].is_empty);
		dax.has_ranges = false;
		assert_false(dax_state_is_stale(&dax, FAKE_BLOCK_SIZE));
		assert_false(dax_is_empty(&dax, FAKE_BLOCK_SIZE));
	}
}

static void a_condition(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_dax *dax =
		topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	struct condition c;

	assert_int_equal(condition_parse("dax0.0.state==unplugged", &c, NULL), 0);
	assert_false(condition_holds(&c, topo, NULL));
	dax->state = MHP_DAX_STATE_UNPLUGGED;
	assert_true(condition_holds(&c, topo, NULL));
	assert_int_equal(condition_parse("dax0.0.state==none", &c, NULL), 0);
	assert_false(condition_holds(&c, topo, NULL));
	assert_true(condition_parse("dax0.0.state==unknown", &c, NULL) < 0);
	assert_true(condition_parse("dax0.0.state>=offline", &c, NULL) < 0);
}

/* ---- doctor ------------------------------------------------------------------------------ */

/* Returns the finding about that device, or NULL; valid until the next call. */
static const struct mhp_finding *finding(struct mhp_dax *dax)
{
	static struct mhp_finding copy;
	struct mhp_topology topo = {
		.memory = { .page_size = 4096, .block_size = FAKE_BLOCK_SIZE },
		.dax = dax,
		.nr_dax = 1,
	};
	struct facts facts = { .crash_loaded = -1,
			       .crash_hotplug = -1,
			       .dmesg_restrict = -1,
			       .auto_movable_ratio = -1 };
	struct mhp_finding *findings;
	bool found = false;
	size_t nr;

	assert_int_equal(doctor_judge(&facts, &topo, &findings, &nr), 0);
	for (size_t i = 0; i < nr; i++)
		if (strcmp(findings[i].id, "dax_state") == 0) {
			copy = findings[i];
			found = true;
		}
	free(findings);
	return found ? &copy : NULL;
}

static void the_doctor_tells(void **state)
{
	struct mhp_dax unplugged = dax_with(MHP_DAX_STATE_UNPLUGGED, 0, 0);
	struct mhp_dax offline = dax_with(MHP_DAX_STATE_ONLINE_MOVABLE, 15, 0);
	struct mhp_dax one = dax_with(MHP_DAX_STATE_ONLINE_KERNEL, 15, 14);
	struct mhp_dax by_hand = dax_with(MHP_DAX_STATE_OFFLINE, 15, 15);
	struct mhp_dax good = dax_with(MHP_DAX_STATE_ONLINE_MOVABLE, 15, 15);

	assert_null(finding(&good));
	assert_int_equal(finding(&unplugged)->severity, MHP_SEVERITY_WARNING);
	assert_string_equal(finding(&unplugged)->found,
			    "dax0.0 is bound to kmem and unplugged: it has no memory");
	assert_string_equal(finding(&unplugged)->fix, "mhpctl online dax0.0");
	assert_string_equal(finding(&offline)->found,
			    "the state of dax0.0 is online_movable, and 0 of 15 memory blocks are "
			    "online");
	assert_int_equal(finding(&offline)->severity, MHP_SEVERITY_WARNING);
	assert_int_equal(finding(&one)->severity, MHP_SEVERITY_WARNING);
	assert_int_equal(finding(&by_hand)->severity, MHP_SEVERITY_NOTE);
	assert_string_equal(finding(&by_hand)->fix, "");
}

/* ---- plans ------------------------------------------------------------------------------- */

/* Returns the device of topo_dax() without its blocks. */
static struct mhp_dax *without_blocks(struct mhp_topology *topo, enum mhp_dax_state state)
{
	struct mhp_dax *dax;

	topo_region(topo, 0)->available_bytes = 0;
	dax = topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	topo->nr_blocks -= 15;
	topology_count(topo);
	dax->state = state;
	return dax;
}

static void what_is_unplugged_is_not_so_already(void **state)
{
	static const char *const names_of_it[] = { "dax0.0", "region0", "namespace0.0", "all" };
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_dax *dax = without_blocks(topo, MHP_DAX_STATE_UNPLUGGED);

	for (size_t i = 0; i < ARRAY_SIZE(names_of_it); i++)
		planning_expect(topo, MHP_VERB_ONLINE, names_of_it[i],
				"online_block memory33-47\n");
	topo->nr_nodes--; /* it disappears with its memory */
	planning_expect(topo, MHP_VERB_ONLINE, "node2", "online_block memory33-47\n");
	planning_expect(topo, MHP_VERB_OFFLINE, "node2", "");
	planning_expect_refused(topo, MHP_VERB_ONLINE, "node3", -ENOENT, MHP_REASON_NO_SUCH_TARGET);
	dax->state = MHP_DAX_STATE_ONLINE_MOVABLE; /* the kernel reported success but did nothing */
	planning_expect(topo, MHP_VERB_ONLINE, "dax0.0", "online_block memory33-47\n");
	planning_expect(topo, MHP_VERB_OFFLINE, "dax0.0", "");
	planning_expect(topo, MHP_VERB_REMOVE, "dax0.0", "set_mode dax0.0\n");
}

static void it_takes_its_memmap(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	without_blocks(topo, MHP_DAX_STATE_UNPLUGGED);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "dax0.0");
	step = planning_step(&p, MHP_STEP_ONLINE_BLOCK);
	assert_true(step->is_predicted);
	assert_int_equal(step->memmap_bytes, 15 * TOPO_BLOCK / 64);
	assert_int_equal(step->cost.map, MHP_MEMMAP_MEM);
	assert_int_equal(step->cost.lost_bytes, 0);
	assert_string_equal(step->why, "the state of dax0.0 is unplugged, and some blocks are "
				       "missing");
}

UNIT_TESTS(cmocka_unit_test(what_the_file_says), cmocka_unit_test(names),
	   cmocka_unit_test(beside_the_blocks), cmocka_unit_test(a_condition),
	   cmocka_unit_test(the_doctor_tells),
	   cmocka_unit_test(what_is_unplugged_is_not_so_already),
	   cmocka_unit_test(it_takes_its_memmap))
