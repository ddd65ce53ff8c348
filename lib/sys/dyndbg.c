/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dyndbg.h"
#include "lib/sys/kernel.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

/*
 * Parses a line such as mm/memory_hotplug.c:1990 [memory_hotplug]offline_pages =_ "memory offlining
 * [mem ...\n"
 */
int dyndbg_parse_line(const char *line, unsigned *line_number)
{
	const char *flags = strstr(line, " =");

	if (sscanf(line, "mm/memory_hotplug.c:%u", line_number) != 1 || !flags ||
	    !strstr(line, "\"memory offlining [mem"))
		return -ENOENT;
	flags += 2;
	return memchr(flags, 'p', strcspn(flags, " ")) ? -EALREADY : 0;
}

static int find_site(const struct mhp_ctx *ctx, const char *control, struct dyndbg_site *site)
{
	cleanup_fclose FILE *file = root_fopen(&ctx->sys, control);
	cleanup_free char *line = NULL;
	unsigned number;
	size_t size = 0;
	int rc = file ? 0 : -errno;

	if (rc < 0)
		return rc == -ENOTDIR ? -ENOENT : rc;
	while (root_getline(&ctx->sys, &line, &size, file) > 0) {
		rc = dyndbg_parse_line(line, &number);
		if (rc == -ENOENT)
			continue;
		str_copy(site->control, control);
		str_format(site->on, "file mm/memory_hotplug.c line %u +p", number);
		str_format(site->off, "file mm/memory_hotplug.c line %u -p", number);
		return rc;
	}
	return feof(file) ? -ENOENT : -errno;
}

int dyndbg_find_offline_reason(const struct mhp_ctx *ctx, struct dyndbg_site *site)
{
	/* the file in /proc works without debugfs, since 5.7 */
	int rc = find_site(ctx, KERNEL_DYNDBG, site);

	return rc == -ENOENT ? find_site(ctx, KERNEL_DYNDBG_DEBUGFS, site) : rc;
}
