/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for CXL memory devices, run on a fake bus with two of them. */
#include "lib/base/error.h"
#include "lib/plan/policy/policy.h"
#include "lib/tool.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>

#define BOTH "[memory both]\nmatch.serial = 0x10f 0xc100000000000007\ninterleave = yes\n"
#define NEAR "[memory near]\nmatch.serial = 0x10f\n"
#define SLOT "[memory slot]\nmatch.path = */0000:0d:00.0/*\nsize = 512M\n"

struct attempt {
	struct fakesys *fs;
	struct mhp_policy *policy;
	struct mhp_result *result;
	char steps[1024]; /* "TYPE OBJECT" */
	struct mhp_error err;
};

static void on_event(const struct mhp_event *event, void *data)
{
	struct attempt *a = data;

	if (event->type == MHP_EVENT_STEP_STARTED)
		str_append(a->steps, "%s %s\n", mhp_step_type_name(event->step->type),
			   event->step->object);
}

static void attempt_end(struct attempt *a)
{
	mhp_result_free(a->result);
	mhp_policy_free(a->policy);
	fakesys_free(a->fs);
}

#define cleanup_attempt __attribute__((cleanup(attempt_end)))

static void attempt_begin(struct attempt *a, const char *text)
{
	fakeclock_start();
	a->fs = fakesys_new();
	assert_int_equal(fakecxl_bus(a->fs->tree.fd), 0);
	assert_int_equal(mhp_policy_parse(text, "x.conf", &a->policy, NULL), 0);
	assert_int_equal(mhp_policy_check(a->policy, NULL), 0);
}

static void attempt_run(struct attempt *a, enum mhp_status status)
{
	struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = on_event, .data = a);

	mhp_result_free(a->result);
	a->result = NULL;
	a->steps[0] = '\0';
	a->err = (struct mhp_error){ 0 };
	if (mhp_policy_run(a->fs->ctx, a->policy, MHP_CONSENT_ALL, &options, &a->result, &a->err))
		fail_msg("refused: %s", a->err.message);
	if (a->result->nr_failures && status == MHP_STATUS_OK)
		fail_msg("failed: %s", mhp_result_failure(a->result, 0)->error.message);
	assert_int_equal(a->result->status, status);
	fakesys_check_settings(a->fs);
}

/* Runs it again: all is as declared. */
static void check_done(struct attempt *a)
{
	attempt_run(a, MHP_STATUS_OK);
	assert_string_equal(a->steps, "");
	assert_false(a->result->has_changes);
}

/* Checks the blocks of a range of addresses. */
static void check_blocks(const struct attempt *a, uint64_t start, uint64_t bytes, const char *zone)
{
	uint64_t first = start / FAKE_BLOCK_SIZE;

	fakesys_check_blocks(a->fs, first, first + bytes / FAKE_BLOCK_SIZE - 1, "online", zone);
}

static void a_card_becomes_memory(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR "zone = kernel\n");
	attempt_run(&a, MHP_STATUS_OK);
	assert_string_equal(a.steps, "create_cxl_region decoder0.0\n"
				     "add_memdev mem0\n"
				     "commit_cxl_region region0\n"
				     "enable_cxl_region region0\n"
				     "set_mode dax0.0\n"
				     "online_block memory4242-4249\n");
	assert_int_equal(a.result->nr_targets, 1);
	assert_string_equal(mhp_result_target(a.result, 0)->target, "0x10f");
	check_blocks(&a, FAKECXL_WINDOW, GIB, "Normal");
	check_done(&a);
}

static void a_part_of_a_card_by_its_slot(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, SLOT);
	attempt_run(&a, MHP_STATUS_OK);
	check_blocks(&a, FAKECXL_WINDOW, 512 * MIB, "Movable");
	check_done(&a);
}

static void two_cards_become_one_region(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, BOTH);
	attempt_run(&a, MHP_STATUS_OK);
	assert_non_null(strstr(a.steps, "create_cxl_region decoder0.2\nadd_memdev mem0\n"
					"add_memdev mem1\n"));
	assert_int_equal(a.result->nr_targets, 2);
	check_done(&a);
}

static void a_card_for_applications(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR "mode = devdax\n");
	attempt_run(&a, MHP_STATUS_OK);
	assert_string_equal(fakesys_driver(a.fs, "dax0.0"), "device_dax");
	check_done(&a);
}

/* The region over the cards that are left is not the one that is declared. */
static void a_card_that_has_not_come(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, BOTH);
	assert_int_equal(fakecxl_pull_card(a.fs->tree.fd, "mem1"), 0);
	attempt_run(&a, MHP_STATUS_FAILED);
	assert_string_equal(a.steps, "");
	assert_int_equal(mhp_result_failure(a.result, 0)->error.reason, MHP_REASON_NO_SUCH_TARGET);
}

/* A card that was pulled out with its memory online: no section matches what is left. */
static void a_card_that_is_gone(void **state)
{
	cleanup_attempt struct attempt a = { 0 };

	(void)state;
	attempt_begin(&a, NEAR "[memory all]\nmatch.device = *\n");
	attempt_run(&a, MHP_STATUS_OK);
	assert_int_equal(fakecxl_pull_card(a.fs->tree.fd, "mem0"), 0);
	check_done(&a);
	check_blocks(&a, FAKECXL_WINDOW, GIB, "Movable");
}

UNIT_TESTS(cmocka_unit_test(a_card_becomes_memory), cmocka_unit_test(a_part_of_a_card_by_its_slot),
	   cmocka_unit_test(two_cards_become_one_region), cmocka_unit_test(a_card_for_applications),
	   cmocka_unit_test(a_card_that_has_not_come), cmocka_unit_test(a_card_that_is_gone))
