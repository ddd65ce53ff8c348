/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/ram.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "40000000-bfffffff : System RAM" */
static bool read_line(char *line, struct mhp_range *range, bool *is_ram)
{
	unsigned long long start, last;
	const char *colon = strstr(line, " : ");

	if (!colon || sscanf(line, " %llx-%llx", &start, &last) != 2 || last < start ||
	    last == UINT64_MAX)
		return false;
	line[strcspn(line, "\n")] = '\0';
	*range = (struct mhp_range){ start, last + 1 };
	*is_ram = strcmp(colon + 3, "System RAM") == 0;
	return true;
}

int ram_each(const struct sysfs *sys, ram_fn fn, void *data)
{
	cleanup_fclose FILE *file = sysfs_fopen(sys, "proc/iomem");
	bool is_seen = false, is_ram = false;
	cleanup_free char *line = NULL;
	struct mhp_range range;
	size_t size = 0;
	int rc = 0;

	if (!file)
		return -errno;
	while (rc >= 0 && sysfs_getline(sys, &line, &size, file) > 0) {
		if (!read_line(line, &range, &is_ram) || range.end == 1) /* not shown */
			continue;
		is_seen = true;
		if (is_ram)
			rc = fn(range, data);
	}
	if (rc < 0)
		return rc;
	return is_seen ? 0 : -EACCES;
}
