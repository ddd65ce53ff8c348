/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks change their zone one by one: none is lost for it, and what the request keeps stays. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define BOTH		"Normal Movable"
#define TO_KEEP(blocks) ((blocks)*FAKE_BLOCK_SIZE)

/* Sets up an online of dax0.0, of which some blocks are online in zone Normal, to movable. */
static void begin(struct trial *t, struct fakesys *fs, uint64_t first, uint64_t last)
{
	fakesys_online_dax0(fs);
	fakesys_blocks(fs, first, last, "online", "Normal", 2);
	trial_begin(t, fs, MHP_VERB_ONLINE, "dax0.0");
}

static void a_zone_that_fails_costs_no_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 35);
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "errno 22");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	fakesys_check_blocks(fs, 34, 34, "online", "Normal");
	fakesys_check_blocks(fs, 35, 35, "online", "Movable");
	assert_non_null(strstr(t.first.message, "memory34: online_movable failed: "));
	assert_non_null(strstr(t.first.message, "; it is online again in zone normal"));
}

static void the_old_zone_fails_too(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 34);
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "errno 12");
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_kernel", "errno 12");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	fakesys_check_blocks(fs, 34, 34, "offline", BOTH);
	assert_int_equal(t.first.errnum, ENOMEM);
	assert_non_null(strstr(t.first.message, "; it stays offline, as its old zone fails too"));
}

static void cancel(struct trial *t)
{
	mhp_ctx_cancel(t->fs->ctx);
}

/* Brings the second block into its old zone also after a Ctrl-C, and tries no third one. */
static void a_cancel_in_between(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 36);
	fakesys_answer_block(fs, FAKE_ALWAYS, 35, "online_movable", "deaf");
	t.at_retrying = cancel;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	fakesys_check_blocks(fs, 34, 34, "online", "Movable");
	fakesys_check_blocks(fs, 35, 36, "online", "Normal");
	assert_int_equal(fakesys_writes(fs, "memory36/state="), 0);
}

static void a_deadline_in_between(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 34);
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "deaf");
	t.options.timeout_ms = 2000;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_DEADLINE, 5);
	fakesys_check_blocks(fs, 34, 34, "online", "Normal");
	assert_int_equal(t.first.reason, MHP_REASON_DEADLINE);
}

/* The state can be read no more: it may be offline, and nothing else is claimed. */
static void nobody_sees_how_it_ends(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 34);
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "then 34 rubbish Normal");
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_kernel", "then 34 rubbish Normal");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	if (strstr(t.first.message, "online again in zone") ||
	    strstr(t.first.message, "stays offline"))
		fail_msg("%s", t.first.message);
}

/* A block that is online in a zone that nobody sees is not taken for right, nor for "already so".
 */
static void a_zone_that_cannot_be_read(void **state)
{
	for (int i = 0; i < 2; i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_online_dax0(fs);
		if (i) /* another block has something to do */
			fakesys_blocks(fs, 34, 34, "offline", BOTH, 2);
		fakesys_blocks(fs, 40, 40, "online", "rubbish", 2);
		trial_online(&t, fs, "dax0.0");
		trial_check(&t, MHP_STATUS_FAILED, 1);
		trial_check_target(&t, MHP_STATUS_FAILED, i == 1, NR_BLOCKS - 1, NR_BLOCKS);
		assert_string_equal(t.first_target, "memory40");
		assert_int_equal(t.first.reason, MHP_REASON_WRONG_ZONE);
	}
}

/* A block that was offline is not brought online in a zone that nobody asked for. */
static void only_what_was_online_is_put_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "online_movable", "errno 12");
	trial_online(&t, fs, "memory34");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	fakesys_check_blocks(fs, 34, 34, "offline", BOTH);
	assert_int_equal(fakesys_writes(fs, "memory34/state=online_kernel"), 0);
}

static void offline_blocks_come_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 33, 34);
	fakesys_blocks(fs, 40, 47, "offline", "Movable", 2);
	t.request.keep_bytes = TO_KEEP(NR_BLOCKS - 1);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

/* One block stays offline, so that the others keep their zone. */
static void what_is_kept_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 36);
	fakesys_blocks(fs, 47, 47, "offline", "Movable", 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 47, "online_movable", "errno 12");
	t.request.keep_bytes = TO_KEEP(NR_BLOCKS - 1) - 1;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, NR_BLOCKS - 4, NR_BLOCKS);
	fakesys_check_blocks(fs, 34, 36, "online", "Normal");
	assert_int_equal(fakesys_writes(fs, "=offline"), 0);
	assert_non_null(strstr(t.events, "failure memory34 wrong_zone"));
}

/* Two targets that name the same blocks have them once. */
static void blocks_count_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 34, 34, "online", "Normal", 2);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "memory33-35 memory33-36");
	t.request.keep_bytes = TO_KEEP(4);
	trial_run(&t);
	trial_check_refused(&t, -EINVAL, MHP_REASON_USAGE);
	assert_non_null(strstr(t.err.message, "the targets have 512 MiB"));
	assert_non_null(strstr(t.err.hint, "keep 384 MiB or less"));
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

/* Another program takes memory away in the middle. */
static void take_away(struct trial *t)
{
	fakesys_blocks(t->fs, 46, 47, "offline", "Movable", 2);
}

static void the_states_now_count(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 36);
	fakesys_answer_block(fs, 1, 34, "offline", "errno 16");
	t.request.keep_bytes = TO_KEEP(NR_BLOCKS - 1);
	t.act = take_away;
	t.act_at = 3;
	trial_run(&t);
	fakesys_check_blocks(fs, 36, 36, "online", "Normal");
	assert_int_not_equal(t.result->exit_code, 0);
}

/* An undo that fails leaves no block offline either. */
static void rollback(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, 34, 36);
	fakesys_answer_block(fs, FAKE_ALWAYS, 35, "online_movable", "errno 12");
	t.options.roll_back = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_ROLLED_BACK, 1);
	fakesys_check_blocks(fs, 34, 36, "online", "Normal");
	assert_int_equal(fakesys_writes(fs, "memory36/state="), 0);
}

/* Asserts the refusal of a request that keeps memory online although nothing changes its zone. */
static void check_usage(struct fakesys *fs, enum mhp_verb verb, enum mhp_zone_request zone,
			uint64_t chosen)
{
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, verb, "dax0.0");
	t.request.zone = zone;
	t.request.choose_bytes = chosen;
	t.request.keep_bytes = TO_KEEP(1);
	trial_run(&t);
	trial_check_refused(&t, -EINVAL, MHP_REASON_USAGE);
	assert_true(*t.err.hint);
}

static void where_it_has_no_meaning(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_online_dax0(fs);
	check_usage(fs, MHP_VERB_OFFLINE, MHP_ZONE_REQUEST_MOVABLE, 0);
	check_usage(fs, MHP_VERB_CREATE, MHP_ZONE_REQUEST_MOVABLE, 0);
	check_usage(fs, MHP_VERB_ONLINE, MHP_ZONE_REQUEST_AUTO, 0);
	check_usage(fs, MHP_VERB_ONLINE, MHP_ZONE_REQUEST_MOVABLE, FAKE_BLOCK_SIZE);
}

UNIT_TESTS(cmocka_unit_test(a_zone_that_fails_costs_no_memory),
	   cmocka_unit_test(the_old_zone_fails_too), cmocka_unit_test(a_cancel_in_between),
	   cmocka_unit_test(a_deadline_in_between), cmocka_unit_test(a_zone_that_cannot_be_read),
	   cmocka_unit_test(nobody_sees_how_it_ends),
	   cmocka_unit_test(only_what_was_online_is_put_back),
	   cmocka_unit_test(offline_blocks_come_first), cmocka_unit_test(what_is_kept_stays),
	   cmocka_unit_test(blocks_count_once), cmocka_unit_test(the_states_now_count),
	   cmocka_unit_test(rollback), cmocka_unit_test(where_it_has_no_meaning))
