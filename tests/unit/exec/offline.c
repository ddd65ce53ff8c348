/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks taken offline, and reasons why they stay online. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define BOTH "Normal Movable"

/* Asserts that all blocks but one are done, with one failure. */
static void check_one_left(const struct trial *t, uint64_t id, enum mhp_status status,
			   int exit_code, enum mhp_reason reason)
{
	char name[32];

	trial_check(t, status, exit_code);
	trial_check_target(t, status, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_int_equal(t->result->nr_failures, 1);
	snprintf(name, sizeof(name), "memory%d", (int)id);
	assert_string_equal(mhp_result_failure(t->result, 0)->target, name);
	assert_true(mhp_result_failure(t->result, 0)->has_step);
	assert_int_equal(mhp_result_failure(t->result, 0)->step, MHP_STEP_OFFLINE_BLOCK);
	if (mhp_result_failure(t->result, 0)->error.reason != reason)
		fail_msg("%s: %s", mhp_reason_name(mhp_result_failure(t->result, 0)->error.reason),
			 mhp_result_failure(t->result, 0)->error.message);
	for (uint64_t other = FIRST_BLOCK; other <= LAST_BLOCK; other++)
		if (other != id)
			fakesys_check_blocks(t->fs, other, other, "offline", BOTH);
}

static void of_a_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_string_equal(t.events, "plan\n"
				      "start offline_block memory33-47\n"
				      "done offline_block memory33-47 changed\n");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_blocks(fs, 1, 15, "online", "DMA32");
}

static void already_so(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, false, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

static void of_a_node(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	trial_offline(&t, fs, "node2");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
}

static void of_a_size_on_a_node(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "node2");
	t.request.nr_targets = 0;
	t.request.has_node = true;
	t.request.node = 2;
	t.request.bytes = 256 * MIB;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 2, 2);
	fakesys_check_blocks(fs, 33, 45, "online", "Movable");
	fakesys_check_blocks(fs, 46, 47, "offline", BOTH);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void a_busy_block_does_not_hide_the_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	trial_offline(&t, fs, "dax0.0");
	check_one_left(&t, 40, MHP_STATUS_BLOCKED, 4, MHP_REASON_UNMOVABLE);
	fakesys_check_blocks(fs, 40, 40, "online", "Movable");
	/* EBUSY may be a race: it was tried twice */
	assert_int_equal(fakesys_writes(fs, "memory40/state=offline"), 2);
	assert_string_equal(t.first_target, "memory40");
	assert_non_null(strstr(t.first.message, "memory40"));
}

static void the_errno_tells(void **state)
{
	static const struct {
		const char *what;
		enum mhp_reason reason;
		enum mhp_status status;
		int exit_code;
	} cases[] = {
		{ "errno 1", MHP_REASON_NOTIFIER, MHP_STATUS_BLOCKED, 4 },
		{ "errno 133", MHP_REASON_POISONED, MHP_STATUS_BLOCKED, 4 },
		{ "errno 13", MHP_REASON_NOT_PERMITTED, MHP_STATUS_FAILED, 6 },
		{ "errno 12", MHP_REASON_KERNEL, MHP_STATUS_FAILED, 1 },
		{ "errno 22", MHP_REASON_KERNEL, MHP_STATUS_FAILED, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_online_dax0(fs);
		fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", cases[i].what);
		trial_offline(&t, fs, "dax0.0");
		check_one_left(&t, 33, cases[i].status, cases[i].exit_code, cases[i].reason);
	}
}

/* The kernel takes the block offline and reports a failure; the second try finds it done. */
static void done_with_a_failure(void **state)
{
	static const char *const answers[] = { "did 5", "did 16", "did 4" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_online_dax0(fs);
		fakesys_answer_block(fs, 1, 40, "offline", answers[i]);
		trial_offline(&t, fs, "memory40");
		trial_check(&t, MHP_STATUS_OK, 0);
		trial_check_target(&t, MHP_STATUS_OK, true, 1, 1);
		assert_true(fakesys_writes(fs, "memory40/state=offline") > 1);
	}
}

/* The log has the page, and dynamic debug, on for a moment, the reason. */
static void the_log_tells_more(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_failure *failure;
	cleanup_fclose FILE *sites = tree_data("dyndbg-6.1.txt");
	char line[256];

	fakesys_online_dax0(fs);
	while (fgets(line, sizeof(line), sites))
		if (strstr(line, "failed due to"))
			fakesys_put(fs, "proc/dynamic_debug/control", line);
	fakesys_answer_log(fs, FAKE_ALWAYS, 33, "offline", "errno 16", "kmsg-slab-6.1.txt");
	trial_offline(&t, fs, "dax0.0");
	check_one_left(&t, 33, MHP_STATUS_BLOCKED, 4, MHP_REASON_UNMOVABLE);
	failure = mhp_result_failure(t.result, 0);
	assert_string_equal(failure->kernel_reason, "failure to isolate range");
	assert_int_equal(failure->nr_pages, 1);
	assert_int_equal(failure->pages_seen, 1);
	assert_int_equal(mhp_failure_page(failure, 0)->pfn, 0x108800);
	assert_int_equal(mhp_failure_page(failure, 0)->kind, MHP_PAGE_SLAB);
	assert_string_equal(failure->error.message,
			    "memory33: offline failed: page 0x108800 cannot be moved (slab)");
	assert_int_equal(fakesys_writes(fs, "line 1964 +p"), 1);
	assert_int_equal(fakesys_writes(fs, "line 1964 -p"), 1);
	fakesys_check_settings(fs);
}

/* A driver may refuse with any errno: the block is tried again, with the reason in the log. */
static void a_driver_that_objects(void **state)
{
	static const char *const whats[] = { "errno 1", "errno 2", "errno 12", "errno 19" };

	for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };
		cleanup_fclose FILE *sites = tree_data("dyndbg-6.1.txt");
		char line[256];

		fakesys_online_dax0(fs);
		while (fgets(line, sizeof(line), sites))
			if (strstr(line, "failed due to"))
				fakesys_put(fs, "proc/dynamic_debug/control", line);
		fakesys_answer_log(fs, FAKE_ALWAYS, 33, "offline", whats[i],
				   "kmsg-notifier-6.12.txt");
		trial_offline(&t, fs, "dax0.0");
		check_one_left(&t, 33, MHP_STATUS_BLOCKED, 4, MHP_REASON_NOTIFIER);
		assert_string_equal(mhp_result_failure(t.result, 0)->kernel_reason,
				    "notifier failure");
		assert_int_equal(fakesys_writes(fs, "memory33/state=offline"), 2);
		assert_int_equal(fakesys_writes(fs, "line 1964 +p"), 1);
		assert_int_equal(fakesys_writes(fs, "line 1964 -p"), 1);
	}
}

/* Page dumps of other blocks are ignored. */
static void a_log_of_another_block_is_not_evidence(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 40, "offline", "errno 16", "kmsg-slab-6.1.txt");
	trial_offline(&t, fs, "dax0.0");
	check_one_left(&t, 40, MHP_STATUS_BLOCKED, 4, MHP_REASON_UNMOVABLE);
	assert_int_equal(mhp_result_failure(t.result, 0)->nr_pages, 0);
	assert_string_equal(mhp_result_failure(t.result, 0)->kernel_reason, "");
}

static void a_block_of_several_zones_is_not_tried(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	trial_offline(&t, fs, "memory0");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, 1);
	assert_int_equal(mhp_result_failure(t.result, 0)->error.reason, MHP_REASON_MIXED_ZONES);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

/* The block is online again: another program has brought it online. */
static void a_kernel_that_says_yes_and_a_block_that_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "ok");
	trial_offline(&t, fs, "dax0.0");
	check_one_left(&t, 40, MHP_STATUS_FAILED, 1, MHP_REASON_CAME_BACK);
}

/* ---- no failures ------------------------------------------------------------------------- */

static void a_race_is_tried_again(void **state)
{
	static const char *const whats[] = { "errno 16", "errno 4" };

	for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_online_dax0(fs);
		fakesys_answer_block(fs, 1, 40, "offline", whats[i]);
		trial_offline(&t, fs, "dax0.0");
		trial_check(&t, MHP_STATUS_OK, 0);
		assert_int_equal(fakesys_writes(fs, "memory40/state=offline"), 2);
	}
}

static void somebody_else_was_faster(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 40, "offline", "taken offline Normal Movable");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
}

/* It went offline after planning. */
static void a_block_that_is_offline_by_then(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 39, "offline", "then 40 offline Normal Movable");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, "memory40/state="), 1); /* of the run */
}

static void a_block_that_vanishes_is_gone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 39, "offline", "lose 40");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
}

/* A DIMM is unplugged during the write. */
static void a_block_that_vanishes_under_the_write_is_gone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 40, "offline", "lose 40");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 0);
}

/* The writer is killed, for example by the OOM killer: a new one tries the same block once. */
static void a_writer_that_dies_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 40, "offline", "die");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
}

/* It is killed again: the next block gets a new one. */
static void a_writer_that_dies(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 2, 40, "offline", "die");
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.result->nr_failures, 1);
	assert_non_null(strstr(t.first.message, "without an answer"));
	fakesys_check_blocks(fs, 33, 39, "offline", BOTH);
	fakesys_check_blocks(fs, 40, 40, "online", "Movable");
	fakesys_check_blocks(fs, 41, 47, "offline", BOTH);
}

/* kmem lost the device while its blocks were online, so they have no device. */
static void what_a_device_has_left_behind(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/devices/dax0.0/driver"), 0);
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", "Normal Movable");
}

UNIT_TESTS(cmocka_unit_test(what_a_device_has_left_behind), cmocka_unit_test(of_a_device),
	   cmocka_unit_test(already_so), cmocka_unit_test(of_a_node),
	   cmocka_unit_test(of_a_size_on_a_node),
	   cmocka_unit_test(a_busy_block_does_not_hide_the_others),
	   cmocka_unit_test(the_errno_tells), cmocka_unit_test(done_with_a_failure),
	   cmocka_unit_test(the_log_tells_more), cmocka_unit_test(a_driver_that_objects),
	   cmocka_unit_test(a_log_of_another_block_is_not_evidence),
	   cmocka_unit_test(a_block_of_several_zones_is_not_tried),
	   cmocka_unit_test(a_kernel_that_says_yes_and_a_block_that_stays),
	   cmocka_unit_test(a_race_is_tried_again), cmocka_unit_test(somebody_else_was_faster),
	   cmocka_unit_test(a_block_that_is_offline_by_then),
	   cmocka_unit_test(a_block_that_vanishes_is_gone),
	   cmocka_unit_test(a_block_that_vanishes_under_the_write_is_gone),
	   cmocka_unit_test(a_writer_that_dies_once), cmocka_unit_test(a_writer_that_dies))
