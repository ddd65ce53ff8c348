/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/utf8.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/unit.h"

static void check(const char *text, size_t len, uint32_t code)
{
	uint32_t got;

	assert_int_equal(utf8_decode((const unsigned char *)text, &got), len);
	if (len)
		assert_int_equal(got, code);
}

static void characters_of_each_length(void **state)
{
	check("", 1, 0);
	check("a", 1, 'a');
	check("\x7f", 1, 0x7f);
	check("\xc2\x80", 2, 0x80);
	check("\xdf\xbf", 2, 0x7ff);
	check("\xe0\xa0\x80", 3, 0x800);
	check("\xed\x9f\xbf", 3, 0xd7ff);
	check("\xee\x80\x80", 3, 0xe000);
	check("\xf0\x90\x80\x80", 4, 0x10000);
	check("\xf4\x8f\xbf\xbf", 4, 0x10ffff);
}

static void what_is_no_character(void **state)
{
	static const char *const texts[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2z",
		"\xe0\x9f\xbf",
		"\xe2\x82",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x90",
		"\xf0\x90\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check(texts[i], 0, 0);
}

UNIT_TESTS(cmocka_unit_test(characters_of_each_length), cmocka_unit_test(what_is_no_character))
