/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces enabled in parallel, and their events. */
#include "lib/sys/nd/bind.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_FILE "run/mhpctl/memmap-rate"
#define ALL_THREE "region0 region1 region2"

static struct fakesys *three(enum mhp_namespace_mode mode)
{
	struct fakesys *fs = fakesys_new();

	for (unsigned n = 0; n < 3; n++)
		fakesys_disabled(fs, n, mode);
	return fs;
}

static void init(struct trial *t, struct fakesys *fs, const char *targets)
{
	trial_begin(t, fs, MHP_VERB_INIT, targets);
	t->options.max_parallel = 1; /* so that they end in order */
	trial_run(t);
}

static void check_all_done(const struct trial *t, size_t nr)
{
	trial_check(t, MHP_STATUS_OK, 0);
	assert_string_equal(t->warnings, "");
	assert_int_equal(t->result->nr_targets, nr);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(mhp_result_target(t->result, i)->status, MHP_STATUS_OK);
		assert_true(mhp_result_target(t->result, i)->has_changes);
	}
	fakesys_check_settings(t->fs);
}

static void check_devdax(struct fakesys *fs)
{
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "device_dax");
	assert_string_equal(fakesys_driver(fs, "dax2.0"), "device_dax");
}

/* ---- init -------------------------------------------------------------------------------- */

/* A region that is memory has its memmap: nothing is to be done, and its blocks are nobody's wish.
 */
static void a_region_that_is_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	(void)state;
	fakesys_online_dax0(fs);
	init(&t, fs, "region0");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_false(mhp_result_target(t.result, 0)->has_changes);
	assert_int_equal(t.result->nr_failures, 0);
	fakesys_check_blocks(fs, 33, 47, "online", "Movable");
}

static void three_devdax_namespaces(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	init(&t, fs, ALL_THREE);
	check_all_done(&t, 3);
	check_devdax(fs);
	for (size_t i = 0; i < 3; i++) {
		assert_true(mhp_result_target(t.result, i)->initialised_bytes == 2 * GIB);
		assert_int_equal(mhp_result_target(t.result, i)->blocks_total, 0);
	}
	assert_string_equal(t.events, "plan\n"
				      "start enable_namespace namespace0.0\n"
				      "start enable_namespace namespace1.0\n"
				      "start enable_namespace namespace2.0\n"
				      "done enable_namespace namespace0.0 changed\n"
				      "done enable_namespace namespace1.0 changed\n"
				      "done enable_namespace namespace2.0 changed\n");
	/* each setting was changed once for all namespaces */
	assert_int_equal(fakesys_writes(fs, "sys/bus/dax/drivers_autoprobe=0"), 1);
	assert_int_equal(fakesys_writes(fs, "sys/bus/nd/drivers_autoprobe=0"), 1);
}

/* Info block and memmap take a part of the namespace, which shows once it is bound. */
static int see_a_smaller_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			       struct mhp_error *err)
{
	struct nd_claimed claimed = { .claim = "dax0.0", .size = 2 * GIB - 2 * MIB };

	return reply_add(reply, &claimed, sizeof(claimed));
}

static int see_nothing(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	return -EIO;
}

static uint64_t initialised(child_fn read_claimed)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = fake_nd_ops;

	nd.read_claimed = read_claimed;
	fs->ctx->nd = &nd;
	init(&t, fs, "namespace0.0");
	check_all_done(&t, 1);
	return mhp_result_target(t.result, 0)->initialised_bytes;
}

static void what_the_claim_offers_is_initialised(void **state)
{
	assert_true(initialised(see_a_smaller_claim) == 2 * GIB - 2 * MIB);
	assert_int_equal(initialised(see_nothing), 0);
}

static void all_at_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_INIT, "all");
	t.options.max_parallel = 8;
	trial_run(&t);
	check_all_done(&t, 1);
	check_devdax(fs);
	assert_true(mhp_result_target(t.result, 0)->initialised_bytes == 6 * GIB);
}

static void other_modes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_disabled(fs, 0, MHP_NAMESPACE_FSDAX);
	fakesys_disabled(fs, 1, MHP_NAMESPACE_RAW);
	fakesys_disabled(fs, 2, MHP_NAMESPACE_SECTOR);
	init(&t, fs, ALL_THREE);
	check_all_done(&t, 3);
	assert_int_equal(fakesys_writes(fs, "nd/bind=pfn0.0"), 1);
	assert_int_equal(fakesys_writes(fs, "nd/bind=pfn2.0"), 1);
	/* a raw one needs no bind */
	assert_int_equal(fakesys_writes(fs, "nd/bind="), 2);
}

static void what_is_enabled_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	init(&t, fs, "all");
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_false(t.result->has_changes);
	assert_string_equal(t.events, "plan\n");
	assert_int_equal(fakesys_writes(fs, "autoprobe"), 0);
}

static void a_dax_device_and_a_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	fakesys_disabled(fs, 1, MHP_NAMESPACE_DEVDAX);
	init(&t, fs, "dax0.0 region1");
	check_all_done(&t, 2);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "device_dax");
}

/* Without a namespace to enable no setting is changed. */
static void a_dax_device_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	init(&t, fs, "dax0.0");
	check_all_done(&t, 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_int_equal(fakesys_writes(fs, "autoprobe"), 0);
}

/* ---- settings ---------------------------------------------------------------------------- */

/* Without the setting the kernel binds devices while it enables namespaces: slower, same result. */
static void a_kernel_without_the_setting(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/drivers_autoprobe"), 0);
	fakesys_put(fs, "sys/bus/nd/drivers_autoprobe", "0\n"); /* set by the administrator */
	init(&t, fs, ALL_THREE);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_non_null(strstr(t.warnings, "falling back to the slower path"));
	check_devdax(fs);
	assert_string_equal(fakesys_get(fs, "sys/bus/nd/drivers_autoprobe"), "0");
	assert_int_equal(fakesys_writes(fs, "autoprobe"), 0);
}

static void nobody_may_change_the_setting(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers_autoprobe", "0", "errno 1");
	init(&t, fs, ALL_THREE);
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.result->status, MHP_STATUS_FAILED);
	assert_false(t.result->has_changes);
	/* every failure is reported */
	assert_int_equal(t.result->nr_failures, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(mhp_result_target(t.result, i)->status, MHP_STATUS_FAILED);
		assert_int_equal(mhp_result_failure(t.result, i)->error.reason,
				 MHP_REASON_NOT_PERMITTED);
	}
	assert_non_null(strstr(t.events, "done enable_namespace namespace2.0 failed\n"));
	assert_int_equal(fakesys_writes(fs, "nd/make-claim"), 0);
	fakesys_check_settings(fs);
}

/* ---- progress ---------------------------------------------------------------------------- */

static void the_rate_is_kept_for_the_next_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax1.0", "slow 20");
	init(&t, fs, ALL_THREE);
	check_all_done(&t, 3);
	assert_true(atol(fakesys_get(fs, RATE_FILE)) > 0);
	assert_true(t.memmap.events > 0);
	assert_int_equal(t.memmap.parts, 3);
	assert_true(t.memmap.done_bytes == 6 * GIB && t.memmap.total_bytes == 6 * GIB);
	assert_int_equal(t.memmap.eta_ms, 0);
}

/* Progress of running tasks is estimated from the rate of an earlier run. */
static void a_guess_by_an_earlier_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, RATE_FILE, "1000000\n");
	fakesys_answer(fs, 1, "nd/bind", "dax0.0", "slow 1000");
	init(&t, fs, ALL_THREE);
	check_all_done(&t, 3);
	assert_true(t.memmap.estimated);
	assert_true(t.memmap.done_bytes == 6 * GIB);
}

static void no_guess_without_a_rate(void **state)
{
	static const char *const texts[] = { "", "0\n", "garbage\n", "18446744073709551615\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };

		fakesys_disabled(fs, 0, MHP_NAMESPACE_DEVDAX);
		fakesys_put(fs, RATE_FILE, texts[i]);
		fakesys_answer(fs, 1, "nd/bind", "dax0.0", "slow 300");
		init(&t, fs, "region0");
		check_all_done(&t, 1);
		assert_false(t.memmap.estimated);
	}
}

/* ---- direct_to_kmem ---------------------------------------------------------------------- */

static void check_online(struct fakesys *fs)
{
	fakesys_check_blocks(fs, 33, 47, "online", "Movable");
	fakesys_check_blocks(fs, 49, 63, "online", "Movable");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "kmem");
}

/* The memmap of device_dax is never made. */
static void several_to_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_ONLINE, "region1 region0");
	trial_run(&t);
	check_all_done(&t, 2);
	check_online(fs);
	assert_int_equal(fakesys_writes(fs, "nd/make-claim"), 2);
	assert_int_equal(fakesys_writes(fs, "nd/bind"), 0);
	assert_int_equal(fakesys_writes(fs, "device_dax"), 0);
	assert_int_equal(fakesys_writes(fs, "nd/enable="), 0);
	assert_int_equal(t.memmap.events, 0);
	/* blocks by address */
	assert_true(strstr(t.events, "online_block memory33-47") <
		    strstr(t.events, "online_block memory49-63"));
}

/* The label says devdax, but no info block exists: the kernel makes no device. */
static int claim_raw(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	const struct nd_claim_args *args = arg;
	const struct nd_claimed claimed = { .changed = true, .bound = true };

	if (strcmp(args->ns_name, "namespace0.0") != 0)
		return fake_nd_ops.make_claim(ctx, arg, reply, err);
	return reply_add(reply, &claimed, sizeof(claimed));
}

static void a_creation_that_was_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = fake_nd_ops;

	nd.make_claim = claim_raw;
	fs->ctx->nd = &nd;
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	trial_run(&t);
	check_all_done(&t, 2);
	check_online(fs);
	assert_int_equal(fakesys_writes(fs, "nd/enable=namespace0.0"), 1);
	assert_int_equal(fakesys_writes(fs, "nd/enable="), 1);
}

static void begin_killed_creation(struct trial *t, struct fakesys *fs, struct nd_ops *nd)
{
	*nd = fake_nd_ops;
	nd->make_claim = claim_raw;
	fs->ctx->nd = nd;
	trial_begin(t, fs, MHP_VERB_INIT, "region0 region1");
	t->options.max_parallel = 1;
}

static void init_of_a_creation_that_was_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd;

	begin_killed_creation(&t, fs, &nd);
	trial_run(&t);
	check_all_done(&t, 2);
	assert_int_equal(fakesys_writes(fs, "nd/enable=namespace0.0"), 1);
	assert_int_equal(fakesys_writes(fs, "nd/enable="), 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_true(mhp_result_target(t.result, 0)->initialised_bytes == 2 * GIB);
}

/* With autoprobe off the run binds the new device itself, in the order of the plan. */
static void it_comes_without_a_driver(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd;

	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	begin_killed_creation(&t, fs, &nd);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, "nd/bind=dax0.0"), 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* It has other content: nothing is written, the others continue, and a rollback undoes it. */
static void it_cannot_be_finished(void **state)
{
	for (unsigned rollback = 0; rollback < 2; rollback++) {
		cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
		cleanup_trial struct trial t = { 0 };
		struct nd_ops nd;

		fakesys_answer(fs, 1, "nd/enable", "namespace0.0", "errno 17");
		begin_killed_creation(&t, fs, &nd);
		t.options.roll_back = rollback;
		trial_run(&t);
		trial_check(&t, rollback ? MHP_STATUS_ROLLED_BACK : MHP_STATUS_PARTIAL,
			    rollback ? 1 : 64);
		assert_int_equal(mhp_result_failure(t.result, 0)->error.errnum, EEXIST);
		assert_int_equal(mhp_result_target(t.result, 0)->has_changes, !rollback);
		assert_int_equal(fakesys_writes(fs, "nd/disable=namespace0.0"), rollback);
		fakesys_check_settings(fs);
	}
}

static void it_is_not_begun_after_a_cancel(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd;

	fakesys_answer(fs, 1, "nd/make-claim", "namespace1.0", "errno 6");
	begin_killed_creation(&t, fs, &nd);
	t.cancel_at = "done enable_namespace namespace1.0 failed";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	assert_int_equal(fakesys_writes(fs, "nd/enable="), 0);
	assert_int_equal(mhp_result_target(t.result, 0)->status, MHP_STATUS_INTERRUPTED);
	assert_true(mhp_result_target(t.result, 0)->has_changes);
}

/* ---- regions that are disabled ----------------------------------------------------------- */

static void disable_region(struct fakesys *fs, unsigned n)
{
	struct fake_nd nd;

	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	nd.regions[n].is_enabled = false;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
}

static void a_disabled_region_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	disable_region(fs, 1);
	init(&t, fs, ALL_THREE);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_devdax(fs);
	assert_int_equal(fakesys_writes(fs, "nd/enable-region=region1"), 1);
	fakesys_check_settings(fs);
}

/* The others continue in a second round; the failure of the first is reported once. */
static void a_region_that_cannot_be_enabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	disable_region(fs, 1);
	disable_region(fs, 2);
	fakesys_answer(fs, FAKE_ALWAYS, "nd/enable-region", "region1", "errno 6");
	init(&t, fs, ALL_THREE);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(t.result, 0)->target, "region1");
	assert_int_equal(mhp_result_target(t.result, 0)->status, MHP_STATUS_OK);
	assert_int_equal(mhp_result_target(t.result, 1)->status, MHP_STATUS_FAILED);
	assert_true(mhp_result_target(t.result, 0)->initialised_bytes == 2 * GIB);
	assert_false(mhp_result_target(t.result, 1)->has_changes);
	assert_int_equal(mhp_result_target(t.result, 2)->status, MHP_STATUS_OK);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_string_equal(fakesys_driver(fs, "dax2.0"), "device_dax");
	assert_int_equal(fakesys_writes(fs, "nd/enable-region=region1"), 1);
	fakesys_check_settings(fs);
}

static void of_all_one_region_cannot_be_enabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = three(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };

	disable_region(fs, 0);
	fakesys_answer(fs, FAKE_ALWAYS, "nd/enable-region", "region0", "errno 6");
	init(&t, fs, "all");
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	trial_check_target(&t, MHP_STATUS_PARTIAL, true, 0, 0);
	assert_int_equal(t.result->nr_failures, 1);
	fakesys_check_settings(fs);
}

UNIT_TESTS(cmocka_unit_test(a_region_that_is_memory), cmocka_unit_test(three_devdax_namespaces),
	   cmocka_unit_test(all_at_once), cmocka_unit_test(what_the_claim_offers_is_initialised),
	   cmocka_unit_test(other_modes), cmocka_unit_test(what_is_enabled_stays),
	   cmocka_unit_test(a_dax_device_and_a_namespace), cmocka_unit_test(a_dax_device_alone),
	   cmocka_unit_test(a_kernel_without_the_setting),
	   cmocka_unit_test(nobody_may_change_the_setting),
	   cmocka_unit_test(the_rate_is_kept_for_the_next_run),
	   cmocka_unit_test(a_guess_by_an_earlier_run), cmocka_unit_test(no_guess_without_a_rate),
	   cmocka_unit_test(several_to_memory), cmocka_unit_test(a_creation_that_was_killed),
	   cmocka_unit_test(init_of_a_creation_that_was_killed),
	   cmocka_unit_test(it_comes_without_a_driver), cmocka_unit_test(it_cannot_be_finished),
	   cmocka_unit_test(it_is_not_begun_after_a_cancel),
	   cmocka_unit_test(a_disabled_region_first),
	   cmocka_unit_test(a_region_that_cannot_be_enabled),
	   cmocka_unit_test(of_all_one_region_cannot_be_enabled))
