/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failures of online, and how they are reported. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define KMEM "sys/bus/dax/drivers/kmem/"
#define BOTH "Normal Movable"

static void check_first(const struct trial *t, const char *target, enum mhp_reason reason)
{
	assert_string_equal(t->first_target, target);
	if (t->first.reason != reason)
		fail_msg("%s: %s", mhp_reason_name(t->first.reason), t->first.message);
}

static void a_module_that_is_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/drivers/kmem"), 0);
	fakesys_answer(fs, 1, "module", "kmem", "errno 2");
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, NR_BLOCKS);
	check_first(&t, "kmem", MHP_REASON_KERNEL);
	assert_string_equal(t.events, "plan\n"
				      "start load_module kmem\n"
				      "failure kmem kernel\n"
				      "done load_module kmem failed\n");
	assert_int_equal(fakesys_writes(fs, "nd/create"), 0);
}

static void a_namespace_that_cannot_be_made(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, "nd/create", "region0", "errno 28");
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, NR_BLOCKS);
	check_first(&t, "region0", MHP_REASON_NO_SPACE);
	assert_string_equal(t.events, "plan\n"
				      "start create_namespace region0\n"
				      "failure region0 no_space\n"
				      "done create_namespace region0 failed\n");
	fakesys_check_settings(fs);
}

/* The result reports the namespace that exists by then; the same command continues from it. */
static void a_device_that_kmem_refuses(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, KMEM "new_id", "dax0.0",
		       "ok"); /* new_id ignores the result of the probe */
	fakesys_answer(fs, 1, KMEM "bind", "dax0.0", "errno 16");
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, 0, NR_BLOCKS);
	check_first(&t, "dax0.0", MHP_REASON_KERNEL);
	assert_int_equal(t.first.errnum, EBUSY);
	assert_int_equal(fakesys_writes(fs, "kmem/remove_id=dax0.0"), 1);
	fakesys_check_settings(fs);
	trial_online(&again, fs, "region0");
	trial_check(&again, MHP_STATUS_OK, 0);
	trial_check_target(&again, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
}

/* The device lost its driver: that is a change, although the step failed. */
static void a_device_that_is_left_without_a_driver(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, 1, KMEM "new_id", "dax0.0", "ok");
	fakesys_answer(fs, 1, KMEM "bind", "dax0.0", "errno 16");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
	trial_check_target(&t, MHP_STATUS_FAILED, true, 0, NR_BLOCKS);
}

static void fewer_blocks_than_there_should_be(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_answer(fs, 1, KMEM "new_id", "dax0.0", "lose 40");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	check_first(&t, "dax0.0", MHP_REASON_KERNEL);
	assert_non_null(strstr(t.first.message, "added 14 of 15 memory blocks, memory40"));
}

static void a_block_for_which_the_kernel_has_no_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	check_first(&t, "memory40", MHP_REASON_KERNEL);
	assert_int_equal(t.first.errnum, ENOMEM);
	fakesys_check_blocks(fs, 33, 39, "online", "Movable");
	fakesys_check_blocks(fs, 40, 40, "offline", BOTH);
	fakesys_check_blocks(fs, 41, 47, "online", "Movable");
}

/* Unplugged under the write, or before its turn. */
static void blocks_that_vanish(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, 40, "online_movable", "lose 40");
	fakesys_answer_block(fs, 1, 41, "online_movable", "lose 42");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.result->nr_failures, 2);
	check_first(&t, "memory40", MHP_REASON_WENT_AWAY);
	assert_int_equal(t.first.errnum, ENOENT);
	assert_string_equal(t.first.message, "memory40: no longer exists");
	assert_non_null(strstr(t.first.hint, "unplugged"));
	assert_string_equal(mhp_result_failure(t.result, 1)->error.message,
			    "memory42: no longer exists");
	fakesys_check_blocks(fs, 41, 41, "online", "Movable");
}

static void a_driver_that_objects(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 16");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	check_first(&t, "memory40", MHP_REASON_NOTIFIER);
}

/* The first round changed something, so a result reports both the change and the failure. */
static void a_region_that_turns_out_to_be_full(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_namespace ns = { .mode = MHP_NAMESPACE_FSDAX, .size = 2 * GIB };
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.is_enabled = false;
	region.available_bytes = region.max_extent_bytes = 0;
	fakesys_region(fs, &region);
	strcpy(ns.name, "namespace0.0");
	strcpy(ns.region, "region0");
	fakesys_namespace(fs, &ns);
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_true(t.result->has_changes);
	assert_int_equal(t.result->nr_targets, 1);
	assert_int_equal(mhp_result_target(t.result, 0)->status, MHP_STATUS_FAILED);
	assert_int_equal(t.result->nr_failures, 1);
	assert_int_equal(mhp_result_failure(t.result, 0)->error.reason, MHP_REASON_NO_SPACE);
	assert_int_equal(fakesys_writes(fs, "nd/enable-region=region0"), 1);
}

/* ---- several targets --------------------------------------------------------------------- */

static void put_second_region(struct fakesys *fs)
{
	struct mhp_region region = fakesys_region0();

	strcpy(region.name, "region1");
	strcpy(region.seed, "namespace1.0");
	strcpy(region.dax_seed, "dax1.0");
	region.start = 6 * GIB;
	region.target_node = 3;
	fakesys_region(fs, &region);
}

static void one_of_two_targets_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	put_second_region(fs);
	fakesys_answer(fs, 1, "nd/create", "region0", "errno 5");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, NR_BLOCKS);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_OK);
	assert_int_equal(mhp_result_target(t.result, 1)->blocks_done, NR_BLOCKS);
	assert_true(mhp_result_target(t.result, 1)->has_changes);
	fakesys_check_blocks(fs, 49, 63, "online", "Movable");
}

static void both_targets_fail(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	put_second_region(fs);
	fakesys_answer(fs, 1, "nd/create", "region0", "errno 28");
	fakesys_answer(fs, 1, "nd/create", "region1", "errno 5");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	trial_run(&t);
	/* the first failure decides */
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(t.result->nr_failures, 2);
}

/* The namespace that the other task created is undone too. */
static void back_from_one_of_two_creations(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	put_second_region(fs);
	fakesys_answer(fs, 1, "nd/create", "region1", "errno 5");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	t.options.roll_back = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_ROLLED_BACK, 1);
	trial_check_target(&t, MHP_STATUS_ROLLED_BACK, false, 0, NR_BLOCKS);
	assert_int_equal(fakesys_writes(fs, "nd/create"), 2);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 1);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	fakesys_check_settings(fs);
}

/* It is unknown what the task created, so that counts as a change, alone or with another task. */
static void a_creation_that_dies(void **state)
{
	static const struct {
		const char *targets;
		enum mhp_status status;
		int exit_code;
	} runs[] = {
		{ "region0", MHP_STATUS_FAILED, 1 },
		{ "region0 region1", MHP_STATUS_PARTIAL, 64 },
	};
	const struct mhp_region region = fakesys_region0();

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_region(fs, &region);
		put_second_region(fs);
		fakesys_answer(fs, 1, "nd/create", "region0", "die");
		trial_begin(&t, fs, MHP_VERB_ONLINE, runs[i].targets);
		trial_run(&t);
		trial_check(&t, runs[i].status, runs[i].exit_code);
		assert_non_null(strstr(t.first.message, "region0: its worker process"));
		assert_true(t.result->has_changes && mhp_result_target(t.result, 0)->has_changes);
		assert_non_null(strstr(t.first.hint, "it may be half done: see mhpctl list"));
	}
}

static void a_cancel_before_creations(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	put_second_region(fs);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	t.cancel_at = "start";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_INTERRUPTED);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	fakesys_check_settings(fs);
}

static void keep_going_without_one_that_cannot_be_planned(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax7.0 dax0.0");
	t.request.keep_going = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, 0);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_OK);
	check_first(&t, "dax7.0", MHP_REASON_NO_SUCH_TARGET);
	assert_false(mhp_result_failure(t.result, 0)->has_step);
	assert_string_equal(t.events, "plan\n"
				      "failure dax7.0 no_such_target\n"
				      "start online_block memory33-47\n"
				      "done online_block memory33-47 changed\n");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

static void else_nothing_is_begun(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0 dax7.0");
	trial_run(&t);
	trial_check_refused(&t, -ENOENT, MHP_REASON_NO_SUCH_TARGET);
	assert_string_equal(t.events, "");
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

/* keep_going applies to targets that fail, not to invalid words. */
static void a_word_that_is_no_target_ends_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0 dax");
	t.request.keep_going = true;
	trial_run(&t);
	trial_check_refused(&t, -EINVAL, MHP_REASON_USAGE);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

static void a_target_named_twice(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0 region0 memory33-40 dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(t.result->nr_targets, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mhp_result_target(t.result, i)->status, MHP_STATUS_OK);
	assert_int_equal(fakesys_writes(fs, "state=online_movable"), NR_BLOCKS);
}

/* ---- refused requests -------------------------------------------------------------------- */

static void a_copied_tree_is_not_changed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fs->ctx->is_copy = true;
	trial_online(&t, fs, "memory33-47");
	trial_check_refused(&t, -EROFS, MHP_REASON_USAGE);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl"));
}

static void a_kernel_without_memory_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "sys/devices/system/memory"), 0);
	trial_online(&t, fs, "all");
	trial_check_refused(&t, -ENOENT, MHP_REASON_UNSUPPORTED);
}

UNIT_TESTS(cmocka_unit_test(a_module_that_is_not_there),
	   cmocka_unit_test(a_namespace_that_cannot_be_made),
	   cmocka_unit_test(a_device_that_kmem_refuses),
	   cmocka_unit_test(a_device_that_is_left_without_a_driver),
	   cmocka_unit_test(fewer_blocks_than_there_should_be),
	   cmocka_unit_test(blocks_that_vanish),
	   cmocka_unit_test(a_block_for_which_the_kernel_has_no_memory),
	   cmocka_unit_test(a_driver_that_objects),
	   cmocka_unit_test(a_region_that_turns_out_to_be_full),
	   cmocka_unit_test(one_of_two_targets_fails), cmocka_unit_test(both_targets_fail),
	   cmocka_unit_test(back_from_one_of_two_creations), cmocka_unit_test(a_creation_that_dies),
	   cmocka_unit_test(a_cancel_before_creations),
	   cmocka_unit_test(keep_going_without_one_that_cannot_be_planned),
	   cmocka_unit_test(else_nothing_is_begun),
	   cmocka_unit_test(a_word_that_is_no_target_ends_all),
	   cmocka_unit_test(a_target_named_twice), cmocka_unit_test(a_copied_tree_is_not_changed),
	   cmocka_unit_test(a_kernel_without_memory_blocks))
