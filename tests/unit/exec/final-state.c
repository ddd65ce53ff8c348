/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Success is decided by the final state of the machine, not by the results of the steps. */
#include "tests/unit/fake/trial.h"

#include <string.h>

/* With so little time each block is written, and read back, by itself. */
#define WITHOUT_RUNS_MS 999

static const struct mhp_failure *failure_of(const struct trial *t, const char *target)
{
	for (size_t i = 0; i < t->result->nr_failures; i++)
		if (strcmp(mhp_result_failure(t->result, i)->target, target) == 0)
			return mhp_result_failure(t->result, i);
	fail_msg("no failure tells of %s", target);
	return NULL;
}

/* ---- offline ----------------------------------------------------------------------------- */

/* Takes dax0.0 offline while another program brings memory40 back; checks its failure. */
static void check_came_back(uint64_t timeout_ms, const char *message)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_failure *failure;

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 40 online Movable");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	if (timeout_ms)
		t.options.timeout_ms = timeout_ms;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	failure = failure_of(&t, "memory40");
	assert_int_equal(failure->error.reason, MHP_REASON_CAME_BACK);
	assert_string_equal(failure->error.message, message);
	assert_non_null(strstr(failure->error.hint, "no udev rule does so"));
	assert_non_null(strstr(t.events, "failure memory40 came_back"));
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, 1);
	assert_true(mhp_result_target(t.result, 0)->online_bytes == FAKE_BLOCK_SIZE);
}

static void a_block_that_came_back_is_a_failure(void **state)
{
	(void)state;
	check_came_back(WITHOUT_RUNS_MS,
			"memory40: was offline, and at the end of the run it is online again");
}

/* A run of blocks is read back when it has ended, so it is seen earlier. */
static void a_block_that_came_back_during_a_run(void **state)
{
	(void)state;
	check_came_back(0, "memory40: was taken offline, and is online again at once");
}

static void the_rule_that_does_it_is_named(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_onliner(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 40 online Movable");
	trial_offline(&t, fs, "memory35-47");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_non_null(strstr(failure_of(&t, "memory40")->error.hint,
			       "udev_rule (/etc/udev/rules.d/40-vm.rules:1) brings memory online"));
}

/* It is unknown whether the condition of the rule holds, so it is named only as possible. */
static void a_rule_that_may_do_it_is_named_as_that(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_put(fs, "etc/udev/rules.d/40-vm.rules",
		    "SUBSYSTEM==\"memory\", ACTION==\"add\", PROGRAM==\"/bin/maybe\", "
		    "ATTR{state}=\"online\"\n");
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 40 online Movable");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_non_null(strstr(failure_of(&t, "memory40")->error.hint,
			       "perhaps udev_rule (/etc/udev/rules.d/40-vm.rules:1)"));
}

/* A block that was already offline counts like one that the run took offline. */
static void one_that_was_offline_before_came_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 34, 34, "offline", "Movable", 2);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 34 online Normal");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(failure_of(&t, "memory34")->error.reason, MHP_REASON_CAME_BACK);
}

/* The block is online again when it is read back. */
static void somebody_is_faster_than_the_read_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 40, "offline", "then 40 online Movable");
	trial_offline(&t, fs, "memory40");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, 0, 1);
	assert_int_equal(t.result->nr_failures, 1);
	assert_int_equal(t.first.reason, MHP_REASON_CAME_BACK);
}

/* A failed block is reported once, even if others came back. */
static void with_another_failure(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 36, "offline", "errno 16");
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 40 online Movable");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	assert_int_equal(t.result->nr_failures, 2);
	assert_int_equal(failure_of(&t, "memory36")->error.reason, MHP_REASON_UNMOVABLE);
	assert_int_equal(failure_of(&t, "memory40")->error.reason, MHP_REASON_CAME_BACK);
}

static void one_of_two_targets(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 41, "offline", "then 40 online Movable");
	trial_offline(&t, fs, "memory34-36 memory40-41");
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	trial_check_target(&t, MHP_STATUS_OK, true, 3, 3);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_FAILED);
}

static void a_remove_tells_what_came_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 40 online Movable");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.timeout_ms = WITHOUT_RUNS_MS;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(failure_of(&t, "dax0.0")->error.reason, MHP_REASON_CAME_BACK);
	assert_non_null(strstr(failure_of(&t, "dax0.0")->error.hint, "stop it"));
	assert_int_equal(failure_of(&t, "memory40")->error.reason, MHP_REASON_CAME_BACK);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
}

/* ---- online ------------------------------------------------------------------------------ */

/* Everything was done, but not any more at the last check. */
static void one_that_others_take_offline_last(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 46, 46, "offline", "Movable", 2);
	fakesys_answer_block(fs, 1, 46, "online_movable", "then 34 offline Movable");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_int_equal(failure_of(&t, "memory34")->error.reason, MHP_REASON_WENT_AWAY);
	assert_string_equal(t.first.message,
			    "memory34: was online, and at the end of the run it is offline again");
}

static void one_that_others_bring_to_another_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 46, 46, "offline", "Movable", 2);
	fakesys_answer_block(fs, 1, 46, "online_movable", "then 34 online Normal");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(failure_of(&t, "memory34")->error.reason, MHP_REASON_WRONG_ZONE);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, NR_BLOCKS);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_done, NR_BLOCKS - 1);
}

static void one_that_is_gone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 46, 46, "offline", "Movable", 2);
	fakesys_answer_block(fs, 1, 46, "online_movable", "lose 34");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(failure_of(&t, "dax0.0")->error.reason, MHP_REASON_WENT_AWAY);
	assert_non_null(strstr(t.first.message, "1 of its 15 memory blocks is missing"));
	assert_non_null(strstr(t.first.message, "memory34"));
}

/* The failure has the kernel's errno, its reason and a hint. */
static void a_zone_that_cannot_be_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 40, 40, "online", "Normal", 2);
	fakesys_answer_log(fs, FAKE_ALWAYS, 40, "offline", "errno 16", "kmsg-slab-6.1.txt");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_WRONG_ZONE);
	assert_int_equal(t.first.errnum, 16);
	assert_non_null(strstr(t.first.message, "in zone normal, not movable, and cannot leave"));
	assert_null(strstr(t.first.hint, "next time"));
	assert_non_null(strstr(t.first.hint, "mhpctl check memory40"));
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, NR_BLOCKS);
}

UNIT_TESTS(cmocka_unit_test(a_block_that_came_back_is_a_failure),
	   cmocka_unit_test(a_block_that_came_back_during_a_run),
	   cmocka_unit_test(the_rule_that_does_it_is_named),
	   cmocka_unit_test(a_rule_that_may_do_it_is_named_as_that),
	   cmocka_unit_test(one_that_was_offline_before_came_back),
	   cmocka_unit_test(somebody_is_faster_than_the_read_back),
	   cmocka_unit_test(with_another_failure), cmocka_unit_test(one_of_two_targets),
	   cmocka_unit_test(a_remove_tells_what_came_back),
	   cmocka_unit_test(one_that_others_take_offline_last),
	   cmocka_unit_test(one_that_others_bring_to_another_zone),
	   cmocka_unit_test(one_that_is_gone), cmocka_unit_test(a_zone_that_cannot_be_left))
