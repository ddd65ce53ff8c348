/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files, line by line. */
#include "lib/sys/ini.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int add_item(void *data, const struct ini_item *item)
{
	char *text = data;
	size_t len = strlen(text);

	if (item->wrong)
		snprintf(text + len, 1024 - len, "%u %s\n", item->line, item->wrong);
	else if (item->key)
		snprintf(text + len, 1024 - len, "%u [%s] %s=%s\n", item->line, item->section,
			 item->key, item->value);
	else
		snprintf(text + len, 1024 - len, "%u [%s]\n", item->line, item->section);
	return 0;
}

static void check(const char *ini, const char *expected)
{
	char text[1024] = "";

	assert_int_equal(ini_read(ini, add_item, text), 0);
	assert_string_equal(text, expected);
}

static void keys_have_values(void **state)
{
	check("a=1\n b = 2 \r\nc: 3=4\nd=\ne = x y", "1 [] a=1\n2 [] b=2\n3 [] c=3=4\n4 [] d=\n"
						     "5 [] e=x y\n");
	check("\xef\xbb\xbf"
	      "a=1",
	      "1 [] a=1\n");
}

static void headings_stand_for_themselves(void **state)
{
	check("[one]\n[two] ; why\na=1\n[two]\n", "1 [one]\n2 [two]\n3 [two] a=1\n4 [two]\n");
	check("[one\na=1\n[two] three\n", "1 the heading has no \"]\"\n"
					  "3 text follows the \"]\" of the heading\n");
}

static void comments_are_left_out(void **state)
{
	check("# a=1\n; b=2\nc=3 ; four\nd=4;5\ne=#6\nf=;7\ng= ;8\n",
	      "3 [] c=3\n4 [] d=4;5\n5 [] e=#6\n6 [] f=;7\n7 [] g=\n");
	check("a ; = 1\n", "1 this is neither KEY = VALUE nor a [SECTION]\n");
}

static void mistakes_have_their_line(void **state)
{
	char line[300] = "a=";

	check("\n\nnonsense\n", "3 this is neither KEY = VALUE nor a [SECTION]\n");
	check(" = 1\n", "1 the key before the \"=\" is missing\n");
	check("a=1\n  more\n", "1 [] a=1\n2 this is neither KEY = VALUE nor a [SECTION]\n");
	memset(line + 2, 'x', 197);
	check(line, "1 the line is too long\n");
	line[198] = '\0';
	assert_int_equal(strlen(line), 198);
	assert_int_equal(ini_read(line, add_item, (char[1024]){ "" }), 0);
}

static int refuse(void *data, const struct ini_item *item)
{
	(*(int *)data)++;
	return -E2BIG;
}

static void a_refusal_ends_it(void **state)
{
	int calls = 0;

	assert_int_equal(ini_read("a=1\nb=2\n", refuse, &calls), -E2BIG);
	assert_int_equal(calls, 1);
}

UNIT_TESTS(cmocka_unit_test(keys_have_values), cmocka_unit_test(headings_stand_for_themselves),
	   cmocka_unit_test(comments_are_left_out), cmocka_unit_test(mistakes_have_their_line),
	   cmocka_unit_test(a_refusal_ends_it))
