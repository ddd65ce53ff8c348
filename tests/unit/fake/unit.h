/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For every unit test: cmocka with the headers that it needs, and a main. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <unistd.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/libmhp.h"
#include "tests/unit/fake/fakeclock.h"

/* In place of assert_in_range(), which cmocka 2.0 deprecates. */
#define assert_between(value, low, high)        \
	do {                                    \
		assert_true((value) >= (low));  \
		assert_true((value) <= (high)); \
	} while (0)

/* Defines a main that runs these tests, one cmocka_unit_test() each, on the fake clock. */
#define UNIT_TESTS(...)                                            \
	int main(void)                                             \
	{                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ }; \
                                                                   \
		fakeclock_start();                                 \
		return cmocka_run_group_tests(tests, NULL, NULL);  \
	}

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* The page size of the host, for page tables; see also fakesys_new(). */
#define PAGE ((uint64_t)sysconf(_SC_PAGESIZE))
