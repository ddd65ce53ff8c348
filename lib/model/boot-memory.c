/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/boot-memory.h"
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/sys/iomem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct ram {
	struct mhp_range *ranges;
	size_t nr;
};

static void ram_free(struct ram *ram)
{
	free(ram->ranges);
}

static int add_ram(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	struct ram *ram = data;
	struct mhp_range *added;

	(void)line;
	if (!range->end || strcmp(name, "System RAM") != 0)
		return 0;
	added = VEC_PUSH(ram->ranges, ram->nr);
	if (!added)
		return -ENOMEM;
	*added = *range;
	return 0;
}

static bool is_ram(const struct ram *ram, struct mhp_range range)
{
	for (size_t i = 0; i < ram->nr; i++)
		if (range_overlaps(ram->ranges[i], range))
			return true;
	return false;
}

/* Returns whether ACPI describes the memory as a separate device, which may have been hot-added. */
static bool has_firmware_node(const struct root *sys, uint64_t id)
{
	ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/firmware_node", id);
	return root_has_name(sys, path) != 0;
}

int boot_memory_mark(const struct root *sys, struct mhp_topology *topo)
{
	__attribute__((cleanup(ram_free))) struct ram ram = { 0 };
	const uint64_t size = topo->memory.block_size;
	int rc = iomem_each(sys, add_ram, &ram);

	if (root_is_lack(rc))
		return rc;
	for (size_t i = 0; i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];
		struct mhp_range range = { block->start, block->start + size };

		if (*mhp_block_device(block) || (rc == 0 && !is_ram(&ram, range)))
			continue;
		if (rc < 0 || has_firmware_node(sys, block->id))
			block->can_be_boot_memory = true;
		else
			block->is_boot_memory = true;
	}
	return 0;
}
