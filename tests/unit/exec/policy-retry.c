/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections that failed after they had made a device, in runs that events of devices start. */
#include "lib/base/error.h"
#include "lib/plan/policy/policy.h"
#include "lib/sys/statedir.h"
#include "lib/tool.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define NEAR  "[memory near]\nmatch.serial = 0x10f\non_failure = rollback\n"
#define FAR   "[memory far]\nmatch.serial = 0xc100000000000007\n"
#define BLOCK (FAKECXL_WINDOW / FAKE_BLOCK_SIZE) /* the first of mem0 */
#define ALL   100000

struct attempt {
	struct fakesys *fs;
	struct mhp_policy *policy;
	struct mhp_result *result;
	unsigned nr_steps;
	unsigned nr_warnings;
	struct mhp_error err;
};

static void on_event(const struct mhp_event *event, void *data)
{
	struct attempt *a = data;

	a->nr_steps += event->type == MHP_EVENT_STEP_STARTED;
	a->nr_warnings += event->type == MHP_EVENT_WARNING;
}

static void attempt_end(struct attempt *a)
{
	mhp_result_free(a->result);
	mhp_policy_free(a->policy);
	fakesys_free(a->fs);
}

#define cleanup_attempt __attribute__((cleanup(attempt_end)))

static void declare(struct attempt *a, const char *text)
{
	mhp_policy_free(a->policy);
	assert_int_equal(mhp_policy_parse(text, "x.conf", &a->policy, NULL), 0);
	assert_int_equal(mhp_policy_check(a->policy, NULL), 0);
}

/* Begins on two bare cards; the first block of the near one refuses to come online. */
static void attempt_begin(struct attempt *a, const char *text)
{
	fakeclock_start();
	a->fs = fakesys_new();
	assert_int_equal(fakecxl_bus(a->fs->tree.fd), 0);
	fakesys_answer_block(a->fs, ALL, BLOCK, "online_movable", "errno 1");
	declare(a, text);
}

static void run_with(struct attempt *a, const struct mhp_run_options *options)
{
	mhp_result_free(a->result);
	a->result = NULL;
	a->nr_steps = a->nr_warnings = 0;
	a->err = (struct mhp_error){ 0 };
	if (mhp_policy_run(a->fs->ctx, a->policy, MHP_CONSENT_ALL, options, &a->result, &a->err))
		fail_msg("refused: %s", a->err.message);
	fakesys_check_settings(a->fs);
}

static void run_by_event(struct attempt *a)
{
	const struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .skip_failed = true, .event = on_event,
				     .data = a);

	run_with(a, &options);
}

static void run_by_hand(struct attempt *a)
{
	const struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = on_event, .data = a);

	run_with(a, &options);
}

static enum mhp_status status_of(const struct attempt *a, size_t section)
{
	return mhp_result_section(a->result, section)->status;
}

static void check_tried(const struct attempt *a)
{
	assert_int_equal(status_of(a, 0), MHP_STATUS_ROLLED_BACK);
	assert_true(a->nr_steps);
}

static void check_held(const struct attempt *a)
{
	const struct mhp_failure *failure = mhp_result_failure(a->result, 0);

	assert_int_equal(status_of(a, 0), MHP_STATUS_NOT_TRIED);
	assert_int_equal(a->nr_steps, 0);
	assert_int_equal(a->result->nr_failures, 1);
	assert_string_equal(failure->section, "near");
	assert_non_null(strstr(failure->error.message, "not tried again"));
	assert_non_null(strstr(failure->error.message, "memory4242"));
	assert_string_equal(failure->error.hint, "mhpctl apply tries it again");
	assert_int_not_equal(a->result->exit_code, 0);
	assert_false(a->result->has_changes);
}

static void not_again_for_what_it_made_itself(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR);
	run_by_event(&a);
	check_tried(&a);
	for (int i = 0; i < 3; i++) {
		run_by_event(&a);
		check_held(&a);
	}
	run_by_hand(&a);
	check_tried(&a);
}

static void again_once_the_cause_is_gone(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR);
	run_by_event(&a);
	run_by_event(&a);
	check_held(&a);
	fakesys_answer_block(a.fs, ALL, BLOCK, "online_movable", "did 0");
	run_by_hand(&a);
	assert_int_equal(status_of(&a, 0), MHP_STATUS_OK);
	assert_string_equal(fakesys_get(a.fs, STATE_POLICY_FAILED), "");
	run_by_event(&a);
	assert_int_equal(status_of(&a, 0), MHP_STATUS_OK);
}

static void again_when_a_card_comes_or_goes(void **state)
{
	const struct fakecxl_card card = {
		.number = 2, .serial = 5, .bridge = 12, .bytes = GIB, .nr_decoders = 1
	};
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR);
	run_by_event(&a);
	assert_int_equal(fakecxl_add_card(a.fs->tree.fd, &card), 0);
	run_by_event(&a);
	check_tried(&a);
	run_by_event(&a);
	check_held(&a);
	assert_int_equal(fakecxl_pull_card(a.fs->tree.fd, "mem1"), 0);
	run_by_event(&a);
	check_tried(&a);
}

static void again_when_the_policy_changes(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR);
	run_by_event(&a);
	declare(&a, NEAR "size = 512M\n");
	run_by_event(&a);
	check_tried(&a);
	run_by_event(&a);
	check_held(&a);
}

/* The other section changes the devices once, so this one is tried again once. */
static void other_sections_go_on(void **state)
{
	cleanup_attempt struct attempt a = { 0 };
	unsigned tries = 0;

	(void)state;
	attempt_begin(&a, NEAR FAR);
	for (int i = 0; i < 5; i++) {
		run_by_event(&a);
		tries += status_of(&a, 0) != MHP_STATUS_NOT_TRIED;
		assert_int_equal(status_of(&a, 1), MHP_STATUS_OK);
	}
	assert_int_equal(tries, 2);
	check_held(&a);
}

/* Without a device of its own it starts no run, so nothing keeps it from being tried again. */
static void again_if_nothing_was_made(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	fakeclock_start();
	a.fs = fakesys_new();
	fakesys_dax0(a.fs, "device_dax");
	fakesys_answer_block(a.fs, ALL, FIRST_BLOCK, "online_movable", "errno 1");
	declare(&a, "[memory zero]\nmatch.device = dax0.0\non_failure = rollback\n");
	run_by_event(&a);
	check_tried(&a);
	run_by_event(&a);
	check_tried(&a);
	assert_string_equal(fakesys_get(a.fs, STATE_POLICY_FAILED), "");
}

/* An empty region gets a namespace, whose device does not become memory. */
static void not_again_for_a_namespace(void **state)
{
	const struct mhp_region region = fakesys_region0();
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	fakeclock_start();
	a.fs = fakesys_new();
	fakesys_region(a.fs, &region);
	fakesys_answer_block(a.fs, ALL, FIRST_BLOCK, "online_movable", "errno 1");
	declare(&a, "[memory near]\nmatch.region = region0\non_failure = rollback\n");
	run_by_event(&a);
	check_tried(&a);
	run_by_event(&a);
	assert_int_equal(status_of(&a, 0), MHP_STATUS_NOT_TRIED);
	assert_int_equal(a.nr_steps, 0);
}

static void damaged_records_hold_nothing(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR);
	run_by_event(&a);
	assert_int_equal(statedir_write(&a.fs->ctx->sys, STATE_POLICY_FAILED, false,
					"zz near kernel x\n1 near\n\n12 near nonsense y", 0644),
			 0);
	run_by_event(&a);
	check_tried(&a);
	assert_int_equal(a.nr_warnings, 0);
	run_by_event(&a);
	check_held(&a);
}

UNIT_TESTS(cmocka_unit_test(not_again_for_what_it_made_itself),
	   cmocka_unit_test(again_once_the_cause_is_gone),
	   cmocka_unit_test(again_when_a_card_comes_or_goes),
	   cmocka_unit_test(again_when_the_policy_changes), cmocka_unit_test(other_sections_go_on),
	   cmocka_unit_test(again_if_nothing_was_made), cmocka_unit_test(not_again_for_a_namespace),
	   cmocka_unit_test(damaged_records_hold_nothing))
