/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole devices plugged and unplugged by their state, on a kernel that has it. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define BOTH  "Normal Movable"
#define STATE "sys/bus/dax/devices/dax0.0/state"

/* Returns dax0.0 as memory with that state; its blocks online or offline. */
static struct fakesys *machine(const char *state, bool online)
{
	struct fakesys *fs = fakesys_new();

	fakesys_put(fs, FAKE_HAS_STATES, "\n");
	if (online)
		fakesys_online_dax0(fs);
	else
		fakesys_dax0(fs, "kmem");
	fakesys_put(fs, STATE, state);
	return fs;
}

/* Returns the same without its blocks. */
static struct fakesys *empty_machine(const char *state)
{
	struct fakesys *fs = machine(state, false);

	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_int_equal(fake_block_remove(fs->tree.fd, id), 0);
	return fs;
}

static void run(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *targets)
{
	trial_begin(t, fs, verb, targets);
	trial_run(t);
}

static void check_way(const struct trial *t, enum mhp_granularity way)
{
	assert_int_equal(mhp_result_target(t->result, 0)->granularity, way);
}

static void check_up(struct fakesys *fs, const char *state)
{
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_string_equal(fakesys_get(fs, STATE), state);
}

/* ---- online ------------------------------------------------------------------------------ */

static void what_is_unplugged_comes_back(void **state)
{
	static const char *const names[] = { "dax0.0", "region0", "namespace0.0" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
		cleanup_trial struct trial t = { 0 };

		run(&t, fs, MHP_VERB_ONLINE, names[i]);
		trial_check(&t, MHP_STATUS_OK, 0);
		trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
		check_way(&t, MHP_GRANULARITY_DEVICE);
		check_up(fs, "online_movable");
		assert_int_equal(fakesys_writes(fs, STATE "="), 1);
		assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
		assert_string_equal(t.warnings, "");
	}
}

static void in_a_kernel_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	t.request.zone = MHP_ZONE_REQUEST_KERNEL;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Normal");
	assert_string_equal(fakesys_get(fs, STATE), "online_kernel");
}

/* The word names the zone even if the kernel could choose. */
static void the_word_is_explicit(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	tree_put(fs->tree.fd, "sys/module/memory_hotplug/parameters/online_policy",
		 "auto-movable\n");
	t.request.zone = MHP_ZONE_REQUEST_AUTO;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, STATE "=online_movable"), 1);
	assert_int_equal(fakesys_writes(fs, STATE "=online\n"), 0);
}

static void all_offline_is_taken_out_first(void **state)
{
	static const struct {
		const char *state;
		const char *warning;
	} cases[] = {
		{ "offline\n", "" },
		{ "online_movable\n",
		  "dax0.0: its state is online_movable, and none of its blocks is online\n" },
		{ "online_kernel\n",
		  "dax0.0: its state is online_kernel, and none of its blocks is online\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = machine(cases[i].state, false);
		cleanup_trial struct trial t = { 0 };

		run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
		trial_check(&t, MHP_STATUS_OK, 0);
		trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
		check_way(&t, MHP_GRANULARITY_DEVICE);
		check_up(fs, "online_movable");
		assert_int_equal(fakesys_writes(fs, STATE "=unplugged"), 1);
		assert_string_equal(t.warnings, cases[i].warning);
	}
}

static void from_devdax(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_HAS_STATES, "\n");
	fakesys_dax0(fs, "device_dax");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_DEVICE);
	check_up(fs, "online_movable");
}

/* Online blocks are not taken offline in order to plug the whole device. */
static void some_are_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(fake_block_set(fs->tree.fd, 40, "offline", BOTH), 0);
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	check_up(fs, "online_movable");
	assert_int_equal(fakesys_writes(fs, STATE "="), 0);
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 1);
}

static void already_so_whatever_the_state(void **state)
{
	static const char *const states[] = { "online_movable\n", "offline\n", "new\n" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		cleanup_fakesys struct fakesys *fs = machine(states[i], true);
		cleanup_trial struct trial t = { 0 };

		run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
		trial_check(&t, MHP_STATUS_OK, 0);
		trial_check_target(&t, MHP_STATUS_OK, false, NR_BLOCKS, NR_BLOCKS);
		check_way(&t, MHP_GRANULARITY_NONE);
		assert_int_equal(fakesys_writes(fs, "sys/"), 0);
	}
}

/* The kernel silently fails to bring one block online; it is then written alone. */
static void one_that_stays_offline_goes_by_itself(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, 1, 40, "online_movable", "errno 12");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	check_up(fs, "online_movable");
	assert_int_equal(fakesys_writes(fs, "memory40/state="), 1);
}

static void one_that_never_came_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, 1, 40, "online_movable", "ok");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	assert_int_equal(t.rc, 0);
	assert_int_not_equal(t.result->exit_code, 0);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(t.first_target, "memory40");
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_done, NR_BLOCKS - 1);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_total, NR_BLOCKS);
}

static void a_success_without_any_work(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "online_movable", "ok");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(t.first.message, "dax0.0: the kernel accepted online_movable, but "
					     "none of its 15 memory blocks exists");
}

static void refused_on_the_way_up(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("offline\n", false);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "online_movable", "errno 12");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, 0, NR_BLOCKS);
	assert_string_equal(t.first_target, "dax0.0");
	assert_int_equal(t.first.errnum, ENOMEM);
}

/* If the device cannot be unplugged first, its blocks are brought online one by one. */
static void not_taken_out_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("offline\n", false);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "unplugged", "errno 16");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	check_up(fs, "offline");
}

/* The kernel removes the blocks and reports a failure: that is a change. */
static void taken_out_with_a_failure(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("offline\n", false);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, STATE, "unplugged", "did 5");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_true(t.result->has_changes);
	assert_int_equal(t.first.errnum, EIO);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
}

static void a_word_that_is_new_is_left_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_later\n", false);
	cleanup_trial struct trial t = { 0 };

	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	check_up(fs, "online_later");
}

static void another_device_of_that_name(void **state)
{
	cleanup_fakesys struct fakesys *fs = empty_machine("unplugged\n");
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "online_movable", "errno 116");
	run(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
}

/* ---- unplugged ----------------------------------------------------------------------------- */

static void check_only_left(struct fakesys *fs, uint64_t id)
{
	fakesys_check_blocks(fs, id, id, "online", "Movable");
	for (uint64_t other = FIRST_BLOCK; other <= LAST_BLOCK; other++)
		if (other != id)
			fakesys_check_blocks(fs, other, other, "offline", BOTH);
}

static void a_whole_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	run(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_DEVICE);
	assert_string_equal(t.events, "plan\n"
				      "start offline_block memory33-47\n"
				      "done offline_block memory33-47 changed\n");
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_string_equal(fakesys_get(fs, STATE), "unplugged");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
}

static void those_that_were_offline_do_not_matter(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(fake_block_set(fs->tree.fd, 36, "offline", BOTH), 0);
	run(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_DEVICE);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_int_equal(fakesys_writes(fs, STATE "="), 1);
}

static void and_removed(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	run(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_DEVICE);
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* A run for some blocks leaves them offline, not removed. */
static void a_part(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_OFFLINE, "memory33-47");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
	assert_int_equal(fakesys_writes(fs, STATE "="), 0);
}

/* ---- where it is not tried ---------------------------------------------------------------- */

static void a_kernel_zone_and_a_known_pin(void **state)
{
	for (int i = 0; i < 2; i++) {
		cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
		cleanup_trial struct trial t = { 0 };

		if (i == 0)
			assert_int_equal(fake_block_set(fs->tree.fd, 40, "online", "Normal"), 0);
		else
			fakesys_put(fs, "sys/devices/system/node/node2/vmstat",
				    "nr_foll_pin_acquired 7\nnr_foll_pin_released 6\n");
		run(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
		trial_check(&t, MHP_STATUS_OK, 0);
		check_way(&t, MHP_GRANULARITY_BLOCKS);
		assert_int_equal(fakesys_writes(fs, STATE "="), 0);
		fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
	}
}

/* ---- failures ----------------------------------------------------------------------------- */

/* The kernel restores all blocks; then each block that can goes offline alone. */
static void refused_as_a_whole(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	run(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	trial_check_target(&t, MHP_STATUS_BLOCKED, true, NR_BLOCKS - 1, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(t.first_target, "memory40");
	assert_non_null(strstr(t.warnings, "dax0.0: the kernel does not remove it as a whole"));
	check_only_left(fs, 40);
}

static void held_until_the_deadline(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.timeout_ms = 1300;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_DEADLINE, 5);
	trial_check_target(&t, MHP_STATUS_DEADLINE, true, NR_BLOCKS - 1, NR_BLOCKS);
	check_way(&t, MHP_GRANULARITY_BLOCKS);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(t.first_target, "memory40");
	assert_int_equal(t.first.errnum, EINTR);
	assert_true(t.retrying > 0);
	check_only_left(fs, 40);
	/* its time is used up */
	assert_int_equal(fakesys_writes(fs, "memory40/state="), 0);
}

static void with_a_rollback_nothing_else_is_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.timeout_ms = 300;
	t.options.roll_back = true;
	trial_run(&t);
	assert_int_equal(t.result->exit_code, 5);
	assert_false(t.result->has_changes);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_done, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
	assert_string_equal(fakesys_get(fs, STATE), "online_movable");
}

/* The kernel silently fails to bring one block back online. */
static void not_all_came_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	fakesys_answer_block(fs, 1, 36, "online", "errno 12");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.timeout_ms = 300;
	t.options.roll_back = true;
	trial_run(&t);
	assert_int_equal(t.result->exit_code, 5);
	assert_true(t.result->has_changes);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_done, 1);
	assert_non_null(strstr(t.warnings, "dax0.0: 1 of its blocks, memory36 the first, were not "
					   "brought back online by the kernel"));
}

static void cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "spin");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.cancel_at = "retrying";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	trial_check_target(&t, MHP_STATUS_INTERRUPTED, false, 0, NR_BLOCKS);
	assert_string_equal(t.first_target, "memory40");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
}

/* Another program writes the same file; the wait for it ignores signals. */
static void never_unbound_while_a_write_is_out(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "unplugged", "stuck");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.timeout_ms = 300;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_STUCK, 5);
	assert_string_equal(t.first_target, "dax0.0");
	assert_string_equal(t.first.hint,
			    "another process is writing the state of dax0.0 and must finish "
			    "first");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
	assert_int_equal(fakesys_writes(fs, "kmem/unbind"), 0);
}

static void a_signal_that_was_not_ours(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, STATE, "unplugged", "errno 4");
	run(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	check_way(&t, MHP_GRANULARITY_DEVICE);
	assert_int_equal(fakesys_writes(fs, STATE "=unplugged"), 2);
}

/* ---- undo --------------------------------------------------------------------------------- */

/* A device unplugged as a whole is plugged as a whole if a later step fails. */
static void undone_as_a_whole(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/kmem/unbind", "dax0.0", "errno 5");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.roll_back = true;
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_ROLLED_BACK);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_string_equal(fakesys_get(fs, STATE), "online_movable");
	assert_int_equal(fakesys_writes(fs, "memory/memory"), 0);
}

/* A block that was offline before would come online, so the run works block by block. */
static void a_rollback_that_could_not_put_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("online_movable\n", true);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(fake_block_set(fs->tree.fd, 36, "offline", BOTH), 0);
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/kmem/unbind", "dax0.0", "errno 5");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.roll_back = true;
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_ROLLED_BACK);
	fakesys_check_blocks(fs, 36, 36, "offline", BOTH);
	fakesys_check_blocks(fs, 37, LAST_BLOCK, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, STATE "="), 0);
}

UNIT_TESTS(cmocka_unit_test(what_is_unplugged_comes_back), cmocka_unit_test(in_a_kernel_zone),
	   cmocka_unit_test(the_word_is_explicit), cmocka_unit_test(all_offline_is_taken_out_first),
	   cmocka_unit_test(from_devdax), cmocka_unit_test(some_are_online),
	   cmocka_unit_test(already_so_whatever_the_state),
	   cmocka_unit_test(one_that_stays_offline_goes_by_itself),
	   cmocka_unit_test(one_that_never_came_is_told),
	   cmocka_unit_test(a_success_without_any_work), cmocka_unit_test(refused_on_the_way_up),
	   cmocka_unit_test(not_taken_out_first), cmocka_unit_test(taken_out_with_a_failure),
	   cmocka_unit_test(a_word_that_is_new_is_left_alone),
	   cmocka_unit_test(another_device_of_that_name), cmocka_unit_test(a_whole_device),
	   cmocka_unit_test(those_that_were_offline_do_not_matter), cmocka_unit_test(and_removed),
	   cmocka_unit_test(a_part), cmocka_unit_test(a_kernel_zone_and_a_known_pin),
	   cmocka_unit_test(refused_as_a_whole), cmocka_unit_test(held_until_the_deadline),
	   cmocka_unit_test(with_a_rollback_nothing_else_is_done),
	   cmocka_unit_test(not_all_came_back), cmocka_unit_test(cancelled),
	   cmocka_unit_test(never_unbound_while_a_write_is_out),
	   cmocka_unit_test(a_signal_that_was_not_ours), cmocka_unit_test(undone_as_a_whole),
	   cmocka_unit_test(a_rollback_that_could_not_put_back))
