/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sys/logical-line.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/unit.h"

#include <stdio.h>
#include <string.h>

static void check(const char *file_text, bool joins, const char *expected)
{
	const struct root root = { .root_fd = -1 };
	cleanup_logical_line struct logical_line line = { 0 };
	cleanup_fclose FILE *file = fmemopen((void *)file_text, strlen(file_text), "r");
	char got[256] = "";
	size_t len = 0;

	while (logical_line_next(&root, file, "#", joins, &line) > 0)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%u%s%s|", line.nr,
					line.is_comment ? "!" : ":", line.text);
	assert_string_equal(got, expected);
}

static void lines_go_on(void **state)
{
	check("a\nb\\\nc\\\n d\ne", true, "1:a|3:bc d|1:e|");
	check("a\\\n\nb\n", true, "2:a|1:b|");
	check("a\\", true, "1:a|");
	check("\n\n", true, "1:|1:|");
	check("a\\\nb\n", false, "1:a\\|1:b|");
}

static void comments_do_not(void **state)
{
	check("# a\\\nb\n", true, "1!# a\\|1:b|");
	check("a\\\n # no\\\nb\n", true, "3:ab|");
	check(" ; a\n", true, "1: ; a|");
}

UNIT_TESTS(cmocka_unit_test(lines_go_on), cmocka_unit_test(comments_do_not))
