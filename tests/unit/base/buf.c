/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/buf.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

static void what_is_added_follows_what_was_there(void **state)
{
	cleanup_buf struct buf buf = { 0 };

	assert_int_equal(buf_add(&buf, "ab", 2), 0);
	assert_int_equal(buf_add(&buf, NULL, 0), 0);
	assert_int_equal(buf_add(&buf, "cde", 3), 0);
	assert_int_equal(buf.len, 5);
	assert_memory_equal(buf.data, "abcde", 5);
}

static void it_keeps_its_content_as_it_grows(void **state)
{
	cleanup_buf struct buf buf = { 0 };
	unsigned moves = 0;

	for (unsigned i = 0; i < 100000; i++) {
		size_t size = buf.size;

		assert_int_equal(buf_add(&buf, &i, sizeof(i)), 0);
		moves += buf.size != size;
	}
	assert_true(moves < 20);
	for (unsigned i = 0; i < 100000; i++)
		assert_memory_equal(buf.data + i * sizeof(i), &i, sizeof(i));
}

static void reserved_space_is_not_allocated_again(void **state)
{
	cleanup_buf struct buf buf = { 0 };
	const char *data;

	assert_int_equal(buf_reserve(&buf, 5000), 0);
	assert_int_equal(buf.len, 0);
	data = buf.data;
	memset(buf.data, 'x', 5000);
	buf.len = 4000;
	assert_int_equal(buf_reserve(&buf, 1000), 0);
	assert_ptr_equal(buf.data, data);
}

static void a_length_beyond_all_memory_is_refused(void **state)
{
	cleanup_buf struct buf buf = { 0 };

	assert_int_equal(buf_add(&buf, "ab", 2), 0);
	assert_int_equal(buf_reserve(&buf, SIZE_MAX), -ENOMEM);
	assert_int_equal(buf.len, 2);
	assert_memory_equal(buf.data, "ab", 2);
}

static void a_freed_buffer_can_be_used_again(void **state)
{
	cleanup_buf struct buf buf = { 0 };

	assert_int_equal(buf_add(&buf, "ab", 2), 0);
	buf_free(&buf);
	assert_null(buf.data);
	assert_int_equal(buf_add(&buf, "c", 1), 0);
	assert_int_equal(buf.len, 1);
	assert_memory_equal(buf.data, "c", 1);
}

UNIT_TESTS(cmocka_unit_test(what_is_added_follows_what_was_there),
	   cmocka_unit_test(it_keeps_its_content_as_it_grows),
	   cmocka_unit_test(reserved_space_is_not_allocated_again),
	   cmocka_unit_test(a_length_beyond_all_memory_is_refused),
	   cmocka_unit_test(a_freed_buffer_can_be_used_again))
