/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/memstream.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

/* ASan calls this: its allocator must return NULL instead of ending the program. */
const char *__asan_default_options(void) __attribute__((visibility("default")));

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void it_keeps_what_is_printed(void **state)
{
	struct memstream m;
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	for (int i = 0; i < 10000; i++)
		fprintf(m.file, "%04d\n", i);
	text = memstream_end(&m);
	assert_non_null(text);
	assert_int_equal(strlen(text), 50000);
	assert_memory_equal(text, "0000\n0001\n", 10);
	assert_string_equal(text + 49995, "9999\n");
}

static void nothing_printed_is_an_empty_text(void **state)
{
	struct memstream m;
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	text = memstream_end(&m);
	assert_non_null(text);
	assert_string_equal(text, "");
	assert_null(memstream_end(&m));
}

/* A write too large for memory fails the stream, even if later small writes would fit. */
static void a_hole_makes_no_text(void **state)
{
	struct memstream m;
	char piece[2000];

	(void)state;
	memset(piece, 'x', sizeof(piece));
	assert_int_equal(memstream_open(&m), 0);
	fputs("begin", m.file);
	m.text.size = SIZE_MAX / 2; /* realloc() to twice the size must fail */
	m.text.len = m.text.size - 10;
	fwrite(piece, 1, sizeof(piece), m.file);
	fflush(m.file);
	assert_true(m.failed);
	m.text.len = m.text.size = 0;
	clearerr(m.file);
	fputs("end", m.file);
	assert_null(memstream_end(&m));
	assert_null(m.text.data);
}

static void room_is_there_before_it_is_used(void **state)
{
	struct memstream m;
	cleanup_free char *text = NULL;
	const char *reserved;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(memstream_reserve(&m, 16384), 0);
	assert_int_equal(memstream_reserve(&m, SIZE_MAX / 2), -ENOMEM);
	reserved = m.text.data;
	for (int i = 0; i < 1000; i++)
		fprintf(m.file, "%04d\n", i);
	text = memstream_end(&m);
	assert_ptr_equal(text, reserved);
}

UNIT_TESTS(cmocka_unit_test(it_keeps_what_is_printed),
	   cmocka_unit_test(nothing_printed_is_an_empty_text),
	   cmocka_unit_test(a_hole_makes_no_text),
	   cmocka_unit_test(room_is_there_before_it_is_used))
