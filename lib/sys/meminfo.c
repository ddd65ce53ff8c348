/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/meminfo.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <string.h>

/* Adds the available memory of a node: "Node 2 MemFree: 123 kB", "Node 2 Inactive(file): 4 kB" */
uint64_t meminfo_available(const struct root *sys, int node)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long kib;
	bool is_known = false;
	uint64_t sum = 0;
	char line[128];
	int number;

	ROOT_PATH(path, KERNEL_NODES "/node%d/meminfo", node);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file)) {
		bool is_free = sscanf(line, "Node %d MemFree: %llu kB", &number, &kib) == 2;

		if (is_free || sscanf(line, "Node %d Inactive(file): %llu kB", &number, &kib) == 2)
			sum += kib << 10;
		is_known |= is_free;
	}
	return is_known && feof(file) ? sum : MHP_UNKNOWN;
}

/* Parses "SwapFree:         123 kB" if the line has that key. */
static void take_line(const char *line, const char *key, uint64_t *bytes)
{
	size_t len = strlen(key);
	uint64_t kib;

	if (strncmp(line, key, len) != 0 || line[len] != ':')
		return;
	line += len + 1;
	line += strspn(line, " ");
	len = strspn(line, "0123456789");
	if (strcmp(line + len, " kB\n") == 0 && parse_u64_n(line, len, 10, &kib) == 0 &&
	    kib <= UINT64_MAX >> 10)
		*bytes = kib << 10;
}

int meminfo_read(const struct root *sys, struct meminfo *info)
{
	cleanup_fclose FILE *file = root_fopen(sys, "proc/meminfo");
	int error = errno;
	char line[128];

	*info = (struct meminfo){ MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN };
	if (!file)
		return -error;
	while (root_gets(sys, line, sizeof(line), file)) {
		take_line(line, "MemTotal", &info->total);
		take_line(line, "MemAvailable", &info->available);
		take_line(line, "SwapTotal", &info->swap_total);
		take_line(line, "SwapFree", &info->swap_free);
	}
	return feof(file) ? 0 : -errno;
}
