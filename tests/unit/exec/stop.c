/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes that do not end: deadlines, cancels and leftovers. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#define BOTH	   "Normal Movable"
#define TIMEOUT_MS 60
#define RUNS_MS	   1000 /* with less, each block is written by itself */

/* Cancels from another process while that block goes offline, like Ctrl-C. */
static pid_t cancel_during(struct fakesys *fs, int block)
{
	pid_t pid = fork();

	ROOT_PATH(path, "sys/devices/system/memory/memory%d/state", block);
	assert_true(pid >= 0);
	if (pid == 0) {
		while (strcmp(fakesys_get(fs, path), "going-offline") != 0)
			fakeclock_wait();
		mhp_ctx_cancel(fs->ctx);
		_exit(0);
	}
	return pid;
}

static void offline(struct trial *t, struct fakesys *fs, const char *target)
{
	trial_begin(t, fs, MHP_VERB_OFFLINE, target);
	t->options.timeout_ms = TIMEOUT_MS;
	trial_run(t);
}

static void check_stopped(const struct trial *t, enum mhp_status status, enum mhp_reason reason,
			  int exit_code)
{
	trial_check(t, status, exit_code);
	assert_int_equal(t->result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(t->result, 0)->target, "memory33");
	assert_int_equal(mhp_result_failure(t->result, 0)->error.reason, reason);
	assert_between(mhp_result_failure(t->result, 0)->elapsed_ms, TIMEOUT_MS, 5000);
}

/* ---- deadlines --------------------------------------------------------------------------- */

static void an_offline_that_spins_ends_at_its_deadline(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", "spin");
	offline(&t, fs, "dax0.0");
	check_stopped(&t, MHP_STATUS_DEADLINE, MHP_REASON_DEADLINE, 5);
	trial_check_target(&t, MHP_STATUS_DEADLINE, true, NR_BLOCKS - 1, NR_BLOCKS);
	/* the kernel restored the block, and the others were still tried */
	fakesys_check_blocks(fs, 33, 33, "online", "Movable");
	fakesys_check_blocks(fs, 34, LAST_BLOCK, "offline", BOTH);
}

/* The run is at memory40, although another program has brought an earlier block back. */
static void the_block_at_work_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	(void)state;
	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 38, "offline", "then 35 online Movable");
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.timeout_ms = 2 * RUNS_MS;
	trial_run(&t);
	assert_int_equal(t.result->nr_failures, 2);
	assert_int_equal(mhp_result_failure(t.result, 0)->error.reason, MHP_REASON_CAME_BACK);
	assert_string_equal(mhp_result_failure(t.result, 0)->target, "memory35");
	assert_int_equal(mhp_result_failure(t.result, 1)->error.reason, MHP_REASON_DEADLINE);
	assert_string_equal(mhp_result_failure(t.result, 1)->target, "memory40");
	assert_string_equal(t.retried, "memory40");
	assert_between(mhp_result_failure(t.result, 1)->elapsed_ms, 2 * RUNS_MS, 5000);
	fakesys_check_blocks(fs, 41, LAST_BLOCK, "offline", BOTH);
}

static void what_is_stuck_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_failure *failure;

	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 33, "offline", "spin", "kmsg-vmsplice-6.1.txt");
	offline(&t, fs, "memory33");
	check_stopped(&t, MHP_STATUS_BLOCKED, MHP_REASON_EXTRA_REFERENCE, 4);
	failure = mhp_result_failure(t.result, 0);
	assert_int_equal(failure->pages_seen, 2);
	assert_int_equal(failure->pages_suppressed, 29814);
	assert_int_equal(failure->nr_pages, 2);
	assert_int_equal(mhp_failure_page(failure, 0)->pfn, 0x108000);
	assert_int_equal(mhp_failure_page(failure, 1)->pfn, 0x108001);
	assert_string_equal(failure->error.message,
			    "memory33: offline failed: page 0x108000 has 1 extra reference, no "
			    "process of 0 has it mapped");
	assert_true(failure->nr_hidden > 0);
	assert_string_equal(mhp_failure_hidden(failure, 0)->why,
			    "the kernel left out 29814 messages of pages that do not move");
}

static void a_pin_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 33, "offline", "spin", "kmsg-iouring-6.12.txt");
	offline(&t, fs, "memory33");
	check_stopped(&t, MHP_STATUS_BLOCKED, MHP_REASON_PINNED, 4);
	assert_int_equal(mhp_failure_page(mhp_result_failure(t.result, 0), 0)->pins, 1);
	assert_non_null(strstr(t.first.message, "page 0x1087ff is pinned (1 pin)"));
}

/* A task that waits for the hotplug lock ignores the signal, so it is killed. */
static void a_deaf_write_is_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", "deaf");
	offline(&t, fs, "memory33-35");
	check_stopped(&t, MHP_STATUS_DEADLINE, MHP_REASON_DEADLINE, 5);
	fakesys_check_blocks(fs, 34, 35, "offline", BOTH);
}

/* If the kill does not end it, the run continues without it and reports that. */
static void a_write_that_cannot_be_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", "stuck");
	offline(&t, fs, "memory33-35");
	check_stopped(&t, MHP_STATUS_STUCK, MHP_REASON_STUCK, 5);
	trial_check_target(&t, MHP_STATUS_STUCK, true, 2, 3);
	fakesys_check_blocks(fs, 34, 35, "offline", BOTH);
}

static void an_online_has_a_deadline_too(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "online_movable", "deaf");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "memory33-34");
	t.options.timeout_ms = TIMEOUT_MS;
	trial_run(&t);
	check_stopped(&t, MHP_STATUS_DEADLINE, MHP_REASON_DEADLINE, 5);
	trial_check_target(&t, MHP_STATUS_DEADLINE, true, 1, 2);
	/* one deadline, not two */
	assert_int_equal(fakesys_writes(fs, "memory33/state=online_movable"), 1);
}

/* A write that ends just in time counts as done. */
static void a_slow_write_that_succeeds_at_the_deadline(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 1, 33, "offline", "slow 5000");
	offline(&t, fs, "memory33");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 1, 1);
	assert_true(t.result->elapsed_ms < 2000);
}

/* ---- cancels ----------------------------------------------------------------------------- */

static void a_cancel_ends_a_write(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 35, "offline", "spin");
	pid = cancel_during(fs, 35);
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.timeout_ms = 0;
	trial_run(&t);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	trial_check_target(&t, MHP_STATUS_INTERRUPTED, true, 2, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(t.first_target, "memory35");
	assert_int_equal(t.first.reason, MHP_REASON_INTERRUPTED);
	fakesys_check_blocks(fs, 33, 34, "offline", BOTH);
	fakesys_check_blocks(fs, 35, LAST_BLOCK, "online", "Movable");
}

/* A creation that ignores the signal is killed. */
static void a_cancel_ends_a_creation(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, "nd/create", "region0", "deaf");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	t.cancel_at = "start create_namespace";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_int_equal(t.first.reason, MHP_REASON_INTERRUPTED);
	assert_string_equal(t.first.message, "region0: interrupted");
	assert_non_null(strstr(t.first.hint, "half done"));
	assert_true(t.result->has_changes);
	assert_true(t.result->elapsed_ms < 3000);
	fakesys_check_settings(fs);
}

static void a_cancel_between_steps(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	t.cancel_at = "done set_mode";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_string_equal(t.events, "plan\n"
				      "start set_mode dax0.0\n"
				      "done set_mode dax0.0 changed\n");
	assert_true(t.result->has_changes);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_done, 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_settings(fs);
}

/* Progress of the read blocks comes while the next run of blocks is written; that run stops. */
static void a_cancel_between_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, FIRST_BLOCK + 1, "online_movable", "errno 4");
	fakesys_answer_block(fs, 1, FIRST_BLOCK + 3, "online_movable", "deaf");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	t.cancel_at = "progress";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_int_equal(fakesys_writes(fs, "state=online_movable"), 5);
	trial_check_target(&t, MHP_STATUS_INTERRUPTED, true, 3, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(t.result, 0)->target, "memory36");
	assert_int_equal(mhp_result_failure(t.result, 0)->error.reason, MHP_REASON_INTERRUPTED);
	fakesys_check_blocks(fs, FIRST_BLOCK + 3, LAST_BLOCK, "offline", "Normal Movable");
	fakesys_check_settings(fs);
}

static void a_cancel_before_the_first_step(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.cancel_at = "plan";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	trial_check_target(&t, MHP_STATUS_INTERRUPTED, false, 0, NR_BLOCKS);
	assert_false(t.result->has_changes);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

static void a_cancelled_context_stays_so(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	mhp_ctx_cancel(fs->ctx);
	offline(&t, fs, "dax0.0");
	assert_true(t.rc < 0 || t.result->exit_code == 130);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

UNIT_TESTS(cmocka_unit_test(an_offline_that_spins_ends_at_its_deadline),
	   cmocka_unit_test(the_block_at_work_is_told), cmocka_unit_test(what_is_stuck_is_told),
	   cmocka_unit_test(a_pin_is_told), cmocka_unit_test(a_deaf_write_is_killed),
	   cmocka_unit_test(a_write_that_cannot_be_killed),
	   cmocka_unit_test(an_online_has_a_deadline_too),
	   cmocka_unit_test(a_slow_write_that_succeeds_at_the_deadline),
	   cmocka_unit_test(a_cancel_ends_a_write), cmocka_unit_test(a_cancel_ends_a_creation),
	   cmocka_unit_test(a_cancel_between_steps), cmocka_unit_test(a_cancel_between_blocks),
	   cmocka_unit_test(a_cancel_before_the_first_step),
	   cmocka_unit_test(a_cancelled_context_stays_so))
