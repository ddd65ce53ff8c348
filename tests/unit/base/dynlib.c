/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading a library: what is missing, and what there was no memory or file for. */
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <sys/resource.h>

struct libz {
	const char *(*zlibVersion)(void);
};

static const struct dynlib_function functions[] = { { "zlibVersion",
						      offsetof(struct libz, zlibVersion) } };

static int load(const char *file, struct libz *lib)
{
	return dynlib_load(file, functions, ARRAY_SIZE(functions), lib);
}

static void a_library(void **state)
{
	struct libz lib;

	(void)state;
	assert_int_equal(load("libz.so.1", &lib), 0);
	assert_non_null(lib.zlibVersion());
}

static void one_that_is_missing(void **state)
{
	const struct dynlib_function none = { "mhp_no_such_function", 0 };
	struct libz lib;

	(void)state;
	assert_int_equal(load("libmhp-missing.so.9", &lib), -EOPNOTSUPP);
	assert_int_equal(dynlib_load("libz.so.1", &none, 1, &lib), -EOPNOTSUPP);
}

/* The lack of a descriptor does not look like a library that is not installed. */
static void no_file_can_be_opened(void **state)
{
	struct rlimit old, none;
	struct libz lib;
	int rc;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = load("libblkid.so.1", &lib);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(rc, -EMFILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library),
		cmocka_unit_test(one_that_is_missing),
		cmocka_unit_test(no_file_can_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
