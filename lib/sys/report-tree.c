/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <string.h>

#define ERRNO_LAST 133

int report_tree_errno(const char *target, bool *exists)
{
	const char *unread = strstr(target, REPORT_UNREAD);
	const char *unknown = strstr(target, REPORT_UNKNOWN);
	const char *name = unread    ? unread + strlen(REPORT_UNREAD)
			   : unknown ? unknown + strlen(REPORT_UNKNOWN)
				     : NULL;

	*exists = unread;
	if (!name)
		return 0;
	for (int i = 1; i <= ERRNO_LAST; i++) {
		const char *known = strerrorname_np(i);

		if (known && strcmp(known, name) == 0)
			return -i;
	}
	return -EIO; /* an errno of a later kernel */
}
