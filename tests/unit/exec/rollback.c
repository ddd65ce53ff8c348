/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rollback: the first failure undoes everything. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define BOTH "Normal Movable"

static void begin_rollback(struct trial *t, struct fakesys *fs, enum mhp_verb verb,
			   const char *target)
{
	trial_begin(t, fs, verb, target);
	t->options.roll_back = true;
}

static void check_rolled_back(const struct trial *t, int exit_code)
{
	trial_check(t, MHP_STATUS_ROLLED_BACK, exit_code);
	assert_int_equal(mhp_result_target(t->result, 0)->status, MHP_STATUS_ROLLED_BACK);
	assert_false(mhp_result_target(t->result, 0)->has_changes);
	assert_false(t->result->has_changes);
	assert_string_equal(t->warnings, "");
	fakesys_check_settings(t->fs);
}

static void of_an_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
	/* it stopped at once */
	assert_int_equal(fakesys_writes(fs, "memory41/"), 0);
	assert_int_equal(fakesys_writes(fs, "state=offline"), 7);
}

/* The state before the run counts. */
static void of_blocks_that_somebody_moved_meanwhile(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, 34, "online_movable", "then 33 online Normal");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
}

/* With --rollback nothing is retried: the first failure decides. */
static void of_blocks_that_somebody_keeps(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, 34, "online_movable", "then 33 online Normal");
	fakesys_answer_block(fs, 1, 36, "online_movable", "then 35 online Normal");
	fakesys_answer_block(fs, 2, 33, "offline", "errno 5");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	assert_int_equal(t.result->nr_failures, 1);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
	assert_int_equal(fakesys_writes(fs, "memory35/state=online_movable"), 1);
}

static void of_the_whole_way_up(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };
	struct fake_nd nd;

	fakesys_region(fs, &region);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 0);
	assert_int_equal(nd.regions[0].available_bytes, 2 * GIB);
	assert_false(root_exists(&fs->ctx->sys, "sys/bus/dax/devices/dax0.0"));
}

static void of_a_device_that_kmem_refuses(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, 1, "sys/bus/dax/drivers/kmem/new_id", "dax0.0", "ok");
	fakesys_answer(fs, 1, "sys/bus/dax/drivers/kmem/bind", "dax0.0", "errno 16");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* Each block returns to its former zone, not to any suitable one. */
static void of_an_offline_restores_zones(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 36, 38, "online", "Normal", 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 4);
	fakesys_check_blocks(fs, 33, 35, "online", "Movable");
	fakesys_check_blocks(fs, 36, 38, "online", "Normal");
	fakesys_check_blocks(fs, 39, 47, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "state=online_kernel"), 3);
	assert_int_equal(fakesys_writes(fs, "state=online_movable"), 4);
}

/* A block that failed to change its zone returns to the former zone. */
static void of_a_change_of_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 33, 34, "online", "Normal", 2);
	fakesys_blocks(fs, 40, 41, "offline", BOTH, 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	fakesys_check_blocks(fs, 33, 34, "online", "Normal");
	fakesys_check_blocks(fs, 40, 41, "offline", BOTH);
}

/* The zone of a block is restored even if the step failed half-way through. */
static void of_a_block_that_is_stuck_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 40, 40, "online", "Normal", 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	check_rolled_back(&t, 1);
	fakesys_check_blocks(fs, 40, 40, "online", "Normal");
}

static void not_without_a_failure(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
}

static void not_unless_asked(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	assert_int_equal(fakesys_writes(fs, "state=online"), 0);
}

/* The first block cannot be restored, so the result does not claim a full rollback. */
static void an_undo_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	trial_check_target(&t, MHP_STATUS_BLOCKED, true, 1, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 2);
	assert_string_equal(mhp_result_failure(t.result, 1)->target, "memory33");
	assert_non_null(strstr(t.warnings, "not everything could be undone"));
	fakesys_check_blocks(fs, 33, 33, "offline", BOTH);
	fakesys_check_blocks(fs, 34, 47, "online", "Movable");
}

static void check_target(const struct trial *t, size_t i, enum mhp_status status, bool changed)
{
	const struct mhp_target_result *target = mhp_result_target(t->result, i);

	if (target->status != status || target->has_changes != changed)
		fail_msg("%s: %s, %s", target->target, mhp_status_name(target->status),
			 target->has_changes ? "changed" : "unchanged");
}

/* Four targets: one cannot be restored, one is restored, one failed, one was not tried. */
static void a_part_that_stays_undone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "online_movable", "errno 12");
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "memory33 memory34 memory40 memory47");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	assert_true(t.result->has_changes);
	check_target(&t, 0, MHP_STATUS_FAILED, true);
	check_target(&t, 1, MHP_STATUS_ROLLED_BACK, false);
	check_target(&t, 2, MHP_STATUS_BLOCKED, false);
	check_target(&t, 3, MHP_STATUS_NOT_TRIED, false);
	fakesys_check_blocks(fs, 33, 33, "offline", BOTH);
	fakesys_check_blocks(fs, 34, 47, "online", "Movable");
}

/* A target that was already done has nothing to undo. */
static void what_had_been_so_before(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 47, 47, "offline", BOTH, 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "memory33 memory40 memory47");
	trial_run(&t);
	check_rolled_back(&t, 4);
	check_target(&t, 1, MHP_STATUS_ROLLED_BACK, false);
	check_target(&t, 2, MHP_STATUS_OK, false);
}

static void not_of_what_was_interrupted(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "memory33-34 memory40");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	t.cancel_at = "start offline_block memory40";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	trial_check_target(&t, MHP_STATUS_OK, true, 2, 2);
	assert_non_null(strstr(t.warnings, "nothing was undone"));
	fakesys_check_blocks(fs, 33, 34, "offline", BOTH);
	fakesys_check_blocks(fs, 40, 40, "online", "Movable");
}

/* A user who presses Ctrl-C wants it to stop, not to start undoing. */
static void not_after_a_cancel(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	begin_rollback(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.cancel_at = "failure memory40";
	trial_run(&t);
	assert_int_equal(t.result->nr_failures, 1);
	fakesys_check_blocks(fs, 40, 47, "online", "Movable");
	/* all or nothing was undone, and the result shows which */
	if (t.result->has_changes)
		fakesys_check_blocks(fs, 33, 39, "offline", BOTH);
	else
		fakesys_check_blocks(fs, 33, 39, "online", "Movable");
}

/* The failure of one target also undoes the other. */
static void of_all_targets(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "memory33-34 memory40 memory47");
	t.options.roll_back = true;
	trial_run(&t);
	check_rolled_back(&t, 4);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_ROLLED_BACK);
	assert_int_equal(mhp_result_target(t.result, 2)->status, MHP_STATUS_NOT_TRIED);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

UNIT_TESTS(cmocka_unit_test(of_an_online),
	   cmocka_unit_test(of_blocks_that_somebody_moved_meanwhile),
	   cmocka_unit_test(of_blocks_that_somebody_keeps), cmocka_unit_test(of_the_whole_way_up),
	   cmocka_unit_test(of_a_device_that_kmem_refuses),
	   cmocka_unit_test(of_an_offline_restores_zones), cmocka_unit_test(of_a_change_of_zone),
	   cmocka_unit_test(of_a_block_that_is_stuck_half_way),
	   cmocka_unit_test(not_without_a_failure), cmocka_unit_test(not_unless_asked),
	   cmocka_unit_test(an_undo_that_fails), cmocka_unit_test(a_part_that_stays_undone),
	   cmocka_unit_test(what_had_been_so_before), cmocka_unit_test(not_of_what_was_interrupted),
	   cmocka_unit_test(not_after_a_cancel), cmocka_unit_test(of_all_targets))
