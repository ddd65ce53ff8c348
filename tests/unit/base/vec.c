/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/vec.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static bool has_no_memory;

void *__real_reallocarray(void *old, size_t nr, size_t size);
void *__wrap_reallocarray(void *old, size_t nr, size_t size);

void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	return has_no_memory ? NULL : __real_reallocarray(old, nr, size);
}

static void pushed_elements_are_zero(void **state)
{
	cleanup_free int *numbers = NULL;
	size_t nr = 0;

	for (int i = 0; i < 100; i++) {
		int *number = VEC_PUSH(numbers, nr);

		assert_ptr_equal(number, &numbers[i]);
		assert_int_equal(*number, 0);
		*number = i + 1;
	}
	assert_int_equal(nr, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(numbers[i], i + 1);
}

static void space_doubles(void **state)
{
	cleanup_free uint64_t *numbers = NULL;
	size_t space = 0;

	for (size_t nr = 0; nr < 100; nr++) {
		assert_int_equal(VEC_GROW(numbers, nr, space), 0);
		assert_true(space > nr);
		numbers[nr] = nr;
	}
	assert_int_equal(space, 128);
	assert_int_equal(numbers[99], 99);
}

static void space_is_reserved_once(void **state)
{
	cleanup_free uint64_t *numbers = NULL;
	uint64_t *before;
	size_t space = 0;

	assert_int_equal(VEC_RESERVE(numbers, 5, space), 0);
	assert_int_equal(space, 5);
	before = numbers;
	assert_int_equal(VEC_RESERVE(numbers, 4, space), 0);
	assert_int_equal(space, 5);
	assert_ptr_equal(numbers, before);
	numbers[4] = 1;
}

static void what_has_no_memory_stays_as_it_was(void **state)
{
	cleanup_free int *numbers = NULL;
	size_t nr = 0, space = 0;
	int *before;

	assert_non_null(VEC_PUSH(numbers, nr));
	before = numbers;
	has_no_memory = true;
	assert_null(VEC_PUSH(numbers, nr));
	assert_int_equal(VEC_GROW(numbers, nr, space), -ENOMEM);
	assert_int_equal(VEC_RESERVE(numbers, nr + 1, space), -ENOMEM);
	has_no_memory = false;
	assert_int_equal(nr, 1);
	assert_int_equal(space, 0);
	assert_ptr_equal(numbers, before);
}

UNIT_TESTS(cmocka_unit_test(pushed_elements_are_zero), cmocka_unit_test(space_doubles),
	   cmocka_unit_test(space_is_reserved_once),
	   cmocka_unit_test(what_has_no_memory_stays_as_it_was))
