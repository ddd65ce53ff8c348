/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section [reporting] of a policy, carried out on a fake machine. */
#include "lib/plan/policy/policy.h"
#include "tests/unit/fake/fakereporting.h"

#include <errno.h>
#include <string.h>

#define BOTH "[reporting]\norder = 7\ndelay = 500ms\n"

static inline void result_freep(struct mhp_result **result)
{
	mhp_result_free(*result);
}

#define cleanup_result __attribute__((cleanup(result_freep)))

static struct fakesys *machine(bool has_delay)
{
	struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000001", "virtio_balloon");
	if (has_delay)
		fakesys_put(fs, FAKE_REPORTING_DELAY, "2000\n");
	return fs;
}

static struct mhp_result *apply(struct fakesys *fs, const char *text)
{
	const struct mhp_run_options options = { .size = sizeof(options), .timeout_ms = 5000 };
	cleanup_policy struct mhp_policy *policy = NULL;
	struct mhp_result *result = NULL;

	assert_int_equal(mhp_policy_parse(text, "x.conf", &policy, NULL), 0);
	assert_int_equal(mhp_policy_run(fs->ctx, policy, 0, &options, &result, NULL), 0);
	return result;
}

static void both_settings(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	cleanup_result struct mhp_result *result = apply(fs, BOTH), *again = NULL;

	assert_int_equal(result->status, MHP_STATUS_OK);
	assert_int_equal(result->exit_code, 0);
	assert_true(result->has_changes && result->nr_targets == 1 && result->nr_sections == 1);
	assert_string_equal(mhp_result_target(result, 0)->section, "[reporting]");
	assert_string_equal(mhp_result_section(result, 0)->file, "x.conf");
	assert_int_equal(mhp_result_section(result, 0)->nr_targets, 1);
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "7");
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_DELAY), "500");
	again = apply(fs, BOTH);
	assert_false(again->has_changes);
	assert_int_equal(again->status, MHP_STATUS_OK);
}

static void a_kernel_without_the_delay(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(false);
	cleanup_result struct mhp_result *result = apply(fs, BOTH);

	assert_int_equal(result->exit_code, MHP_EXIT_UNSUPPORTED);
	assert_false(result->has_changes);
	assert_int_equal(result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(result, 0)->section, "[reporting]");
	assert_int_equal(mhp_result_section(result, 0)->status,
			 mhp_result_target(result, 0)->status);
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "9");
}

/* A failure there does not keep the memory back, and the memory does not hide the failure. */
static void with_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(false);
	cleanup_result struct mhp_result *result = NULL;

	/* enough for its memmap */
	fakesys_put(
		fs, "proc/zoneinfo",
		"Node 0, zone Normal\n  pages free 4194304\n present 4194304\n managed 4194304\n");
	fakesys_dax0(fs, "device_dax");
	result = apply(fs, BOTH "[memory a]\nmatch.device = dax0.0\n");
	assert_int_equal(result->status, MHP_STATUS_PARTIAL);
	assert_int_equal(result->exit_code, MHP_EXIT_PARTIAL);
	assert_int_equal(result->nr_targets, 2);
	assert_int_equal(result->nr_sections, 2);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

UNIT_TESTS(cmocka_unit_test(both_settings), cmocka_unit_test(a_kernel_without_the_delay),
	   cmocka_unit_test(with_memory))
