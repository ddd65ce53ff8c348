/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces enabled in parallel: one of them fails or hangs, or all are interrupted, or a process
 * ends without an answer, and the state of the machine counts.
 */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/bind.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define ALL_THREE "region0 region1 region2"
#define OK	  MHP_STATUS_OK
#define FAILED	  MHP_STATUS_FAILED
#define BROKEN	  MHP_STATUS_INTERRUPTED
#define BACK	  MHP_STATUS_ROLLED_BACK

static struct fakesys *three(void)
{
	struct fakesys *fs = fakesys_new();

	for (unsigned n = 0; n < 3; n++)
		fakesys_disabled(fs, n, MHP_NAMESPACE_DEVDAX);
	return fs;
}

static void init(struct trial *t, struct fakesys *fs, const char *targets)
{
	trial_begin(t, fs, MHP_VERB_INIT, targets);
	t->options.max_parallel = 1;
}

static void check_targets(const struct trial *t, enum mhp_status a, enum mhp_status b,
			  enum mhp_status c)
{
	assert_int_equal(t->result->nr_targets, 3);
	assert_int_equal(mhp_result_target(t->result, 0)->status, a);
	assert_int_equal(mhp_result_target(t->result, 1)->status, b);
	assert_int_equal(mhp_result_target(t->result, 2)->status, c);
	fakesys_check_settings(t->fs);
}

static void check_changed(const struct trial *t, bool a, bool b, bool c)
{
	assert_int_equal(mhp_result_target(t->result, 0)->has_changes, a);
	assert_int_equal(mhp_result_target(t->result, 1)->has_changes, b);
	assert_int_equal(mhp_result_target(t->result, 2)->has_changes, c);
}

static void check_failure(const struct trial *t, size_t i, const char *target, int errnum)
{
	assert_true(i < t->result->nr_failures);
	assert_string_equal(mhp_result_failure(t->result, i)->target, target);
	assert_int_equal(mhp_result_failure(t->result, i)->error.errnum, errnum);
	assert_true(*mhp_result_failure(t->result, i)->error.message != '\0');
}

static void check_driver(struct fakesys *fs, const char *device, const char *driver)
{
	assert_string_equal(fakesys_driver(fs, device), driver);
}

/* ---- one of several ---------------------------------------------------------------------- */

static void one_cannot_be_claimed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/make-claim", "namespace1.0", "errno 6");
	init(&t, fs, ALL_THREE);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	check_targets(&t, OK, FAILED, OK);
	check_changed(&t, true, false, true);
	assert_int_equal(t.result->nr_failures, 1);
	check_failure(&t, 0, "namespace1.0", ENXIO);
	assert_non_null(strstr(t.events, "done enable_namespace namespace1.0 failed\n"));
	check_driver(fs, "dax0.0", "device_dax");
	check_driver(fs, "dax2.0", "device_dax");
	assert_int_equal(mhp_result_target(t.result, 1)->initialised_bytes, 0);
}

static void one_cannot_be_bound(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax1.0", "errno 12");
	init(&t, fs, ALL_THREE);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	check_targets(&t, OK, FAILED, OK);
	check_changed(&t, true, true, true); /* its claim was made */
	check_failure(&t, 0, "namespace1.0", ENOMEM);
	assert_non_null(strstr(t.events, "done enable_namespace namespace1.0 changed failed\n"));
	check_driver(fs, "dax1.0", "");
	check_driver(fs, "dax2.0", "device_dax");
	assert_int_equal(mhp_result_target(t.result, 1)->initialised_bytes, 0);
	assert_true(t.memmap.done_bytes == t.memmap.total_bytes);
}

static void one_of_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax1.0", "errno 12");
	init(&t, fs, "all");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	trial_check_target(&t, MHP_STATUS_PARTIAL, true, 0, 0);
	assert_true(mhp_result_target(t.result, 0)->initialised_bytes == 4 * GIB);
	fakesys_check_settings(fs);
}

static void the_only_one(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/make-claim", "namespace1.0", "errno 6");
	init(&t, fs, "namespace1.0");
	trial_run(&t);
	trial_check(&t, FAILED, 1);
	trial_check_target(&t, FAILED, false, 0, 0);
	assert_false(fakesys_enabled(fs, 0) || fakesys_enabled(fs, 1));
	fakesys_check_settings(fs);
}

/* The failure names the namespace, and another process runs the remaining tasks. */
static void a_process_that_dies(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, "nd/make-claim", "namespace0.0", "die");
	fakesys_answer(fs, 1, "nd/bind", "dax1.0", "die");
	init(&t, fs, ALL_THREE);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	check_targets(&t, FAILED, FAILED, OK);
	check_failure(&t, 0, "namespace0.0", EPIPE);
	check_failure(&t, 1, "namespace1.0", EPIPE);
}

/* Failures come in the order of the plan, although the last target fails first. */
static void two_that_fail_at_different_times(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/make-claim", "namespace2.0", "errno 6");
	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax0.0", "errno 12");
	init(&t, fs, ALL_THREE);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	check_targets(&t, FAILED, OK, FAILED);
	assert_int_equal(t.result->nr_failures, 2);
	check_failure(&t, 0, "namespace0.0", ENOMEM);
	check_failure(&t, 1, "namespace2.0", ENXIO);
	assert_string_equal(t.first_target, "namespace2.0"); /* events come in the order of time */
}

/* Online: a namespace that could not be enabled stops there, the others continue. */
static void one_of_an_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/make-claim", "namespace0.0", "errno 6");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0 region1");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, 64);
	assert_int_equal(t.result->nr_failures, 1);
	fakesys_check_blocks(fs, 49, 63, "online", "Movable");
	fakesys_check_no_blocks(fs, 33, 47);
	fakesys_check_settings(fs);
}

/* ---- rollback ---------------------------------------------------------------------------- */

static void check_rolled_back(const struct trial *t)
{
	trial_check(t, BACK, 1);
	assert_false(t->result->has_changes);
	check_changed(t, false, false, false);
	for (unsigned n = 0; n < 3; n++)
		assert_false(fakesys_enabled(t->fs, n));
	assert_string_equal(t->warnings, "");
	fakesys_check_settings(t->fs);
}

static void back_from_a_bind_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax1.0", "errno 12");
	init(&t, fs, ALL_THREE);
	t.options.roll_back = true;
	trial_run(&t);
	check_rolled_back(&t);
	assert_int_equal(fakesys_writes(fs, "nd/disable=namespace"), 3);
	check_targets(&t, BACK, BACK, BACK);
}

/* A device that is about to be undone is not bound first. */
static void back_from_a_claim_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/make-claim", "namespace1.0", "errno 6");
	init(&t, fs, ALL_THREE);
	t.options.roll_back = true;
	trial_run(&t);
	check_rolled_back(&t);
	assert_int_equal(fakesys_writes(fs, "nd/bind="), 0);
	assert_int_equal(fakesys_writes(fs, "nd/disable=namespace0.0"), 1);
	assert_int_equal(fakesys_writes(fs, "nd/disable=namespace2.0"), 1);
	assert_int_equal(fakesys_writes(fs, "nd/disable=namespace1.0"), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mhp_result_target(t.result, i)->initialised_bytes, 0);
}

static void an_undo_that_fails_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/bind", "dax1.0", "errno 12");
	fakesys_answer(fs, FAKE_ALWAYS, "nd/disable", "namespace0.0", "errno 16");
	init(&t, fs, ALL_THREE);
	t.options.roll_back = true;
	trial_run(&t);
	assert_int_equal(t.rc, 0);
	assert_int_not_equal(t.result->exit_code, 0);
	assert_true(t.result->has_changes);
	assert_non_null(strstr(t.warnings, "not everything could be undone"));
	assert_true(fakesys_enabled(fs, 0));
	assert_false(fakesys_enabled(fs, 1) || fakesys_enabled(fs, 2));
	fakesys_check_settings(fs);
}

/* ---- interrupted ------------------------------------------------------------------------- */

static void between_two_binds(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	init(&t, fs, ALL_THREE);
	t.cancel_at = "done enable_namespace namespace0.0";
	trial_run(&t);
	trial_check(&t, BROKEN, 130);
	check_targets(&t, OK, BROKEN, BROKEN);
	check_changed(&t, true, true, true);
	assert_int_equal(t.result->nr_failures, 2);
	assert_non_null(strstr(t.first.message, "namespace1.0: interrupted before its turn"));
	assert_int_equal(fakesys_writes(fs, "nd/bind="), 1);
	check_driver(fs, "dax0.0", "device_dax");
	check_driver(fs, "dax1.0", "");
	assert_int_equal(mhp_result_target(t.result, 1)->initialised_bytes, 0);
}

static void before_the_first_is_claimed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	init(&t, fs, ALL_THREE);
	t.cancel_at = "start enable_namespace namespace2.0";
	trial_run(&t);
	trial_check(&t, BROKEN, 130);
	check_targets(&t, BROKEN, BROKEN, BROKEN);
	check_changed(&t, false, false, false);
	assert_int_equal(fakesys_writes(fs, "nd/make-claim"), 0);
}

/* Even with --rollback an interrupt undoes nothing. */
static void nothing_is_undone_then(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	init(&t, fs, ALL_THREE);
	t.options.roll_back = true;
	t.cancel_at = "done enable_namespace namespace0.0";
	trial_run(&t);
	trial_check(&t, BROKEN, 130);
	check_targets(&t, OK, BROKEN, BROKEN);
	assert_int_equal(fakesys_writes(fs, "nd/disable"), 0);
	assert_non_null(strstr(t.warnings, "nothing was undone"));
}

/* ---- binds that hang --------------------------------------------------------------------- */

static void await_tracer(struct mhp_ctx *ctx)
{
	while (!root_exists(&ctx->sys, "tracer"))
		fakeclock_wait();
}

static void await_driver_of_0(struct mhp_ctx *ctx)
{
	char driver[MHP_NAME_MAX] = "";

	while (dax_driver(ctx, "dax0.0", driver, sizeof(driver)) == 0 && !*driver)
		fakeclock_wait();
}

/* Binds dax0.0 and hangs without an answer; dax1.0 is done after that. */
static int bind_and_hang(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	const struct nd_bind_args *args = arg;
	bool is_first = strcmp(args->device, "dax0.0") == 0;
	int rc;

	if (!is_first)
		await_driver_of_0(ctx);
	rc = nd_bind_claim(ctx, arg, reply, err);
	if (is_first)
		fakeclock_hang_forever();
	return rc;
}

/* Hangs with dax0.0 unbound; dax1.0 is done after that. */
static int hang_unbound(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	const struct nd_bind_args *args = arg;

	if (strcmp(args->device, "dax0.0") == 0)
		fakeclock_hang_forever();
	return nd_bind_claim(ctx, arg, reply, err);
}

/* Makes the task of dax0.0 stuck in the kernel. */
static int hang_in_kernel(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			  struct mhp_error *err)
{
	const struct nd_bind_args *args = arg;

	if (strcmp(args->device, "dax0.0") == 0)
		return fake_nd_ops.bind_claim(ctx, arg, reply, err);
	await_tracer(ctx);
	return nd_bind_claim(ctx, arg, reply, err);
}

static void hang_in(struct trial *t, struct fakesys *fs, child_fn bind, enum mhp_status of_first)
{
	struct nd_ops nd = fake_nd_ops;

	nd.bind_claim = bind;
	fs->ctx->nd = &nd;
	init(t, fs, ALL_THREE);
	t->options.max_parallel = 2;
	t->cancel_at = "done enable_namespace namespace1.0";
	trial_run(t);
	fs->ctx->nd = &fake_nd_ops;
	trial_check(t, BROKEN, 130);
	check_targets(t, of_first, OK, BROKEN);
	check_changed(t, true, true, true);
	assert_true(t->result->elapsed_ms < 3000);
}

static void a_bind_that_hangs_is_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	hang_in(&t, fs, hang_unbound, BROKEN);
	check_failure(&t, 0, "namespace0.0", EINTR);
	assert_string_equal(t.first.message, "namespace0.0: interrupted");
	check_driver(fs, "dax0.0", "");
}

/* The state of the machine counts, not the missing answer. */
static void a_bind_that_was_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	hang_in(&t, fs, bind_and_hang, OK);
	assert_int_equal(t.result->nr_failures, 1);
	check_failure(&t, 0, "namespace2.0", EINTR);
	assert_true(mhp_result_target(t.result, 0)->initialised_bytes == 2 * GIB);
	check_driver(fs, "dax0.0", "device_dax");
}

static void a_bind_that_cannot_be_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = three();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, 1, "nd/bind", "dax0.0", "stuck");
	hang_in(&t, fs, hang_in_kernel, BROKEN);
	check_failure(&t, 0, "namespace0.0", EINTR);
	assert_non_null(strstr(t.first.message, "the kernel still works on it"));
	assert_non_null(strstr(t.first.hint, "continues on its own"));
}

/* ---- without an answer --------------------------------------------------------------------- */

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
static void init_silent(struct trial *t, struct fakesys *fs, struct nd_ops *nd, child_fn make_claim)
{
	if (!nd->scan)
		*nd = fake_nd_ops;
	nd->make_claim = make_claim;
	fs->ctx->nd = nd;
	trial_begin(t, fs, MHP_VERB_INIT, "region0 region1");
	t->options.max_parallel = 2;
	t->cancel_at = "done enable_namespace namespace1.0 failed";
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

	init_silent(&t, fs, &nd, hang_before_claim);
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

	init_silent(&t, fs, &nd, do_and_hang);
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

	init_silent(&t, fs, &nd, do_and_hang);
	check_first(&t, MHP_STATUS_OK, true);
	assert_int_equal(t.result->nr_failures, 1);
}

static void killed_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = two(MHP_NAMESPACE_DEVDAX);
	cleanup_trial struct trial t = { 0 };
	struct nd_ops nd = fake_nd_ops;

	nd.read_claimed = see_claim_only;
	init_silent(&t, fs, &nd, hang_before_claim);
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
	init_silent(&t, fs, &nd, hang_before_claim);
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
	init_silent(&t, fs, &nd, be_stuck);
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

	init_silent(&t, fs, &nd, do_and_die);
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

UNIT_TESTS(cmocka_unit_test(one_cannot_be_claimed), cmocka_unit_test(one_cannot_be_bound),
	   cmocka_unit_test(one_of_all), cmocka_unit_test(the_only_one),
	   cmocka_unit_test(a_process_that_dies),
	   cmocka_unit_test(two_that_fail_at_different_times), cmocka_unit_test(one_of_an_online),
	   cmocka_unit_test(back_from_a_bind_that_fails),
	   cmocka_unit_test(back_from_a_claim_that_fails),
	   cmocka_unit_test(an_undo_that_fails_is_told), cmocka_unit_test(between_two_binds),
	   cmocka_unit_test(before_the_first_is_claimed), cmocka_unit_test(nothing_is_undone_then),
	   cmocka_unit_test(a_bind_that_hangs_is_killed), cmocka_unit_test(a_bind_that_was_done),
	   cmocka_unit_test(a_bind_that_cannot_be_killed),
	   cmocka_unit_test(killed_before_it_did_something),
	   cmocka_unit_test(killed_when_all_was_done),
	   cmocka_unit_test(killed_when_a_raw_one_was_done), cmocka_unit_test(killed_half_way),
	   cmocka_unit_test(nobody_can_say_what_it_did),
	   cmocka_unit_test(one_that_cannot_be_killed), cmocka_unit_test(it_dies_when_all_was_done),
	   cmocka_unit_test(back_from_half_way))
