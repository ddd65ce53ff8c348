/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/meminfo.h"
#include "lib/base/cleanup.h"
#include "lib/sys/kernel.h"

/* Adds the available memory of a node: "Node 2 MemFree: 123 kB", "Node 2 Inactive(file): 4 kB" */
uint64_t meminfo_available(const struct root *sys, int node)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long kib;
	uint64_t sum = 0;
	char line[128];
	int number;

	ROOT_PATH(path, KERNEL_NODES "/node%d/meminfo", node);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file))
		if (sscanf(line, "Node %d MemFree: %llu kB", &number, &kib) == 2 ||
		    sscanf(line, "Node %d Inactive(file): %llu kB", &number, &kib) == 2)
			sum += kib << 10;
	return sum;
}
