/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remove: offline, unbind, then devdax or destroyed. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define BOTH	    "Normal Movable"
#define KMEM_UNBIND "sys/bus/dax/drivers/kmem/unbind"

static void remove_dax0(struct trial *t, struct fakesys *fs)
{
	trial_begin(t, fs, MHP_VERB_REMOVE, "dax0.0");
	trial_run(t);
}

/* Asserts that the device is still bound to kmem, with offline blocks. */
static void check_still_kmem(struct fakesys *fs)
{
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_int_equal(fakesys_writes(fs, "kmem/unbind"), 0);
	fakesys_check_settings(fs);
}

static void back_to_devdax(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_string_equal(t.events, "plan\n"
				      "start offline_block memory33-47\n"
				      "done offline_block memory33-47 changed\n"
				      "start set_mode dax0.0\n"
				      "done set_mode dax0.0 changed\n");
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	fakesys_check_settings(fs);
}

static void and_destroyed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	struct fake_nd nd;

	fakesys_online_dax0(fs);
	trial_begin(&t, fs, MHP_VERB_REMOVE, "region0");
	t.request.destroy = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	/* system memory has no persistent data */
	assert_int_equal(t.asked, 0);
	assert_non_null(strstr(t.events, "start destroy_namespace namespace0.0\n"
					 "done destroy_namespace namespace0.0 changed\n"));
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
	assert_int_equal(fakesys_writes(fs, "device_dax/bind"), 0);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 0);
	assert_false(root_exists(&fs->ctx->sys, "sys/bus/dax/devices/dax0.0"));
}

static void already_so(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, false, 0, 0);
	assert_string_equal(t.events, "plan\n");
}

static void from_unbound(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 0, 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* ---- never over a block that is not offline ---------------------------------------------- */

static void a_busy_block_keeps_the_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	trial_check_target(&t, MHP_STATUS_BLOCKED, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_string_equal(t.events, "plan\n"
				      "start offline_block memory33-47\n"
				      "failure memory40 unmovable\n"
				      "done offline_block memory33-47 changed failed\n");
	check_still_kmem(fs);
}

static void a_block_that_comes_back_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_onliner(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "offline", "then 34 online Normal");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.timeout_ms = 999; /* each block is written, and read back, by itself */
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_int_equal(t.first.reason, MHP_REASON_CAME_BACK);
	assert_string_equal(t.first.message, "dax0.0: memory34 was offline and is online again");
	assert_non_null(strstr(t.first.hint, "/etc/udev/rules.d/40-vm.rules:1"));
	check_still_kmem(fs);
	fakesys_check_blocks(fs, 34, 34, "online", "Normal");
}

/*
 * A block is coming online, and has the state offline until it is: that is seen before the unbind,
 * when the kernel refuses to take the first block offline again.
 */
static void a_block_that_is_coming_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, 2, FIRST_BLOCK, "offline", "then 34 online Normal");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_CAME_BACK);
	check_still_kmem(fs);
	fakesys_check_blocks(fs, 34, 34, "online", "Normal");
}

/* A block comes online during the unbind: the kernel reports success but keeps the blocks. */
static void a_block_that_comes_back_at_the_last_moment(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer(fs, 1, "sys/bus/dax/drivers/kmem/remove_id", "dax0.0",
		       "then 34 online Normal");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(t.first.reason, MHP_REASON_NEEDS_REBOOT);
	assert_true(t.result->has_changes);
	assert_non_null(strstr(t.first.message, "still exists after the unbind"));
	assert_non_null(strstr(t.first.hint, "until the next boot"));
	fakesys_check_blocks(fs, 34, 34, "online", "Normal");
}

/* An unbind would block behind the other offline, uninterruptibly, and then succeed. */
static void not_while_other_memory_goes_offline(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_blocks(fs, 5, 5, "going-offline", "Movable Normal", 0);
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.options.timeout_ms = 60;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_DEADLINE, 5);
	assert_non_null(strstr(t.first.message, "going offline"));
	check_still_kmem(fs);
}

/* Nothing has changed: all blocks were offline, and the unbind was not tried. */
static void what_was_refused_has_not_changed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer(fs, FAKE_ALWAYS, KMEM_UNBIND, "dax0.0", "errno 5");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, NR_BLOCKS, NR_BLOCKS);
	assert_false(t.result->has_changes);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
}

static void an_unbind_that_does_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer(fs, FAKE_ALWAYS, KMEM_UNBIND, "dax0.0", "ok");
	remove_dax0(&t, fs);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_string_equal(t.first.message, "dax0.0: still bound to kmem");
}

/* ---- users ------------------------------------------------------------------------------- */

static void put_user(struct fakesys *fs)
{
	fakesys_put(fs, "users/dax0.0", "fio[412] has it open\n");
}

static void a_device_that_is_open_is_not_taken(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	put_user(fs);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, 0, NR_BLOCKS);
	assert_int_equal(t.first.reason, MHP_REASON_IN_USE);
	assert_string_equal(t.first.message, "dax0.0: fio[412] has it open");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

static void a_namespace_that_is_open_is_not_destroyed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	put_user(fs);
	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.agrees = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_IN_USE);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 0);
	assert_false(t.result->has_changes);
}

/* ---- destroy ----------------------------------------------------------------------------- */

static void destroying_asks_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial no = { 0 }, yes = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_holds(fs, 0, MHP_CONTENT_UNKNOWN);
	trial_begin(&no, fs, MHP_VERB_DESTROY, "namespace0.0");
	trial_run(&no);
	trial_check_refused(&no, -EPERM, MHP_REASON_NEEDS_CONSENT);
	assert_int_equal(no.asked, 1);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 0);
	trial_begin(&yes, fs, MHP_VERB_DESTROY, "namespace0.0");
	yes.agrees = true;
	trial_run(&yes);
	trial_check(&yes, MHP_STATUS_OK, 0);
	assert_true(yes.result->has_changes);
	assert_int_equal(fakesys_writes(fs, "nd/destroy=namespace0.0"), 1);
}

/* The region is gone after the deletion: whether that has reached the DIMMs cannot be seen. */
static void destroying_with_the_region_gone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, 1, "nd/destroy", "namespace0.0", "unplug");
	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.agrees = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_WENT_AWAY);
	assert_non_null(strstr(t.first.message, "whether it still exists is not known"));
	assert_non_null(strstr(t.first.hint, "mhpctl list"));
}

static void memory_is_not_destroyed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	trial_check_refused(&t, -EBUSY, MHP_REASON_IN_USE);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 0);
}

/* The device becomes system memory after planning. */
static void what_became_memory_is_not_destroyed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	t.request.destroy = true;
	fakesys_answer(fs, 1, KMEM_UNBIND, "dax0.0", "errno 5");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "nd/destroy"), 0);
}

UNIT_TESTS(cmocka_unit_test(back_to_devdax), cmocka_unit_test(and_destroyed),
	   cmocka_unit_test(destroying_with_the_region_gone), cmocka_unit_test(already_so),
	   cmocka_unit_test(from_unbound), cmocka_unit_test(a_busy_block_keeps_the_device),
	   cmocka_unit_test(a_block_that_comes_back_online),
	   cmocka_unit_test(a_block_that_is_coming_online),
	   cmocka_unit_test(a_block_that_comes_back_at_the_last_moment),
	   cmocka_unit_test(not_while_other_memory_goes_offline),
	   cmocka_unit_test(what_was_refused_has_not_changed),
	   cmocka_unit_test(an_unbind_that_does_nothing),
	   cmocka_unit_test(a_device_that_is_open_is_not_taken),
	   cmocka_unit_test(a_namespace_that_is_open_is_not_destroyed),
	   cmocka_unit_test(destroying_asks_first), cmocka_unit_test(memory_is_not_destroyed),
	   cmocka_unit_test(what_became_memory_is_not_destroyed))
