/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs: cmocka with the headers that it forgets, and a main. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <unistd.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/libmhp.h"

/* A main that runs these tests, one cmocka_unit_test() each. */
#define UNIT_TESTS(...)                                            \
	int main(void)                                             \
	{                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ }; \
                                                                   \
		return cmocka_run_group_tests(tests, NULL, NULL);  \
	}

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* A page of the machine that the tests run on, for page tables; see also fakesys_new(). */
#define PAGE ((uint64_t)sysconf(_SC_PAGESIZE))
