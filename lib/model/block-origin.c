/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/block-origin.h"
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/sys/arch.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct source {
	struct mhp_range range;
	enum mhp_block_origin origin;
};

/* The ranges of system memory in /proc/iomem. */
struct sources {
	struct source *at;
	size_t nr;
};

static void sources_free(struct sources *sources)
{
	free(sources->at);
}

static int add_source(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	static const struct {
		const char *name;
		enum mhp_block_origin origin;
	} names[] = {
		{ IOMEM_KMEM, MHP_BLOCK_ORIGIN_KMEM },
		{ IOMEM_VIRTIO_MEM, MHP_BLOCK_ORIGIN_VIRTIO_MEM },
		{ IOMEM_RAM, MHP_BLOCK_ORIGIN_BOOT },
	};
	struct sources *sources = data;
	struct source *added;

	(void)line;
	for (size_t i = 0; range->end && i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i].name) != 0)
			continue;
		added = VEC_PUSH(sources->at, sources->nr);
		if (!added)
			return -ENOMEM;
		*added = (struct source){ *range, names[i].origin };
	}
	return 0;
}

/* Returns the origin that all ranges in the block have; unknown if they differ, or without any. */
static enum mhp_block_origin origin_in(const struct sources *sources, struct mhp_range block)
{
	enum mhp_block_origin origin = MHP_BLOCK_ORIGIN_UNKNOWN;

	for (size_t i = 0; i < sources->nr; i++) {
		if (!range_overlaps(sources->at[i].range, block))
			continue;
		if (origin && origin != sources->at[i].origin)
			return MHP_BLOCK_ORIGIN_UNKNOWN;
		origin = sources->at[i].origin;
	}
	return origin;
}

/*
 * Returns whether plain "System RAM" without a device of the firmware was there at boot. Hyper-V
 * and Xen add memory under that name without such a device, the probe file does too, and so do the
 * hypervisors of other architectures, which have no ACPI.
 */
static bool is_boot_or_dimm(const struct root *sys)
{
	char arch[32] = "", type[16];

	arch_read(sys, arch, sizeof(arch));
	if (strcmp(arch, "x86_64") != 0 && strcmp(arch, "aarch64") != 0)
		return false;
	if (root_read(sys, KERNEL_HYPERVISOR, type, sizeof(type)) != -ENOENT)
		return false;
	return root_exists(sys, KERNEL_BUSES "/vmbus") == 0 &&
	       root_exists(sys, KERNEL_BLOCKS "/probe") == 0;
}

/* Tells boot memory from memory of a device that ACPI describes, which may have been added later.
 */
static enum mhp_block_origin boot_or_dimm(const struct root *sys, uint64_t id, bool is_certain)
{
	int has_device;

	ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/firmware_node", id);
	has_device = root_has_name(sys, path);
	if (has_device > 0)
		return MHP_BLOCK_ORIGIN_DIMM;
	return has_device == 0 && is_certain ? MHP_BLOCK_ORIGIN_BOOT : MHP_BLOCK_ORIGIN_UNKNOWN;
}

static enum mhp_block_origin origin_of_dax(const struct mhp_topology *topo, const char *device)
{
	const struct mhp_dax *dax = topology_find_dax(topo, device);

	return dax && dax->origin == MHP_ORIGIN_SOFT_RESERVED ? MHP_BLOCK_ORIGIN_HMEM
							      : MHP_BLOCK_ORIGIN_KMEM;
}

/* Returns the number of blocks whose origin is unknown. */
static size_t set_origins(const struct root *sys, const struct sources *sources,
			  struct mhp_topology *topo)
{
	const uint64_t size = topo->memory.block_size;
	const bool is_certain = is_boot_or_dimm(sys);
	size_t nr = 0;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];

		if (*block->device)
			block->origin = origin_of_dax(topo, block->device);
		else
			block->origin = origin_in(
				sources, (struct mhp_range){ block->start, block->start + size });
		if (block->origin == MHP_BLOCK_ORIGIN_BOOT)
			block->origin = boot_or_dimm(sys, block->id, is_certain);
		nr += block->origin == MHP_BLOCK_ORIGIN_UNKNOWN;
	}
	return nr;
}

int block_origin_mark(const struct root *sys, struct mhp_topology *topo)
{
	__attribute__((cleanup(sources_free))) struct sources sources = { .nr = 0 };
	int rc = iomem_each(sys, add_source, &sources);

	if (root_is_lack(rc))
		return rc;
	if (!set_origins(sys, &sources, topo))
		return 0;
	if (rc == -EACCES || rc == -EPERM)
		return topology_hide(topo, "blocks.origin",
				     "only root can see in /proc/iomem what added the memory");
	return topology_hide(
		topo, "blocks.origin",
		rc < 0 ? "/proc/iomem cannot be read, which shows what added the memory"
		       : "/proc/iomem does not show what added the memory");
}
