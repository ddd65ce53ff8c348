/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Untrusted text for a terminal, and sizes for people. */
#include "lib/base/parse.h"
#include "tests/unit/fake/unit.h"

#include <string.h>

static void check_escaped(const char *text, const char *want)
{
	char buf[256];

	if (strcmp(text_escape(text, buf, sizeof(buf)), want) != 0)
		fail_msg("\"%s\", not \"%s\"", buf, want);
}

static void printable_text_stays(void **state)
{
	check_escaped("", "");
	check_escaped("fio", "fio");
	check_escaped(" a~b \\x1b ", " a~b \\x1b ");
	check_escaped("größe", "größe");
	check_escaped("記憶体 \xf0\x9f\x92\xbe", "記憶体 \xf0\x9f\x92\xbe");
	check_escaped("\xc2\xa0", "\xc2\xa0");		       /* first after the C1 controls */
	check_escaped("\xed\x9f\xbf", "\xed\x9f\xbf");	       /* last before the surrogates */
	check_escaped("\xee\x80\x80", "\xee\x80\x80");	       /* first after them */
	check_escaped("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"); /* U+10FFFF */
}

static void control_characters_show(void **state)
{
	check_escaped("\033[31mred", "\\x1b[31mred");
	check_escaped("a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd");
	check_escaped("\001\037\177", "\\x01\\x1f\\x7f");
	check_escaped("\xc2\x80", "\\xc2\\x80");
	check_escaped("\xc2\x9b"
		      "2J",
		      "\\xc2\\x9b2J"); /* CSI as one character */
	check_escaped("\xc2\x9f", "\\xc2\\x9f");
}

static void bytes_that_are_no_utf8_show(void **state)
{
	check_escaped("\x80", "\\x80");
	check_escaped("\xff\xfe", "\\xff\\xfe");
	check_escaped("\xc0\xaf", "\\xc0\\xaf"); /* overlong */
	check_escaped("\xc1\x81", "\\xc1\\x81");
	check_escaped("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	check_escaped("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	check_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
	check_escaped("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
	check_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	check_escaped("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
	check_escaped("\xc3(", "\\xc3(");
	check_escaped("\xe2\x82"
		      "a",
		      "\\xe2\\x82"
		      "a");
	check_escaped("\xf0\x9f\x92\xc3\xa4", "\\xf0\\x9f\\x92\xc3\xa4");
}

/* Text that ends within a character must not be read past its end. */
static void a_character_that_is_cut_shows(void **state)
{
	static const char *const cut[] = { "\xc3", "\xe2",     "\xe2\x82",
					   "\xf0", "\xf0\x9f", "\xf0\x9f\x92" };
	static const char *const want[] = { "\\xc3", "\\xe2",	   "\\xe2\\x82",
					    "\\xf0", "\\xf0\\x9f", "\\xf0\\x9f\\x92" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		/* on the heap, where a sanitizer detects reads past the end */
		cleanup_free char *text = strdup(cut[i]);

		assert_non_null(text);
		check_escaped(text, want[i]);
	}
}

/* All characters with the Unicode property Bidi_Control. */
static void bidirectional_controls_show(void **state)
{
	check_escaped("\xe2\x80\xaa", "\\xe2\\x80\\xaa"); /* U+202A */
	check_escaped("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* U+202E */
	check_escaped("\xe2\x81\xa6", "\\xe2\\x81\\xa6"); /* U+2066 */
	check_escaped("\xe2\x81\xa9", "\\xe2\\x81\\xa9"); /* U+2069 */
	check_escaped("\xe2\x80\x8e", "\\xe2\\x80\\x8e"); /* U+200E */
	check_escaped("\xe2\x80\x8f", "\\xe2\\x80\\x8f"); /* U+200F */
	check_escaped("\xd8\x9c", "\\xd8\\x9c");	  /* U+061C */
	check_escaped("\xe2\x80\x90\xe2\x81\xaa", "\xe2\x80\x90\xe2\x81\xaa");
}

static void check_cut(const char *text, size_t size, const char *want)
{
	char buf[32];

	memset(buf, 'X', sizeof(buf));
	text_escape(text, buf, size);
	assert_string_equal(buf, want);
	for (size_t i = size; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 'X');
}

static void what_does_not_fit_is_cut(void **state)
{
	check_cut("abc", 4, "abc");
	check_cut("abc", 3, "ab");
	check_cut("abc", 1, "");
	check_cut("ab\033", 7, "ab\\x1b");
	check_cut("ab\033", 6, "ab");
}

/* A cut character would put an unescaped byte on the terminal. */
static void a_character_is_not_cut_in_its_middle(void **state)
{
	check_cut("a\xc3\xa4", 4, "a\xc3\xa4");
	check_cut("a\xc3\xa4", 3, "a");
	check_cut("\xf0\x9f\x92\xbe", 5, "\xf0\x9f\x92\xbe");
	check_cut("\xf0\x9f\x92\xbe", 4, "");
	check_cut("\xf0\x9f\x92\xbe", 2, "");
}

static void check_size(uint64_t bytes, const char *want)
{
	char buf[32];

	assert_string_equal(format_size(bytes, buf, sizeof(buf)), want);
}

static void sizes_for_people(void **state)
{
	check_size(0, "0 B");
	check_size(1, "1 B");
	check_size(1023, "1023 B");
	check_size(1024, "1 KiB");
	check_size(1536, "1.50 KiB");
	check_size(128 * MIB, "128 MiB");
	check_size(1920 * MIB, "1.88 GiB");
	check_size(15 * GIB + GIB / 2, "15.5 GiB");
	check_size(1ULL << 40, "1 TiB");
	check_size(1ULL << 50, "1 PiB");
	check_size(1ULL << 63, "8 EiB");
	check_size(UINT64_MAX, "16 EiB");
}

static void a_size_is_cut_to_its_room(void **state)
{
	char buf[4] = "XXX";

	assert_string_equal(format_size(128 * MIB, buf, sizeof(buf)), "128");
}

static void check_word(uint64_t bytes, const char *want)
{
	char buf[32];
	uint64_t again;

	assert_string_equal(size_word(bytes, buf, sizeof(buf)), want);
	assert_int_equal(parse_size(buf, &again, NULL), 0);
	assert_true(again == bytes);
}

static void sizes_for_options(void **state)
{
	check_word(0, "0");
	check_word(1023, "1023");
	check_word(1024, "1K");
	check_word(4097, "4097");
	check_word(1536, "1536");
	check_word(128 * MIB, "128M");
	check_word(3 * GIB, "3G");
	check_word(1ULL << 40, "1T");
	check_word(1ULL << 50, "1P");
	check_word(1ULL << 60, "1024P"); /* options know no larger unit */
	check_word(UINT64_MAX, "18446744073709551615");
}

static void names_of_runs(void **state)
{
	char name[RUN_NAME_MAX];

	assert_string_equal(format_run("memory", 33, 47, name, sizeof(name)), "memory33-47");
	assert_string_equal(format_run("memory", 41, 41, name, sizeof(name)), "memory41");
	assert_string_equal(format_run("memory", UINT64_MAX - 1, UINT64_MAX, name, sizeof(name)),
			    "memory18446744073709551614-18446744073709551615");
}

UNIT_TESTS(cmocka_unit_test(names_of_runs), cmocka_unit_test(printable_text_stays),
	   cmocka_unit_test(control_characters_show), cmocka_unit_test(bytes_that_are_no_utf8_show),
	   cmocka_unit_test(a_character_that_is_cut_shows),
	   cmocka_unit_test(bidirectional_controls_show),
	   cmocka_unit_test(what_does_not_fit_is_cut),
	   cmocka_unit_test(a_character_is_not_cut_in_its_middle),
	   cmocka_unit_test(sizes_for_people), cmocka_unit_test(sizes_for_options),
	   cmocka_unit_test(a_size_is_cut_to_its_room))
