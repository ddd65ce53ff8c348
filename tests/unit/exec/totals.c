/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of runs since boot. */
#include "lib/exec/counting.h"
#include "lib/exec/run-totals.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

static struct mhp_run_totals totals_of(struct fakesys *fs)
{
	struct mhp_run_totals totals;

	assert_int_equal(mhp_run_totals_read(fs->ctx, &totals, NULL), 0);
	return totals;
}

static void nothing_has_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_run_totals totals = totals_of(fs);

	for (size_t i = 0; i < totals.nr_commands; i++) {
		assert_true(*totals.commands[i].command);
		assert_int_equal(totals.commands[i].start_us, 0);
	}
	assert_string_equal(totals.commands[MHP_VERB_OFFLINE].command, "offline");
	assert_string_equal(totals.commands[TOTAL_APPLY].command, "apply");
	assert_string_equal(totals.commands[TOTAL_RECOVER].command, "recover");
}

static void runs_add_themselves(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };
	const struct mhp_command_total *offline;
	struct mhp_run_totals totals;

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	trial_offline(&t, fs, "dax0.0");
	totals = totals_of(fs);
	offline = &totals.commands[MHP_VERB_OFFLINE];
	assert_int_equal(offline->nr_runs[MHP_STATUS_BLOCKED], 1);
	assert_int_equal(offline->status, MHP_STATUS_BLOCKED);
	assert_int_equal(offline->exit_code, 4);
	assert_true(offline->start_us > 0);
	assert_int_equal(totals.nr_failures[MHP_REASON_UNMOVABLE], 1);
	trial_offline(&again, fs, "memory33");
	totals = totals_of(fs);
	assert_int_equal(offline->nr_runs[MHP_STATUS_BLOCKED], 1);
	assert_int_equal(offline->nr_runs[MHP_STATUS_OK], 1);
	assert_int_equal(offline->exit_code, 0);
	assert_int_equal(totals.nr_failures[MHP_REASON_UNMOVABLE], 1);
}

static void a_run_that_is_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial before = { 0 }, t = { 0 };
	struct mhp_run_totals totals;

	trial_offline(&before, fs, "dax7.0");
	assert_false(root_exists(&fs->ctx->sys, STATE_RUN));
	assert_int_equal(statedir_make(&fs->ctx->sys), 0);
	trial_offline(&t, fs, "dax7.0");
	totals = totals_of(fs);
	assert_int_equal(totals.commands[MHP_VERB_OFFLINE].nr_runs[MHP_STATUS_FAILED], 1);
	assert_int_equal(totals.nr_failures[MHP_REASON_NO_SUCH_TARGET], 1);
}

/* A run without work makes no directory; with one it is counted. */
static void nothing_to_do(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_offline(&t, fs, "dax0.0");
	assert_false(root_exists(&fs->ctx->sys, STATE_RUN));
	assert_int_equal(statedir_make(&fs->ctx->sys), 0);
	trial_offline(&again, fs, "dax0.0");
	assert_int_equal(totals_of(fs).commands[MHP_VERB_OFFLINE].nr_runs[MHP_STATUS_OK], 1);
}

static void a_damaged_file_is_begun_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	struct mhp_run_totals totals;
	struct mhp_error err;

	fakesys_put(fs, STATE_TOTAL_RUNS, "offline 5 rubbish\n");
	assert_int_equal(mhp_run_totals_read(fs->ctx, &totals, &err), -EBADMSG);
	assert_non_null(strstr(err.message, STATE_TOTAL_RUNS));
	fakesys_online_dax0(fs);
	trial_offline(&t, fs, "dax0.0");
	totals = totals_of(fs);
	assert_int_equal(totals.commands[MHP_VERB_OFFLINE].nr_runs[MHP_STATUS_OK], 1);
}

/* Another process keeps the lock: the run ends, and is not counted. */
static void the_lock_is_not_awaited_for_ever(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	cleanup_lock int lock = lock_whole(fs->ctx, LOCK_POLICY, 0);

	assert_true(lock >= 0);
	fakeclock_start();
	fakesys_online_dax0(fs);
	trial_offline(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(totals_of(fs).commands[MHP_VERB_OFFLINE].start_us, 0);
}

static void all_values_are_kept(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_run_totals totals, read;

	run_totals_init(&totals);
	totals.is_known = true;
	for (size_t i = 0; i < totals.nr_commands; i++) {
		struct mhp_command_total *total = &totals.commands[i];

		for (unsigned k = 0; k < NR_STATUSES; k++)
			total->nr_runs[k] = i * 100 + k;
		total->start_us = UINT64_MAX - i;
		total->elapsed_ms = i;
		total->status = MHP_STATUS_ROLLED_BACK;
		total->exit_code = 255;
	}
	for (unsigned i = 1; i < NR_REASONS; i++)
		totals.nr_failures[i] = i;
	assert_int_equal(statedir_make(&fs->ctx->sys), 0);
	assert_int_equal(run_totals_write(&fs->ctx->sys, &totals), 0);
	read = totals_of(fs);
	assert_memory_equal(&read, &totals, sizeof(read));
}

UNIT_TESTS(cmocka_unit_test(nothing_has_run), cmocka_unit_test(runs_add_themselves),
	   cmocka_unit_test(a_run_that_is_refused), cmocka_unit_test(nothing_to_do),
	   cmocka_unit_test(a_damaged_file_is_begun_again),
	   cmocka_unit_test(the_lock_is_not_awaited_for_ever),
	   cmocka_unit_test(all_values_are_kept))
