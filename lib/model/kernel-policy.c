/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/kernel-policy.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARAMETERS "sys/module/memory_hotplug/parameters"

static void read_word(const struct sysfs *sys, const char *path, char *buf, size_t size)
{
	if (sysfs_read(sys, path, buf, size) < 0)
		buf[0] = '\0';
	for (char *at = buf; *at; at++)
		if (*at == '-')
			*at = '_';
}

static void read_memmap_on_memory(const struct sysfs *sys, struct mhp_memory *memory)
{
	char text[16];

	read_word(sys, PARAMETERS "/memmap_on_memory", text, sizeof(text));
	if (strcmp(text, "Y") == 0)
		mhp_copy(memory->memmap_on_memory, "on");
	else if (strcmp(text, "N") == 0)
		mhp_copy(memory->memmap_on_memory, "off");
	else
		mhp_copy(memory->memmap_on_memory, text);
}

int kernel_policy_read(const struct sysfs *sys, struct mhp_memory *memory)
{
	int rc = sysfs_read_u64(sys, "sys/devices/system/memory/block_size_bytes", 16,
				&memory->block_size);

	if (rc < 0)
		return rc;
	if (!memory->block_size)
		return -EINVAL;
	memory->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	read_word(sys, AUTO_ONLINE_BLOCKS, memory->auto_online_blocks,
		  sizeof(memory->auto_online_blocks));
	read_word(sys, PARAMETERS "/online_policy", memory->online_policy,
		  sizeof(memory->online_policy));
	read_memmap_on_memory(sys, memory);
	return 0;
}
