/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/idset.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

/* Checks the runs of a set, given as "3-5 9". */
static void check_runs(const struct idset *set, const char *want)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < set->nr; i++) {
		unsigned long long first = set->runs[i].first, last = set->runs[i].last;

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu", i ? " " : "",
					first);
		if (last != first)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "-%llu", last);
	}
	assert_string_equal(text, want);
}

static void add(struct idset *set, uint64_t first, uint64_t last, const char *want)
{
	assert_int_equal(idset_add(set, first, last), 0);
	check_runs(set, want);
}

static void runs_stay_apart_and_ascend(void **state)
{
	cleanup_idset struct idset set = { 0 };

	check_runs(&set, "");
	assert_int_equal(idset_count(&set), 0);
	add(&set, 10, 12, "10-12");
	add(&set, 20, 20, "10-12 20");
	add(&set, 1, 2, "1-2 10-12 20");
	add(&set, 5, 5, "1-2 5 10-12 20");
	assert_int_equal(idset_count(&set), 7);
}

static void what_touches_joins(void **state)
{
	cleanup_idset struct idset set = { 0 };

	add(&set, 10, 12, "10-12");
	add(&set, 13, 13, "10-13");
	add(&set, 9, 9, "9-13");
	add(&set, 15, 15, "9-13 15");
	add(&set, 14, 14, "9-15");
	add(&set, 0, 0, "0 9-15");
}

static void what_overlaps_joins(void **state)
{
	cleanup_idset struct idset set = { 0 };

	add(&set, 10, 19, "10-19");
	add(&set, 15, 16, "10-19");
	add(&set, 10, 19, "10-19");
	add(&set, 30, 39, "10-19 30-39");
	add(&set, 50, 59, "10-19 30-39 50-59");
	add(&set, 15, 52, "10-59");
	add(&set, 70, 70, "10-59 70");
	add(&set, 0, 100, "0-100");
	assert_int_equal(idset_count(&set), 101);
}

static void the_ends_of_all_numbers(void **state)
{
	cleanup_idset struct idset set = { 0 };

	add(&set, UINT64_MAX, UINT64_MAX, "18446744073709551615");
	add(&set, 0, 0, "0 18446744073709551615");
	assert_true(idset_has(&set, UINT64_MAX));
	assert_false(idset_has(&set, UINT64_MAX - 1));
	add(&set, 5, UINT64_MAX, "0 5-18446744073709551615");
	add(&set, 7, 7, "0 5-18446744073709551615");
	add(&set, 1, 4, "0-18446744073709551615");
}

static void membership(void **state)
{
	cleanup_idset struct idset set = { 0 };

	assert_false(idset_has(&set, 0));
	add(&set, 33, 47, "33-47");
	assert_false(idset_has(&set, 32));
	assert_true(idset_has(&set, 33));
	assert_true(idset_has(&set, 40));
	assert_true(idset_has(&set, 47));
	assert_false(idset_has(&set, 48));
}

/* Every other number, from the top: the largest number of runs, each inserted in front. */
static void many_runs(void **state)
{
	cleanup_idset struct idset set = { 0 };

	for (uint64_t id = 1000; id > 0; id -= 2)
		assert_int_equal(idset_add(&set, id, id), 0);
	assert_int_equal(set.nr, 500);
	assert_int_equal(idset_count(&set), 500);
	for (size_t i = 0; i < set.nr; i++)
		assert_int_equal(set.runs[i].first, 2 + 2 * i);
	for (uint64_t id = 1; id < 1000; id += 2)
		assert_int_equal(idset_add(&set, id, id), 0);
	check_runs(&set, "1-1000");
}

static void a_freed_set_is_empty(void **state)
{
	struct idset set = { 0 };

	add(&set, 1, 2, "1-2");
	idset_free(&set);
	check_runs(&set, "");
	assert_null(set.runs);
	idset_free(&set);
}

static void parsed(const char *text, const char *runs)
{
	cleanup_idset struct idset set = { 0 };

	assert_int_equal(idset_parse(&set, text), 0);
	check_runs(&set, runs);
}

static void lists_of_the_kernel(void **state)
{
	parsed("", "");
	parsed("0", "0");
	parsed("0-3", "0-3");
	parsed("0-3,8", "0-3 8");
	parsed("7-7,3,4-5", "3-5 7");
	parsed("0-3,2-9", "0-9");
	parsed("0-18446744073709551615", "0-18446744073709551615");
}

/* Ids in the set stay. */
static void a_list_is_added(void **state)
{
	cleanup_idset struct idset set = { 0 };

	add(&set, 1, 1, "1");
	assert_int_equal(idset_parse(&set, "2,5"), 0);
	check_runs(&set, "1-2 5");
}

static void lists_that_are_none(void **state)
{
	static const char *const texts[] = {
		"x",
		"-",
		"1-",
		"-1",
		"3-1",
		"1-2-3",
		",",
		",1",
		"1,,2",
		"1 2",
		"0x1",
		"1;2",
		"18446744073709551616",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_idset struct idset set = { 0 };

		if (idset_parse(&set, texts[i]) != -EINVAL)
			fail_msg("taken: \"%s\"", texts[i]);
	}
}

UNIT_TESTS(cmocka_unit_test(runs_stay_apart_and_ascend), cmocka_unit_test(what_touches_joins),
	   cmocka_unit_test(what_overlaps_joins), cmocka_unit_test(the_ends_of_all_numbers),
	   cmocka_unit_test(membership), cmocka_unit_test(many_runs),
	   cmocka_unit_test(a_freed_set_is_empty), cmocka_unit_test(lists_of_the_kernel),
	   cmocka_unit_test(a_list_is_added), cmocka_unit_test(lists_that_are_none))
