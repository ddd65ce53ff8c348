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

static void room_doubles(void **state)
{
	cleanup_free uint64_t *numbers = NULL;
	size_t room = 0;

	for (size_t nr = 0; nr < 100; nr++) {
		assert_int_equal(VEC_ROOM(numbers, nr, room), 0);
		assert_true(room > nr);
		numbers[nr] = nr;
	}
	assert_int_equal(room, 128);
	assert_int_equal(numbers[99], 99);
}

static void what_has_no_memory_stays_as_it_was(void **state)
{
	cleanup_free int *numbers = NULL;
	size_t nr = 0, room = 0;
	int *before;

	assert_non_null(VEC_PUSH(numbers, nr));
	before = numbers;
	has_no_memory = true;
	assert_null(VEC_PUSH(numbers, nr));
	assert_int_equal(VEC_ROOM(numbers, nr, room), -ENOMEM);
	has_no_memory = false;
	assert_int_equal(nr, 1);
	assert_int_equal(room, 0);
	assert_ptr_equal(numbers, before);
}

UNIT_TESTS(cmocka_unit_test(pushed_elements_are_zero), cmocka_unit_test(room_doubles),
	   cmocka_unit_test(what_has_no_memory_stays_as_it_was))
