/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ranges a device of a dax region gets, and the steps and costs of its requests. */
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define BLOCK TOPO_BLOCK
#define START (33 * TOPO_BLOCK)

/* ---- ranges ------------------------------------------------------------------------------ */

static struct ranges of_blocks(unsigned nr, const uint64_t (*blocks)[2])
{
	struct ranges ranges = { 0 };

	for (unsigned i = 0; i < nr; i++)
		ranges_add(&ranges,
			   (struct mhp_range){ blocks[i][0] * BLOCK, blocks[i][1] * BLOCK });
	return ranges;
}

#define RANGES(...)                                                                   \
	of_blocks(sizeof((const uint64_t[][2]){ __VA_ARGS__ }) / sizeof(uint64_t[2]), \
		  (const uint64_t[][2]){ __VA_ARGS__ })

static const struct ranges none;

static void assert_same(struct ranges a, struct ranges b)
{
	assert_int_equal(a.nr, b.nr);
	assert_true(ranges_equal(&a, &b));
}

static void expect(struct ranges now, struct ranges holes, uint64_t blocks, struct ranges wanted)
{
	struct ranges then;
	uint64_t most;

	assert_int_equal(plan_divide(&now, &holes, blocks * BLOCK, BLOCK, &then, &most), 0);
	assert_same(then, wanted);
}

static void expect_no_space(struct ranges now, struct ranges holes, uint64_t blocks, uint64_t most)
{
	struct ranges then;
	uint64_t possible;

	assert_int_equal(plan_divide(&now, &holes, blocks * BLOCK, BLOCK, &then, &possible),
			 -ENOSPC);
	assert_int_equal(possible, most * BLOCK);
}

static void holes_are_chosen(void **state)
{
	const struct ranges holes = RANGES({ 0, 4 }, { 6, 16 });

	expect(none, holes, 3, RANGES({ 0, 3 }));
	expect(none, holes, 4, RANGES({ 0, 4 }));
	expect(none, holes, 5, RANGES({ 6, 11 })); /* one hole is better than two */
	expect(none, holes, 12, RANGES({ 0, 4 }, { 6, 14 }));
	expect(none, holes, 0, holes);
	expect_no_space(none, holes, 15, 14);
	expect_no_space(none, none, 0, 0);
}

static void a_device_grows_behind_itself(void **state)
{
	const struct ranges now = RANGES({ 4, 6 }), holes = RANGES({ 0, 4 }, { 6, 10 }, { 12, 16 });

	expect(now, holes, 2, now);
	expect(now, holes, 5, RANGES({ 4, 9 }));
	expect(now, holes, 8, RANGES({ 4, 10 }, { 0, 2 }));
	expect(now, holes, 0, RANGES({ 4, 10 }, { 0, 4 }, { 12, 16 }));
	expect_no_space(now, holes, 15, 14);
}

static void a_device_shrinks_at_its_end(void **state)
{
	const struct ranges now = RANGES({ 4, 6 }, { 0, 2 });

	expect(now, none, 3, RANGES({ 4, 6 }, { 0, 1 }));
	expect(now, none, 2, RANGES({ 4, 6 }));
	expect(now, none, 1, RANGES({ 4, 5 }));
}

/* Borders that another tool has set inside of blocks. */
static void cuts_are_at_blocks(void **state)
{
	struct ranges now = { 0 }, holes = { 0 }, then;
	uint64_t most;

	ranges_add(&now, (struct mhp_range){ 0, BLOCK + 2 * MIB });
	ranges_add(&holes, (struct mhp_range){ BLOCK + 2 * MIB, 5 * BLOCK - 2 * MIB });
	assert_int_equal(plan_divide(&none, &holes, 2 * BLOCK, BLOCK, &then, &most), 0);
	assert_same(then, RANGES({ 2, 4 }));
	assert_int_equal(plan_divide(&none, &holes, 3 * BLOCK, BLOCK, &then, &most), -ENOSPC);
	assert_int_equal(plan_divide(&now, &holes, 3 * BLOCK, BLOCK, &then, &most), 0);
	assert_same(then, RANGES({ 0, 3 }));
	assert_int_equal(plan_divide(&now, &holes, MIB, BLOCK, &then, &most), 0);
	assert_same(then, RANGES({ 0, 1 }));
}

static void too_many_pieces(void **state)
{
	struct ranges holes = { 0 }, now = RANGES({ 100, 101 });

	for (uint64_t i = 0; i < RANGES_MAX; i++)
		assert_true(ranges_add(&holes,
				       (struct mhp_range){ 3 * i * BLOCK, (3 * i + 1) * BLOCK }));
	expect(none, holes, 0, holes);
	expect_no_space(now, holes, 0, RANGES_MAX);
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Adds dax_region0 of 15 blocks, and dax0.0 of the first. */
static struct mhp_topology *with_region(uint64_t blocks, enum mhp_dax_mode mode)
{
	struct mhp_topology *topo = topo_new();
	struct mhp_dax_region *region = topo_dax_region(topo, 0, START, 15 * BLOCK);
	struct mhp_dax *dax = topo_dax_part(topo, 0, 0, START, blocks * BLOCK);

	dax->mode = mode;
	region->available_bytes = (15 - blocks) * BLOCK;
	return topo;
}

static void create(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_CREATE, "dax_region0");
	p.request.bytes = 6 * BLOCK;
	planning_run(&p, topo);
	planning_check(&p, "create_device dax_region0\n"
			   "resize_device dax0.1\n"
			   "set_mode dax0.1\n");
	assert_int_equal(planning_step(&p, MHP_STEP_RESIZE_DEVICE)->size, 6 * BLOCK);
	assert_true(planning_step(&p, MHP_STEP_SET_MODE)->cost.memmap_bytes > 0);
}

static void online_of_a_part(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_ONLINE, "dax_region0");
	p.request.bytes = 6 * BLOCK;
	planning_run(&p, topo);
	planning_check(&p, "create_device dax_region0\n"
			   "resize_device dax0.1\n"
			   "set_mode dax0.1\n"
			   "online_block memory37-42\n");
	assert_int_equal(planning_step(&p, MHP_STEP_SET_MODE)->cost.usable_bytes, 6 * BLOCK);
	assert_int_equal(planning_step(&p, MHP_STEP_SET_MODE)->cost.lost_bytes, 0);
}

static void resize(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);
	cleanup_topology struct mhp_topology *unbound = with_region(4, MHP_DAX_UNBOUND);
	cleanup_topology struct mhp_topology *memory = with_region(4, MHP_DAX_SYSTEM_RAM);
	cleanup_planning struct planning p = { 0 }, q = { 0 }, used = { 0 };

	planning_begin(&p, MHP_VERB_RESIZE, "dax0.0");
	p.request.bytes = 6 * BLOCK;
	planning_run(&p, topo);
	planning_check(&p, "set_mode dax0.0\n"
			   "resize_device dax0.0\n"
			   "set_mode dax0.0\n");
	planning_begin(&q, MHP_VERB_RESIZE, "dax0.0");
	q.request.bytes = 4 * BLOCK;
	planning_run(&q, unbound);
	planning_check(&q, "set_mode dax0.0\n");
	planning_begin(&used, MHP_VERB_RESIZE, "dax0.0");
	used.request.bytes = 4 * BLOCK;
	planning_run(&used, memory);
	planning_check_refused(&used, -EBUSY, MHP_REASON_IN_USE);
}

/* Both grow, and do not get the same range. */
static void resize_of_two(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_UNBOUND);
	cleanup_planning struct planning p = { 0 };

	topo_dax_part(topo, 0, 1, START + 4 * BLOCK, 2 * BLOCK);
	topo->dax_regions[0].available_bytes = 9 * BLOCK;
	planning_begin(&p, MHP_VERB_RESIZE, "dax0.0 dax0.1");
	p.request.bytes = 6 * BLOCK;
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	assert_same(p.plan->chains[0].ranges, RANGES({ 33, 37 }, { 39, 41 }));
	assert_same(p.plan->chains[1].ranges, RANGES({ 37, 39 }, { 41, 45 }));
}

static void destroy(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);

	topo_dax_part(topo, 0, 1, START + 4 * BLOCK, 2 * BLOCK);
	topo->dax_regions[0].available_bytes = 9 * BLOCK;
	planning_expect(topo, MHP_VERB_DESTROY, "dax0.1",
			"resize_device dax0.1\n"
			"destroy_device dax0.1\n");
	planning_expect(topo, MHP_VERB_DESTROY, "dax0.0",
			"set_mode dax0.0\n"
			"resize_device dax0.0\n");
	planning_expect(topo, MHP_VERB_DESTROY, "all", "");
}

/* Without root the addresses are hidden; without the region's it is not divided. */
static void unknown_addresses(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 }, much = { 0 }, hidden = { 0 };

	topo->dax_regions[0].start = MHP_UNKNOWN;
	planning_begin(&p, MHP_VERB_CREATE, "dax_region0");
	p.request.bytes = 6 * BLOCK;
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(p.err.hint, "without --size"));
	planning_begin(&much, MHP_VERB_CREATE, "dax_region0");
	much.request.bytes = 12 * BLOCK;
	planning_run(&much, topo);
	planning_check_refused(&much, -ENOSPC, MHP_REASON_NO_SPACE);
	topo->dax_regions[0].align = MHP_UNKNOWN;
	topo->dax[0].has_ranges = false;
	topo->dax[0].nr_ranges = 0;
	planning_begin(&hidden, MHP_VERB_CREATE, "dax_region0");
	planning_run(&hidden, topo);
	planning_check_refused(&hidden, -EACCES, MHP_REASON_NOT_PERMITTED);
}

/* Nothing is cut where the whole region becomes one device; its blocks are not known yet. */
static void the_whole_of_an_unknown_address(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(0, MHP_DAX_UNBOUND);
	cleanup_planning struct planning p = { 0 };

	topo->dax_regions[0].start = MHP_UNKNOWN;
	planning_expect(topo, MHP_VERB_CREATE, "dax_region0",
			"resize_device dax0.0\n"
			"set_mode dax0.0\n");
	planning_begin(&p, MHP_VERB_ONLINE, "dax_region0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(p.err.hint, "mhpctl create dax_region0; then bring dax0.0 online"));
}

/* A size has to be that of the device. */
static void online_with_another_size(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region(4, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_ONLINE, "dax0.0");
	p.request.bytes = 2 * BLOCK;
	planning_run(&p, topo);
	planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
}

UNIT_TESTS(cmocka_unit_test(holes_are_chosen), cmocka_unit_test(a_device_grows_behind_itself),
	   cmocka_unit_test(a_device_shrinks_at_its_end), cmocka_unit_test(cuts_are_at_blocks),
	   cmocka_unit_test(too_many_pieces), cmocka_unit_test(create),
	   cmocka_unit_test(online_of_a_part), cmocka_unit_test(resize),
	   cmocka_unit_test(resize_of_two), cmocka_unit_test(destroy),
	   cmocka_unit_test(unknown_addresses), cmocka_unit_test(the_whole_of_an_unknown_address),
	   cmocka_unit_test(online_with_another_size))
