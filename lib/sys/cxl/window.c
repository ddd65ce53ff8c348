/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/parts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Parses "12,44". Too many targets, or other text, are not known. */
static void read_targets(const struct root *sys, struct mhp_cxl_window *window)
{
	char text[16 * MHP_CXL_WAYS_MAX], *at = text;

	cxl_text(sys, window->name, "target_list", text, sizeof(text));
	while (*at) {
		size_t len = strcspn(at, ",");
		uint64_t number;

		if (window->nr_targets == MHP_CXL_WAYS_MAX ||
		    parse_u64_n(at, len, 10, &number) < 0 || number > INT_MAX) {
			window->nr_targets = 0;
			return;
		}
		window->targets[window->nr_targets++] = (int)number;
		at += len + (at[len] == ',');
	}
}

int cxl_read_window(const struct root *sys, const char *name, struct mhp_cxl_window *window)
{
	char parent[MHP_NAME_MAX];
	uint64_t ways;
	int rc = cxl_parent(sys, name, parent, sizeof(parent));

	if (rc < 0 || strncmp(parent, "root", 4) != 0)
		return -ENOENT;
	*window = (struct mhp_cxl_window){ .free_bytes = MHP_UNKNOWN,
					   .max_extent_bytes = MHP_UNKNOWN,
					   .max_extent_start = MHP_UNKNOWN };
	str_copy(window->name, name);
	window->start = cxl_number(sys, name, "start", 16);
	window->size = cxl_number(sys, name, "size", 16);
	window->can_ram = cxl_flag(sys, name, "cap_ram");
	window->can_pmem = cxl_flag(sys, name, "cap_pmem");
	window->is_locked = cxl_flag(sys, name, "locked");
	window->granularity = cxl_number(sys, name, "interleave_granularity", 10);
	ways = cxl_number(sys, name, "interleave_ways", 10);
	window->ways = ways <= MHP_CXL_WAYS_MAX ? (unsigned)ways : 0;
	read_targets(sys, window);
	cxl_text(sys, name, "create_ram_region", window->seed, sizeof(window->seed));
	return 0;
}
