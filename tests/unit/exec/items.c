/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accessors of the public header return the item at an index, and NULL after the last. */
#include "tests/unit/fake/unit.h"

#include "lib/libmhp.h"

#define CHECK_ITEMS(fn, whole, items)                                 \
	do {                                                          \
		for (size_t i = 0; i < ARRAY_SIZE(items); i++)        \
			assert_ptr_equal(fn(&(whole), i), &items[i]); \
		assert_null(fn(&(whole), ARRAY_SIZE(items)));         \
		assert_null(fn(&(whole), SIZE_MAX));                  \
	} while (0)

static void of_a_result(void **state)
{
	static const struct mhp_target_result targets[3];
	static const struct mhp_failure failures[2];
	static const struct mhp_section_result sections[1];
	const struct mhp_result result = {
		.targets = targets,
		.nr_targets = 3,
		.failures = failures,
		.nr_failures = 2,
		.sections = sections,
		.nr_sections = 1,
	};
	const struct mhp_result none = { .nr_targets = 0 };

	CHECK_ITEMS(mhp_result_target, result, targets);
	CHECK_ITEMS(mhp_result_failure, result, failures);
	CHECK_ITEMS(mhp_result_section, result, sections);
	assert_null(mhp_result_target(&none, 0));
	assert_null(mhp_result_failure(&none, 0));
	assert_null(mhp_result_section(&none, 0));
}

static void of_a_failure(void **state)
{
	static const struct mhp_page pages[2];
	static const struct mhp_owner owners[3];
	const struct mhp_failure failure = {
		.pages = pages,
		.nr_pages = 2,
		.owners = owners,
		.nr_owners = 3,
		.nr_hidden = 1,
	};

	CHECK_ITEMS(mhp_failure_page, failure, pages);
	CHECK_ITEMS(mhp_failure_owner, failure, owners);
	assert_ptr_equal(mhp_failure_hidden(&failure, 0), &failure.hidden[0]);
	assert_null(mhp_failure_hidden(&failure, 1));
}

static void of_an_event(void **state)
{
	static const struct mhp_event_part parts[2];
	const struct mhp_event event = { .parts = parts, .nr_parts = 2 };

	CHECK_ITEMS(mhp_event_part, event, parts);
}

static void of_a_check(void **state)
{
	static const struct mhp_block_check blocks[2];
	static const struct mhp_owner owners[2];
	static const struct mhp_destination destinations[3];
	static const struct mhp_huge_page huge_pages[1];
	const struct mhp_block_check block = { .owners = owners, .nr_owners = 2 };
	const struct mhp_check check = {
		.blocks = blocks,
		.nr_blocks = 2,
		.destinations = destinations,
		.nr_destinations = 3,
		.huge_pages = huge_pages,
		.nr_huge_pages = 1,
		.nr_hidden = 2,
	};

	CHECK_ITEMS(mhp_check_block, check, blocks);
	CHECK_ITEMS(mhp_check_destination, check, destinations);
	CHECK_ITEMS(mhp_check_huge_page, check, huge_pages);
	CHECK_ITEMS(mhp_block_check_owner, block, owners);
	assert_ptr_equal(mhp_check_hidden(&check, 1), &check.hidden[1]);
	assert_null(mhp_check_hidden(&check, 2));
}

static void of_a_report(void **state)
{
	static const struct mhp_finding findings[2];
	static const struct mhp_hidden hidden[1];
	const struct mhp_doctor_report report = {
		.findings = findings,
		.nr_findings = 2,
		.hidden = hidden,
		.nr_hidden = 1,
	};

	CHECK_ITEMS(mhp_doctor_report_finding, report, findings);
	CHECK_ITEMS(mhp_doctor_report_hidden, report, hidden);
}

static void of_a_section(void **state)
{
	static const struct mhp_policy_setting settings[2];
	const struct mhp_policy_section section = { .settings = settings, .nr_settings = 2 };

	CHECK_ITEMS(mhp_policy_section_setting, section, settings);
}

UNIT_TESTS(cmocka_unit_test(of_a_result), cmocka_unit_test(of_a_failure),
	   cmocka_unit_test(of_an_event), cmocka_unit_test(of_a_check),
	   cmocka_unit_test(of_a_report), cmocka_unit_test(of_a_section))
