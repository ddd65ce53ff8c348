/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs bring memory online: a wrong zone is repaired, prevented or reported. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define AUTO_ONLINE "sys/devices/system/memory/auto_online_blocks"
#define AUTOPROBE   "sys/bus/dax/drivers_autoprobe"

/* ---- zones ------------------------------------------------------------------------------- */

static void a_wrong_zone_is_repaired(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 34, 35, "online", "Normal", 2);
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "state=offline"), 2);
	assert_int_equal(fakesys_writes(fs, "state=online_movable"), 2);
}

static void a_zone_that_a_race_made_wrong_is_repaired(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, 40, "online_movable", "taken online Normal");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "memory40/state=offline"), 1);
}

/* Another program was faster with the same zone: nothing to repair. */
static void a_race_that_ends_well(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, 1, 40, "online_movable", "taken online Movable");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(fakesys_writes(fs, "memory40/state="), 1);
}

static void a_zone_that_stays_wrong_names_the_rule(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_onliner(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "taken online Normal");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, true, NR_BLOCKS - 1, NR_BLOCKS);
	assert_string_equal(t.first_target, "memory40");
	assert_int_equal(t.first.reason, MHP_REASON_WRONG_ZONE);
	assert_string_equal(t.first.message, "memory40: is online in zone normal, not movable");
	assert_non_null(strstr(t.first.hint, "udev_rule (/etc/udev/rules.d/40-vm.rules:1)"));
}

/* The block is in use: the failure is its wrong zone, not that it cannot go offline. */
static void a_wrong_zone_in_use(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 40, 40, "online", "Normal", 2);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 16");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	trial_check_target(&t, MHP_STATUS_FAILED, false, NR_BLOCKS - 1, NR_BLOCKS);
	assert_int_equal(t.first.reason, MHP_REASON_WRONG_ZONE);
	fakesys_check_blocks(fs, 40, 40, "online", "Normal");
}

/* ---- preventing races -------------------------------------------------------------------- */

/* The kernel brings the blocks online in the requested zone while it adds them: no race. */
static void with_onliners_the_kernel_does_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_onliner(fs);
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(fakesys_writes(fs, "auto_online_blocks=online_movable"), 1);
	assert_int_equal(fakesys_writes(fs, "auto_online_blocks=offline"), 1);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	fakesys_check_settings(fs);
}

static void without_onliners_nothing_is_switched(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, "auto_online_blocks"), 0);
}

/* The kernel's own policy is restored afterwards. */
static void a_policy_comes_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_put(fs, AUTO_ONLINE, "online\n");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_string_equal(fakesys_get(fs, AUTO_ONLINE), "online");
}

static void a_policy_that_fits_is_left_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_put(fs, AUTO_ONLINE, "online_movable\n");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, "auto_online_blocks"), 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

/* ---- settings are restored on every path ------------------------------------------------- */

static void after_a_bind_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_onliner(fs);
	fakesys_answer(fs, 1, "sys/bus/dax/drivers/kmem/new_id", "dax0.0", "errno 22");
	trial_online(&t, fs, "dax0.0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "auto_online_blocks=online_movable"), 1);
	fakesys_check_settings(fs);
}

static void after_a_creation_that_dies(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, "nd/create", "region0", "die");
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "drivers_autoprobe=0"), 1);
	fakesys_check_settings(fs);
}

static void after_a_cancel(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_onliner(fs);
	fakesys_answer(fs, 1, "nd/create", "region0", "slow 100");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	t.cancel_at = "start create_namespace";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	fakesys_check_settings(fs);
}

/* The kernel refuses the value once: it is written again at the end, with a warning. */
static void after_a_restore_that_fails_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, AUTOPROBE, "1", "errno 5");
	trial_online(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_non_null(strstr(t.warnings, "drivers_autoprobe could not be restored"));
	fakesys_check_settings(fs);
}

/* A setting that could not be restored must not be mistaken for the original value. */
static void after_a_restore_that_fails_between_two_uses(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	struct mhp_region other = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	strcpy(other.name, "region1");
	strcpy(other.seed, "namespace1.0");
	strcpy(other.dax_seed, "dax1.0");
	other.start = 6 * GIB;
	fakesys_region(fs, &region);
	fakesys_region(fs, &other);
	fakesys_answer(fs, 1, AUTOPROBE, "1", "errno 5");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_settings(fs);
}

UNIT_TESTS(cmocka_unit_test(a_wrong_zone_is_repaired),
	   cmocka_unit_test(a_zone_that_a_race_made_wrong_is_repaired),
	   cmocka_unit_test(a_race_that_ends_well),
	   cmocka_unit_test(a_zone_that_stays_wrong_names_the_rule),
	   cmocka_unit_test(a_wrong_zone_in_use),
	   cmocka_unit_test(with_onliners_the_kernel_does_it),
	   cmocka_unit_test(without_onliners_nothing_is_switched),
	   cmocka_unit_test(a_policy_comes_back),
	   cmocka_unit_test(a_policy_that_fits_is_left_alone),
	   cmocka_unit_test(after_a_bind_that_fails), cmocka_unit_test(after_a_creation_that_dies),
	   cmocka_unit_test(after_a_cancel), cmocka_unit_test(after_a_restore_that_fails_once),
	   cmocka_unit_test(after_a_restore_that_fails_between_two_uses))
