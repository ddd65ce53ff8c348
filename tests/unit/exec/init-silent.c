/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process enables a namespace and ends without an answer: the state of the machine counts. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/nd/bind.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define BROKEN MHP_STATUS_INTERRUPTED

static bool is_first(const void *arg)
{
	const struct nd_claim_args *args = arg;

	return strcmp(args->ns_name, "namespace0.0") == 0;
}

static _Noreturn void hang(struct mhp_ctx *ctx)
{
	tree_put(ctx->sys.root_fd, "hangs", "%s", "");
	fakeclock_hang_forever();
}

/* Fails the second task once the first hangs; the test cancels at that failure. */
static int fail_after_hang(struct mhp_ctx *ctx, const char *sign)
{
	while (!root_exists(&ctx->sys, sign))
		fakeclock_wait();
	return -ENXIO;
}

static int hang_before_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			     struct mhp_error *err)
{
	(void)reply;
	(void)err;
	if (is_first(arg))
		hang(ctx);
	return fail_after_hang(ctx, "hangs");
}

static int do_and_hang(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	if (!is_first(arg))
		return fail_after_hang(ctx, "hangs");
	fake_nd_ops.make_claim(ctx, arg, reply, err);
	hang(ctx);
}

static int be_stuck(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	return is_first(arg) ? fake_nd_ops.make_claim(ctx, arg, reply, err)
			     : fail_after_hang(ctx, "tracer");
}

static int do_and_die(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	int rc = fake_nd_ops.make_claim(ctx, arg, reply, err);

	if (is_first(arg))
		raise(SIGKILL);
	return rc;
}

/* Reports a claim without its dax device. */
static int see_claim_only(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			  struct mhp_error *err)
{
	struct nd_claimed claimed = { .changed = true };

	(void)ctx;
	(void)arg;
	(void)err;
	str_copy(claimed.claim, "dax0.0");
	return reply_add(reply, &claimed, sizeof(claimed));
}

static struct fakesys *two(enum mhp_namespace_mode mode)
{
	struct fakesys *fs = fakesys_new();

	fakesys_disabled(fs, 0, mode);
	fakesys_disabled(fs, 1, MHP_NAMESPACE_DEVDAX);
	return fs;
}

/* Enables all namespaces with that task. *nd must live as long as the trial. */
static void init(struct trial *t, struct fakesys *fs, struct nd_ops *nd, child_fn make_claim)
{
	if (!nd->scan)
		*nd = fake_nd_ops;
	nd->make_claim = make_claim;
	fs->ctx->nd = nd;
	trial_begin(t, fs, MHP_VERB_INIT, "region0 region1");
	t->options.max_parallel = 2;
	t->cancel_at = "done enable-namespace namespace1.0 failed";
	trial_run(t);
	fakesys_check_settings(fs);
}

static void check_first(const struct trial *t, enum mhp_status status, bool changed)
{
	const struct mhp_target_result *target = mhp_result_target(t->result, 0);

	if (target->status != status || target->has_changes != changed)
		fail_msg("%s, %s", mhp_status_name(target->status),
			 target->has_changes ? "changed" : "unchanged");
}

static const struct mhp_error *failure_of_first(const struct trial *t)
{
	for (size_t i = 0; i < t->result->nr_failures; i++)
		if (strcmp(mhp_result_failure(t->result, i)->target, "namespace0.0") == 0)
			return &mhp_result_failure(t->result, i)->error;
	fail_msg("no failure of namespace0.0");
	return NULL;
}

static void killed_before_it_did_something(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	init(&t, fs, &nd, hang_before_claim);
	trial_check(&t, BROKEN, 130);
	check_first(&t, BROKEN, false);
	assert_false(t.result->has_changes);
	assert_string_equal(failure_of_first(&t)->message, "namespace0.0: interrupted");
	assert_int_equal(fakesys_writes(fs, "nd/read-claimed=namespace0.0"), 1);
}

/* Only the bind is left, which does not start after a cancel. */
static void killed_when_all_was_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	init(&t, fs, &nd, do_and_hang);
	trial_check(&t, BROKEN, 130);
	check_first(&t, BROKEN, true);
	assert_non_null(strstr(failure_of_first(&t)->message, "interrupted before its turn"));
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
}

/* A raw namespace needs nothing more. */
static void killed_when_a_raw_one_was_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_RAW);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	init(&t, fs, &nd, do_and_hang);
	check_first(&t, MHP_STATUS_OK, true);
	assert_int_equal(t.result->nr_failures, 1);
}

static void killed_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = fake_nd_ops;

	nd.read_claimed = see_claim_only;
	init(&t, fs, &nd, hang_before_claim);
	trial_check(&t, BROKEN, 130);
	check_first(&t, BROKEN, true);
	assert_string_equal(failure_of_first(&t)->message, "namespace0.0: interrupted");
}

static void nobody_can_say_what_it_did(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/read-claimed", "namespace0.0", "errno 5");
	init(&t, fs, &nd, hang_before_claim);
	trial_check(&t, BROKEN, 130);
	check_first(&t, BROKEN, true);
	assert_non_null(strstr(failure_of_first(&t)->hint, "could not be read"));
}

/* The state is not read: the write may still take effect. */
static void one_that_cannot_be_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	fakesys_answer(fs, 1, "nd/make-claim", "namespace0.0", "stuck");
	init(&t, fs, &nd, be_stuck);
	trial_check(&t, BROKEN, 130);
	check_first(&t, BROKEN, true);
	assert_non_null(strstr(failure_of_first(&t)->hint, "continues on its own"));
	assert_int_equal(fakesys_writes(fs, "nd/read-claimed"), 0);
}

/* The process ended after its work: another process continues with the namespace. */
static void it_dies_when_all_was_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = { 0 };

	init(&t, fs, &nd, do_and_die);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_first(&t, MHP_STATUS_OK, true);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "device_dax");
}

/* A half enabled namespace is undone too. */
static void back_from_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = fake_nd_ops;

	nd.read_claimed = see_claim_only;
	fs->ctx->nd = &nd;
	fakesys_answer(fs, 1, "nd/make-claim", "namespace0.0", "die");
	trial_begin(&t, fs, MHP_VERB_INIT, "region0 region1");
	t.options.roll_back = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_ROLLED_BACK, 1);
	check_first(&t, MHP_STATUS_ROLLED_BACK, false);
	assert_int_equal(fakesys_writes(fs, "nd/disable=namespace0.0"), 1);
}

UNIT_TESTS(cmocka_unit_test(killed_before_it_did_something),
	   cmocka_unit_test(killed_when_all_was_done),
	   cmocka_unit_test(killed_when_a_raw_one_was_done), cmocka_unit_test(killed_half_way),
	   cmocka_unit_test(nobody_can_say_what_it_did),
	   cmocka_unit_test(one_that_cannot_be_killed), cmocka_unit_test(it_dies_when_all_was_done),
	   cmocka_unit_test(back_from_half_way))
