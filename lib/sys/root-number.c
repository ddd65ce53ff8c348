/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads numbers from files of the kernel. */
#include "lib/base/log.h"
#include "lib/base/parse.h"
#include "lib/sys/root.h"

#include <errno.h>
#include <limits.h>

/* Returns rc, and logs the text if it is not a number. */
static int number_result(const struct root *sys, const char *path, const char *text, int rc)
{
	if (rc < 0)
		log_done(sys->log, rc, "%s has \"%s\"", path, text);
	return rc;
}

int root_read_u64(const struct root *sys, const char *path, int base, uint64_t *value)
{
	char text[32];
	const char *digits = text;
	int rc = root_read(sys, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		digits += 2;
	return number_result(sys, path, text, parse_u64(digits, base, value));
}

int root_read_int(const struct root *sys, const char *path, int *value)
{
	char text[32];
	uint64_t number;
	int rc = root_read(sys, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	rc = parse_u64(text[0] == '-' ? text + 1 : text, 10, &number);
	if (rc == 0 && number > INT_MAX)
		rc = -ERANGE;
	if (rc < 0)
		return number_result(sys, path, text, rc);
	*value = text[0] == '-' ? -(int)number : (int)number;
	return 0;
}
