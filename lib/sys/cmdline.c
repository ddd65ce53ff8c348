/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cmdline.h"
#include "lib/base/error.h"
#include "lib/sys/kernel.h"

#include <string.h>

int cmdline_read(const struct root *sys, char cmdline[CMDLINE_MAX])
{
	int len = root_read_text(sys, KERNEL_CMDLINE, cmdline, CMDLINE_MAX - 1);

	return len < 0 ? len : 0;
}

/* Compares a parameter's name; the kernel treats - and _ as the same there. */
static bool is_parameter(const char *word, const char *key)
{
	for (; *key; key++, word++)
		if (*word != *key && !(*word == '-' && *key == '_'))
			return false;
	return *word == '=';
}

static size_t smaller_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

void cmdline_value(const char *cmdline, const char *key, char *value, size_t size)
{
	size_t len;

	for (const char *word = cmdline + strspn(cmdline, " \n"); *word;
	     word += strspn(word, " \n")) {
		len = strcspn(word, " \n");
		if (is_parameter(word, key) && strlen(key) < len)
			str_copy_to(value, smaller_size(size, len - strlen(key)),
				    word + strlen(key) + 1);
		word += len;
	}
}

enum mhp_tristate cmdline_bool(const char *value)
{
	if (*value && strchr("1yYtT", *value))
		return MHP_TRISTATE_YES;
	if (*value && strchr("0nNfF", *value))
		return MHP_TRISTATE_NO;
	if ((value[0] == 'o' || value[0] == 'O') && value[1] && strchr("nN", value[1]))
		return MHP_TRISTATE_YES;
	if ((value[0] == 'o' || value[0] == 'O') && value[1] && strchr("fF", value[1]))
		return MHP_TRISTATE_NO;
	return MHP_TRISTATE_UNKNOWN;
}
