/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/arena.h"
#include "tests/unit/fake/unit.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool has_no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return has_no_memory ? NULL : __real_malloc(size);
}

static void objects_are_zero_and_stay(void **state)
{
	cleanup_arena struct arena arena = { NULL };
	uint64_t *numbers[5000];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		numbers[i] = arena_alloc(&arena, (1 + i % 7) * sizeof(uint64_t));
		assert_non_null(numbers[i]);
		assert_int_equal((uintptr_t)numbers[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k <= i % 7; k++) {
			assert_true(numbers[i][k] == 0);
			numbers[i][k] = i + 1;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (size_t k = 0; k <= i % 7; k++)
			assert_true(numbers[i][k] == i + 1);
}

static void any_size(void **state)
{
	cleanup_arena struct arena arena = { NULL };
	char *large = arena_alloc(&arena, 1 << 20);

	assert_non_null(large);
	memset(large, 1, 1 << 20);
	assert_string_equal(arena_text(&arena, ""), "");
	assert_string_equal(arena_text(&arena, "dax0.0"), "dax0.0");
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - alignof(max_align_t)));
	arena_free(&arena);
	assert_non_null(arena_alloc(&arena, 1)); /* it can be used again */
}

static void memory_is_short(void **state)
{
	cleanup_arena struct arena arena = { NULL };
	char *text = arena_text(&arena, "here");
	size_t nr = 0;

	has_no_memory = true;
	while (arena_alloc(&arena, 64))
		nr++;
	has_no_memory = false;
	assert_true(nr > 0);
	assert_string_equal(text, "here");
	assert_non_null(arena_alloc(&arena, 64));
}

UNIT_TESTS(cmocka_unit_test(objects_are_zero_and_stay), cmocka_unit_test(any_size),
	   cmocka_unit_test(memory_is_short))
