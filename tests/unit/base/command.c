/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of hooks. */
#include "lib/base/command.h"
#include "lib/base/error.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <string.h>

static void words(void **state)
{
	struct command command;

	assert_int_equal(command_parse("  /usr/sbin/drain\t--node  3=a&b ", &command, NULL), 0);
	assert_int_equal(command.nr, 3);
	assert_string_equal(command.words[0], "/usr/sbin/drain");
	assert_string_equal(command.words[1], "--node");
	assert_string_equal(command.words[2], "3=a&b");
	assert_null(command.words[3]);
}

static void check_wrong(const char *text, const char *why)
{
	struct mhp_error err = { 0 };
	struct command command;

	assert_int_equal(command_parse(text, &command, &err), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	if (!strstr(err.message, why))
		fail_msg("\"%s\": %s", text, err.message);
	assert_true(*err.hint);
}

static void what_is_not_a_command(void **state)
{
	check_wrong("", "empty");
	check_wrong(" \t ", "empty");
	check_wrong("drain", "not absolute");
	check_wrong("./drain /bin/sh", "not absolute");
	check_wrong("/bin/sh -c \"exit 1\"", "quotes");
	check_wrong("/bin/sh -c 'exit", "quotes");
	check_wrong("/bin/a\\ b", "backslashes");
	check_wrong("/bin/a && /bin/b", "operators");
	check_wrong("/bin/a > /dev/null", "operators");
	check_wrong("/bin/a\nb", "control");
	check_wrong("/bin/a\177", "control");
}

static void limits(void **state)
{
	char text[2 * COMMAND_TEXT_MAX] = "/a";
	struct command command;

	for (size_t i = 1; i < COMMAND_WORDS_MAX; i++)
		strcat(text, " b");
	assert_int_equal(command_parse(text, &command, NULL), 0);
	assert_int_equal(command.nr, COMMAND_WORDS_MAX);
	assert_null(command.words[COMMAND_WORDS_MAX]);
	strcat(text, " b");
	check_wrong(text, "too many");
	memset(text, 'x', COMMAND_TEXT_MAX - 1);
	text[0] = '/';
	text[COMMAND_TEXT_MAX - 1] = '\0';
	assert_int_equal(command_parse(text, &command, NULL), 0);
	strcat(text, "x");
	check_wrong(text, "too long");
}

UNIT_TESTS(cmocka_unit_test(words), cmocka_unit_test(what_is_not_a_command),
	   cmocka_unit_test(limits))
