/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/iomem.h"
#include "lib/base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "  140000000-33fffffff : System RAM (kmem)" */
int iomem_each_kmem(const struct sysfs *sys, iomem_fn fn, void *data)
{
	cleanup_fclose FILE *file = sysfs_fopen(sys, "proc/iomem");
	cleanup_free char *text = NULL;
	bool is_seen = false;
	unsigned line = 0;
	size_t size = 0;
	int rc = 0;

	while (rc >= 0 && file && sysfs_getline(sys, &text, &size, file) > 0) {
		unsigned long long start, end;
		struct mhp_range range;

		line++;
		if (sscanf(text, " %llx-%llx", &start, &end) != 2 || end < start ||
		    end == UINT64_MAX)
			continue;
		is_seen = is_seen || end;
		if (!end || !strstr(text, "System RAM (kmem)"))
			continue;
		range = (struct mhp_range){ start, end + 1 };
		rc = fn(&range, line, data);
	}
	return rc < 0 ? rc : is_seen;
}
