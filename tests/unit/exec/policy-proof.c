/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of an earlier section is checked again after the last section. */
#include "tests/unit/fake/trial.h"

#include <string.h>

#define POLICY                                  \
	"[memory one]\nmatch.device = dax1.0\n" \
	"[memory zero]\nmatch.device = dax0.0\n"

static struct mhp_result *apply(struct fakesys *fs)
{
	const struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000);
	struct mhp_policy *policy = NULL;
	struct mhp_result *result = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_policy_parse(POLICY, "x.conf", &policy, NULL), 0);
	if (mhp_policy_run(fs->ctx, policy, 0, &options, &result, &err) < 0)
		fail_msg("%s", err.message);
	mhp_policy_free(policy);
	return result;
}

static void an_earlier_section_that_was_undone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_result *result;

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "online_movable", "then 50 offline Movable");
	result = apply(fs);
	assert_int_equal(result->exit_code, 64);
	assert_int_equal(mhp_result_section(result, 0)->status, MHP_STATUS_FAILED);
	assert_int_equal(mhp_result_section(result, 1)->status, MHP_STATUS_OK);
	assert_int_equal(result->nr_failures, 1);
	assert_int_equal(mhp_result_failure(result, 0)->error.reason, MHP_REASON_WENT_AWAY);
	assert_string_equal(mhp_result_failure(result, 0)->section, "one");
	assert_non_null(strstr(mhp_result_failure(result, 0)->error.message, "memory50"));
	mhp_result_free(result);
}

static void sections_that_stay(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_result *result;

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	result = apply(fs);
	assert_int_equal(result->exit_code, 0);
	assert_int_equal(result->nr_failures, 0);
	mhp_result_free(result);
}

UNIT_TESTS(cmocka_unit_test(an_earlier_section_that_was_undone),
	   cmocka_unit_test(sections_that_stay))
