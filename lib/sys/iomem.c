/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/iomem.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "  140000000-33fffffff : System RAM (kmem)" */
static bool read_line(char *line, struct mhp_range *range, const char **name)
{
	unsigned long long start, last;
	char *colon = strstr(line, " : ");

	if (!colon || sscanf(line, " %llx-%llx", &start, &last) != 2 || last < start ||
	    last == UINT64_MAX)
		return false;
	line[strcspn(line, "\n")] = '\0';
	*range = (struct mhp_range){ start, last + 1 };
	*name = colon + 3;
	return true;
}

int iomem_each(const struct sysfs *sys, iomem_fn fn, void *data)
{
	cleanup_fclose FILE *file = sysfs_fopen(sys, "proc/iomem");
	cleanup_free char *line = NULL;
	struct mhp_range range;
	bool is_seen = false;
	size_t size = 0;
	const char *name;
	int rc = 0;

	if (!file)
		return -errno;
	while (rc >= 0 && sysfs_getline(sys, &line, &size, file) > 0) {
		if (!read_line(line, &range, &name) || range.end == 1) /* not shown */
			continue;
		is_seen = true;
		rc = fn(range, name, data);
	}
	if (rc < 0)
		return rc;
	return is_seen ? 0 : -EACCES;
}
