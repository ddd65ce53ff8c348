/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/iomem.h"
#include "lib/sys/kernel.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Parses "  140000000-33fffffff : System RAM (kmem)"; all addresses are 0 without permission */
static bool parse_line(char *text, struct mhp_range *range, const char **name)
{
	unsigned long long start, last;
	char *colon = strstr(text, " : ");

	if (!colon || sscanf(text, " %llx-%llx", &start, &last) != 2 || last < start ||
	    last == UINT64_MAX)
		return false;
	text[strcspn(text, "\n")] = '\0';
	*range = (struct mhp_range){ start, last ? last + 1 : 0 };
	*name = colon + 3;
	return true;
}

int iomem_each(const struct root *sys, iomem_fn fn, void *data)
{
	cleanup_fclose FILE *file = root_fopen(sys, KERNEL_IOMEM);
	cleanup_free char *text = NULL;
	struct mhp_range range;
	bool is_seen = false;
	unsigned line = 0;
	size_t size = 0;
	const char *name;
	int rc = 0;

	if (!file)
		return -errno;
	while (rc >= 0 && root_getline(sys, &text, &size, file) > 0) {
		line++;
		if (!parse_line(text, &range, &name))
			continue;
		is_seen = is_seen || range.end;
		rc = fn(&range, name, line, data);
	}
	rc = rc < 0 ? rc : root_lack(sys); /* the list may have ended early */
	if (rc < 0)
		return rc;
	return is_seen ? 0 : -EACCES;
}
