/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests with a size: what they mean, what can be chosen, and what is refused. */
#include "lib/base/error.h"
#include "lib/model/block-more.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OFFLINE MHP_VERB_OFFLINE
#define ONLINE	MHP_VERB_ONLINE
#define RESIZE	MHP_VERB_RESIZE
#define MOVABLE MHP_ZONE_MOVABLE

/* Returns dax0.0 with memory33 to memory47 in that state on node 2. */
static struct mhp_topology *with_memory(enum mhp_block_state state)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, state,
		 state == MHP_BLOCK_ONLINE ? MOVABLE : MHP_ZONE_NONE);
	return topo;
}

static void choose(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		   const char *target, uint64_t bytes)
{
	planning_begin(p, verb, target);
	p->request.choose_bytes = bytes;
	planning_run(p, topo);
}

/* ---- online ------------------------------------------------------------------------------ */

static void offline_blocks_come_online_from_the_bottom(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_OFFLINE);
	cleanup_planning struct planning two = { 0 }, all = { 0 }, most = { 0 };
	const struct mhp_receipt *receipt;

	choose(&two, topo, ONLINE, "node2", TOPO_BLOCK + 1);
	planning_check(&two, "online_block memory33-34\n");
	receipt = mhp_plan_receipt(two.plan);
	assert_non_null(receipt);
	assert_false(receipt->is_offline);
	assert_int_equal(receipt->asked_bytes, TOPO_BLOCK + 1);
	assert_int_equal(receipt->given_bytes, 0);
	assert_int_equal(receipt->nr_spare, 13);
	assert_int_equal(mhp_receipt_block(receipt, 1)->status, MHP_RECEIPT_CHOSEN);
	assert_string_equal(mhp_plan_target(two.plan, 0), "node2");
	choose(&all, topo, ONLINE, "dax0.0", 15 * TOPO_BLOCK);
	planning_check(&all, "online_block memory33-47\n");
	choose(&most, topo, ONLINE, "dax0.0", 15 * TOPO_BLOCK + 1);
	planning_check_refused(&most, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&most, "only 1.88 GiB are in offline blocks", "");
}

/* A block that cannot have the requested zone is taken only if no other is left. */
static void a_zone_that_is_not_possible_comes_last(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_OFFLINE);
	cleanup_planning struct planning one = { 0 }, all = { 0 };

	for (uint64_t id = 33; id <= 47; id++)
		block_add_valid_zone(topo_block(topo, id), id < 40 ? MHP_ZONE_NORMAL : MOVABLE);
	choose(&one, topo, ONLINE, "node2", TOPO_BLOCK);
	planning_check(&one, "online_block memory40\n");
	choose(&all, topo, ONLINE, "node2", 9 * TOPO_BLOCK);
	planning_check(&all, "online_block memory33\nonline_block memory40-47\n");
}

static void memory_that_is_lost_stays_offline(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_OFFLINE);
	cleanup_planning struct planning p = { 0 };

	topo_block(topo, 33)->is_unbacked = true;
	choose(&p, topo, ONLINE, "node2", TOPO_BLOCK);
	planning_check(&p, "online_block memory34\n");
	assert_int_equal(mhp_receipt_block(mhp_plan_receipt(p.plan), 1)->reason,
			 MHP_REASON_NEEDS_REBOOT);
}

/* ---- resize ------------------------------------------------------------------------------ */

static void whichever_direction_is_needed(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_ONLINE);
	cleanup_planning struct planning down = { 0 }, same = { 0 }, up = { 0 }, odd = { 0 };

	choose(&down, topo, RESIZE, "dax0.0", 13 * TOPO_BLOCK);
	planning_check(&down, "offline_block memory46-47\n");
	choose(&odd, topo, RESIZE, "dax0.0", 13 * TOPO_BLOCK + 1);
	planning_check(&odd, "offline_block memory47\n");
	assert_int_equal(mhp_plan_receipt(odd.plan)->asked_bytes, TOPO_BLOCK);
	choose(&same, topo, RESIZE, "node2", 15 * TOPO_BLOCK);
	planning_check(&same, "");
	topo_block(topo, 40)->state = MHP_BLOCK_OFFLINE;
	topo_block(topo, 44)->state = MHP_BLOCK_OFFLINE;
	choose(&up, topo, RESIZE, "node2", 14 * TOPO_BLOCK);
	planning_check(&up, "online_block memory40\n");
}

/* Memory that virtio-mem has not plugged in is neither there nor given. */
static void blocks_that_are_plugged_in_by_parts(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_ONLINE);
	cleanup_planning struct planning half = { 0 }, both = { 0 }, less = { 0 };

	assert_int_equal(block_set_unplugged(&topo->more, topo_block(topo, 47), TOPO_BLOCK / 2), 0);
	choose(&half, topo, OFFLINE, "node2", TOPO_BLOCK / 2);
	planning_check(&half, "offline_block memory47\n");
	choose(&both, topo, OFFLINE, "node2", TOPO_BLOCK);
	planning_check(&both, "offline_block memory46-47\n");
	/* 14.5 blocks are online: after the half one another whole one would be too much */
	choose(&less, topo, RESIZE, "node2", 27 * TOPO_BLOCK / 2);
	planning_check(&less, "offline_block memory47\n");
}

static void two_meanings_of_a_size(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning both = { 0 }, node = { 0 }, to = { 0 }, size = { 0 };

	topo_dax_region(topo, 0, 33 * TOPO_BLOCK, 15 * TOPO_BLOCK);
	topo_dax_part(topo, 0, 0, 33 * TOPO_BLOCK, 4 * TOPO_BLOCK);
	planning_begin(&both, RESIZE, "dax0.0");
	both.request.bytes = both.request.choose_bytes = GIB;
	planning_run(&both, topo);
	planning_check_refused(&both, -EINVAL, MHP_REASON_USAGE);
	planning_check_hint(&both, "--to and --size cannot be combined",
			    "--size 4G is the size of the dax device itself");
	planning_sized(&node, topo, RESIZE, "node1", GIB);
	planning_check_refused(&node, -EINVAL, MHP_REASON_USAGE);
	planning_check_hint(&node, "node1: is not a dax device",
			    "--to is how much of its memory is online");
	choose(&to, topo, RESIZE, "dax0.0", GIB);
	planning_check_refused(&to, -EINVAL, MHP_REASON_USAGE);
	planning_check_hint(&to, "dax0.0: is not memory",
			    "--size is the size of the device: mhpctl resize --size 1G dax0.0");
	topo->dax[0].mode = MHP_DAX_SYSTEM_RAM;
	planning_sized(&size, topo, RESIZE, "dax0.0", GIB);
	planning_check_refused(&size, -EBUSY, MHP_REASON_IN_USE);
	planning_check_hint(&size, "dax0.0: is system memory", "mhpctl resize --to 4G dax0.0");
}

/* ---- refused ----------------------------------------------------------------------------- */

static void targets_without_blocks_to_choose_from(void **state)
{
	static const char *const names[] = { "region0", "memory33-40", "all" };
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_ONLINE);
	cleanup_planning struct planning gone = { 0 }, hidden = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };

		choose(&p, topo, OFFLINE, names[i], TOPO_BLOCK);
		planning_check_refused(&p, -EINVAL, MHP_REASON_USAGE);
	}
	choose(&gone, topo, OFFLINE, "dax7.0", TOPO_BLOCK);
	planning_check_refused(&gone, -ENOENT, MHP_REASON_NO_SUCH_TARGET);
	topo->dax[0].has_ranges = false;
	choose(&hidden, topo, OFFLINE, "dax0.0", TOPO_BLOCK);
	planning_check_refused(&hidden, -EACCES, MHP_REASON_NOT_PERMITTED);
}

/* The device has lost kmem, and its blocks stayed: they only go offline. */
static void memory_that_a_device_left_behind(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_ONLINE);
	cleanup_planning struct planning down = { 0 }, up = { 0 }, to = { 0 }, none = { 0 };

	topo->dax[0].mode = MHP_DAX_DEVDAX;
	choose(&down, topo, OFFLINE, "dax0.0", 2 * TOPO_BLOCK);
	planning_check(&down, "offline_block memory46-47\n");
	choose(&up, topo, ONLINE, "dax0.0", TOPO_BLOCK);
	planning_check_refused(&up, -EINVAL, MHP_REASON_USAGE);
	choose(&to, topo, RESIZE, "dax0.0", TOPO_BLOCK);
	planning_check_refused(&to, -EINVAL, MHP_REASON_USAGE);
	topo->nr_blocks = 0;
	topo->dax[0].blocks_total = topo->dax[0].blocks_online = 0;
	choose(&none, topo, OFFLINE, "dax0.0", TOPO_BLOCK);
	planning_check_refused(&none, -EINVAL, MHP_REASON_USAGE);
	planning_check_hint(&none, "is not memory", "mhpctl online dax0.0 makes it memory");
}

/* ---- space ------------------------------------------------------------------------------- */

static void put_candidate(struct mhp_topology *topo, uint64_t id, uint64_t moved, uint64_t unused)
{
	struct candidates *to = &topo->candidates;
	struct candidate *at = reallocarray(to->at, to->nr + 1, sizeof(*at));

	assert_non_null(at);
	to->at = at;
	at[to->nr++] = (struct candidate){ .block = { .id = id,
						      .has_page_counts = true,
						      .moved_bytes = moved,
						      .free_bytes = unused,
						      .estimated_ms = 7,
						      .took_ms = MHP_UNKNOWN } };
}

/* On the only node the pages move within it: what is free in the chosen blocks does not count. */
static void space_on_the_only_node(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory(MHP_BLOCK_ONLINE);
	cleanup_planning struct planning fits = { 0 }, not = { 0 };

	for (uint64_t id = 33; id <= 47; id++)
		put_candidate(topo, id, MIB, 10 * MIB);
	topo->candidates.is_measured = topo->candidates.is_own_node = true;
	topo->candidates.elsewhere_bytes = 33 * MIB;
	choose(&fits, topo, OFFLINE, "node2", 3 * TOPO_BLOCK); /* 3 MiB into 33 - 30 */
	assert_int_equal(fits.rc, 0);
	assert_int_equal(mhp_plan_receipt(fits.plan)->moved_bytes, 3 * MIB);
	assert_int_equal(mhp_plan_receipt(fits.plan)->available_bytes, 3 * MIB);
	assert_int_equal(mhp_plan_receipt(fits.plan)->estimated_ms, 21);
	choose(&not, topo, OFFLINE, "node2", 4 * TOPO_BLOCK);
	planning_check_refused(&not, -ENOSPC, MHP_REASON_NO_TARGET_MEMORY);
	planning_check_hint(&not,
			    "would move 4 MiB of pages, and 0 B are free or easily freed in "
			    "its other blocks",
			    "there is space for the pages of 384M");
}

UNIT_TESTS(cmocka_unit_test(offline_blocks_come_online_from_the_bottom),
	   cmocka_unit_test(a_zone_that_is_not_possible_comes_last),
	   cmocka_unit_test(memory_that_is_lost_stays_offline),
	   cmocka_unit_test(whichever_direction_is_needed),
	   cmocka_unit_test(blocks_that_are_plugged_in_by_parts),
	   cmocka_unit_test(two_meanings_of_a_size),
	   cmocka_unit_test(targets_without_blocks_to_choose_from),
	   cmocka_unit_test(memory_that_a_device_left_behind),
	   cmocka_unit_test(space_on_the_only_node))
