/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, sizes and times as people type them. */
#include "lib/base/parse.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define UNTOUCHED 0x5555aaaa5555aaaaULL

struct number {
	const char *text;
	int rc;
	uint64_t value;
};

typedef int (*parse_fn)(const char *text, uint64_t *value);

static void check_all(const struct number *numbers, size_t nr, parse_fn parse)
{
	for (size_t i = 0; i < nr; i++) {
		const struct number *n = &numbers[i];
		uint64_t value = UNTOUCHED, want = n->rc ? UNTOUCHED : n->value;
		int rc = parse(n->text, &value);

		if (rc != n->rc || value != want)
			fail_msg("\"%s\" gives %d and %" PRIu64 ", not %d and %" PRIu64, n->text,
				 rc, value, n->rc, want);
	}
}

static int decimal(const char *text, uint64_t *value)
{
	return parse_u64(text, 10, value);
}

static int hexadecimal(const char *text, uint64_t *value)
{
	return parse_u64(text, 16, value);
}

static int size(const char *text, uint64_t *value)
{
	return parse_size(text, value, NULL);
}

static int msec(const char *text, uint64_t *value)
{
	return parse_msec(text, value, NULL);
}

static void decimal_numbers(void **state)
{
	static const struct number numbers[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551625", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "000000000000000000000000000000001", 0, 1 },
		{ "", -EINVAL, 0 },
		{ " 7", -EINVAL, 0 },
		{ "7 ", -EINVAL, 0 },
		{ "+7", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "-0", -EINVAL, 0 },
		{ "7\n", -EINVAL, 0 },
		{ "0x7", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "7a", -EINVAL, 0 },
		{ "7.0", -EINVAL, 0 },
		{ "\xd9\xa7", -EINVAL, 0 }, /* a digit, but not ASCII */
	};

	check_all(numbers, ARRAY_SIZE(numbers), decimal);
}

static void hexadecimal_numbers(void **state)
{
	static const struct number numbers[] = {
		{ "8000000", 0, 0x8000000 },
		{ "0000002a", 0, 42 },
		{ "dEaDbEeF", 0, 0xdeadbeef },
		{ "ffffffffffffffff", 0, UINT64_MAX },
		{ "10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x1f", -EINVAL, 0 },
		{ "1g", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
	};
	static const struct number prefixed[] = {
		{ "0x1f", 0, 0x1f },
		{ "0X1F", 0, 0x1f },
		{ "0x0", 0, 0 },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "0x", -EINVAL, 0 },
		{ "1f", -EINVAL, 0 },
		{ "0", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ " 0x1f", -EINVAL, 0 },
		{ "0x 1f", -EINVAL, 0 },
		{ "0x-1", -EINVAL, 0 },
		{ "0x0x1", -EINVAL, 0 },
	};

	check_all(numbers, ARRAY_SIZE(numbers), hexadecimal);
	check_all(prefixed, ARRAY_SIZE(prefixed), parse_hex);
}

static void part_of_a_text(void **state)
{
	uint64_t value = 0;

	assert_int_equal(parse_u64_n("123456", 3, 10, &value), 0);
	assert_int_equal(value, 123);
	assert_int_equal(parse_u64_n("123456", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_u64_n("12-34", 3, 10, &value), -EINVAL);
	assert_int_equal(value, 123);
}

static void good_sizes(void **state)
{
	static const struct number sizes[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "4096B", 0, 4096 },
		{ "1K", 0, 1ULL << 10 },
		{ "16M", 0, 16ULL << 20 },
		{ "16m", 0, 16ULL << 20 },
		{ "2GiB", 0, 2ULL << 30 },
		{ "2gib", 0, 2ULL << 30 },
		{ "3T", 0, 3ULL << 40 },
		{ "1PiB", 0, 1ULL << 50 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "16383P", 0, 16383ULL << 50 },
	};

	check_all(sizes, ARRAY_SIZE(sizes), size);
}

static void bad_sizes(void **state)
{
	static const struct number sizes[] = {
		{ "", -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ "3G5", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "1 G", -EINVAL, 0 },
		{ " 1G", -EINVAL, 0 },
		{ "1G ", -EINVAL, 0 },
		{ "G", -EINVAL, 0 },
		{ "1GB", -EINVAL, 0 }, /* 10^9 or 2^30? */
		{ "1GiBi", -EINVAL, 0 },
		{ "1iB", -EINVAL, 0 },
		{ "1E", -EINVAL, 0 },
		{ "1KK", -EINVAL, 0 },
		{ "0x1000", -EINVAL, 0 },
		{ "1e9", -EINVAL, 0 },
		{ "1,000", -EINVAL, 0 },
		{ "all", -EINVAL, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551615K", -ERANGE, 0 },
		{ "16384P", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 },
		{ "17179869184GiB", -ERANGE, 0 },
		{ "99999999999999999999P", -ERANGE, 0 },
	};

	check_all(sizes, ARRAY_SIZE(sizes), size);
}

static void good_times(void **state)
{
	static const struct number times[] = {
		{ "0", 0, 0 },
		{ "30", 0, 30000 },
		{ "30s", 0, 30000 },
		{ "30sec", 0, 30000 },
		{ "500ms", 0, 500 },
		{ "500MS", 0, 500 },
		{ "2m", 0, 120000 },
		{ "2min", 0, 120000 },
		{ "1.5min", 0, 90000 },
		{ "1h", 0, 3600000 },
		{ "0.25h", 0, 900000 },
		{ "1.5", 0, 1500 },
		{ "0.001", 0, 1 },
		{ "0.5s", 0, 500 },
		{ "1.000000s", 0, 1000 },
		{ "1.0000001s", 0, 1000 },
		{ "0.1234567890123456789012345s", 0, 123 },
		{ "0.999999999s", 0, 999 },
		{ "18446744073709551615ms", 0, UINT64_MAX },
		{ "18446744073709551.615s", 0, UINT64_MAX },
	};

	check_all(times, ARRAY_SIZE(times), msec);
}

static void bad_times(void **state)
{
	static const struct number times[] = {
		{ "", -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ "1.5.5s", -EINVAL, 0 },
		{ "1,5s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1s ", -EINVAL, 0 },
		{ "1s1", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "1us", -EINVAL, 0 },
		{ "for ever", -EINVAL, 0 },
		{ "infinity", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "18446744073709551616ms", -ERANGE, 0 },
		{ "18446744073709552s", -ERANGE, 0 },
		{ "18446744073709551615h", -ERANGE, 0 },
	};

	check_all(times, ARRAY_SIZE(times), msec);
}

/* The integer part just fits; adding the fraction must not wrap around to a small number. */
static void a_fraction_that_does_not_fit(void **state)
{
	static const struct number times[] = {
		{ "18446744073709551.616s", -ERANGE, 0 },
		{ "18446744073709551.9s", -ERANGE, 0 },
		{ "5124095576030.9h", -ERANGE, 0 },
	};

	check_all(times, ARRAY_SIZE(times), msec);
}

/* 0 means no limit, so a very short time must not be rounded down to it. */
static void a_time_above_zero_is_not_for_ever(void **state)
{
	static const struct number times[] = {
		{ "0.5ms", 0, 1 },	{ "0.0004s", 0, 1 }, { "0.0000001s", 0, 1 },
		{ "0.0000001h", 0, 1 }, { "0.000", 0, 0 },   { "0.0ms", 0, 0 },
	};

	check_all(times, ARRAY_SIZE(times), msec);
}

static void errors_show_what_was_typed(void **state)
{
	struct mhp_error err = { 0 };
	uint64_t value;

	assert_int_equal(parse_size("3G5", &value, &err), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_int_equal(err.errnum, EINVAL);
	assert_string_equal(err.message, "\"3G5\" is not a size");
	assert_non_null(strstr(err.hint, "2GiB"));
	assert_int_equal(parse_size("\033[2J", &value, &err), -EINVAL);
	assert_string_equal(err.message, "\"\\x1b[2J\" is not a size");
	assert_int_equal(parse_size("99999999999999999999", &value, &err), -ERANGE);
	assert_string_equal(err.message, "size \"99999999999999999999\" is too large");
	assert_int_equal(parse_msec("soon", &value, &err), -EINVAL);
	assert_string_equal(err.message, "\"soon\" is not a time");
	assert_int_equal(parse_msec("99999999999999999999", &value, &err), -ERANGE);
	assert_string_equal(err.message, "time \"99999999999999999999\" is too long");
}

UNIT_TESTS(cmocka_unit_test(decimal_numbers), cmocka_unit_test(hexadecimal_numbers),
	   cmocka_unit_test(part_of_a_text), cmocka_unit_test(good_sizes),
	   cmocka_unit_test(bad_sizes), cmocka_unit_test(good_times), cmocka_unit_test(bad_times),
	   cmocka_unit_test(a_fraction_that_does_not_fit),
	   cmocka_unit_test(a_time_above_zero_is_not_for_ever),
	   cmocka_unit_test(errors_show_what_was_typed))
