/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accessors of the public header return the item at an index, and NULL after the last. */
#include "tests/unit/fake/unit.h"

#include "lib/libmhp.h"
#include "lib/model/block-more.h"

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

static void of_a_block(void **state)
{
	struct mhp_block_more more = { .nodes = { 1, 3 }, .node_bytes = { 5, 6 } };
	struct mhp_block block = { .nr_nodes = 2, .more = &more };
	const struct mhp_block_check check = { .nr_nodes = 2, .nodes = { 1, 3 } };

	block_add_valid_zone(&block, MHP_ZONE_NORMAL);
	block_add_valid_zone(&block, MHP_ZONE_MOVABLE);
	assert_int_equal(mhp_block_valid_zone(&block, 0), MHP_ZONE_NORMAL);
	assert_int_equal(mhp_block_valid_zone(&block, 1), MHP_ZONE_MOVABLE);
	assert_int_equal(mhp_block_valid_zone(&block, 2), MHP_ZONE_NONE);
	assert_true(mhp_block_node(&block, 0) == 1 && mhp_block_node(&block, 1) == 3);
	assert_int_equal(mhp_block_node(&block, 2), -1);
	assert_true(mhp_block_node_bytes(&block, 0) == 5 && mhp_block_node_bytes(&block, 1) == 6);
	assert_true(mhp_block_node_bytes(&block, 2) == 0);
	assert_int_equal(mhp_block_check_node(&check, 1), 3);
	assert_int_equal(mhp_block_check_node(&check, 2), -1);
	assert_int_equal(mhp_block_check_node(&check, SIZE_MAX), -1);
}

static void of_a_device(void **state)
{
	const struct mhp_region region = {
		.nr_aligns = 2,
		.aligns = { 4096, 2 << 20 },
		.serials = { .nr = 2, .numbers = { 7, 0 } },
	};
	const struct mhp_dax dax = { .nr_ranges = 2, .ranges = { { 0, 1 }, { 2, 3 } } };

	assert_true(mhp_region_align(&region, 1) == 2 << 20);
	assert_true(mhp_region_align(&region, 2) == 0);
	assert_true(mhp_serial(&region.serials, 0) == 7 && mhp_serial(&region.serials, 1) == 0);
	assert_true(mhp_serial(&region.serials, 2) == MHP_UNKNOWN);
	assert_ptr_equal(mhp_dax_range(&dax, 1), &dax.ranges[1]);
	assert_null(mhp_dax_range(&dax, 2));
	assert_null(mhp_dax_range(&dax, SIZE_MAX));
}

static void of_a_request(void **state)
{
	const char *const targets[] = { "region0", "region1" };
	const struct mhp_policy_job job = { .nr_targets = 2, .targets = targets };

	assert_string_equal(mhp_policy_job_target(&job, 1), "region1");
	assert_null(mhp_policy_job_target(&job, 2));
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

static void of_free_page_reporting(void **state)
{
	static const struct mhp_balloon balloons[2];
	static const struct mhp_reporting_zone zones[3];
	const struct mhp_reporting reporting = {
		.balloons = balloons,
		.nr_balloons = 2,
		.zones = zones,
		.nr_zones = 3,
		.nr_hidden = 1,
	};

	CHECK_ITEMS(mhp_reporting_balloon, reporting, balloons);
	CHECK_ITEMS(mhp_reporting_zone, reporting, zones);
	assert_ptr_equal(mhp_reporting_hidden(&reporting, 0), &reporting.hidden[0]);
	assert_null(mhp_reporting_hidden(&reporting, 1));
}

static void of_a_section(void **state)
{
	static const struct mhp_policy_setting settings[2];
	const struct mhp_policy_section section = { .settings = settings, .nr_settings = 2 };

	CHECK_ITEMS(mhp_policy_section_setting, section, settings);
}

UNIT_TESTS(cmocka_unit_test(of_a_result), cmocka_unit_test(of_a_failure),
	   cmocka_unit_test(of_an_event), cmocka_unit_test(of_a_check),
	   cmocka_unit_test(of_a_block), cmocka_unit_test(of_a_device),
	   cmocka_unit_test(of_a_request), cmocka_unit_test(of_a_report),
	   cmocka_unit_test(of_free_page_reporting), cmocka_unit_test(of_a_section))
