/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/block-origin.h"
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/sys/arch.h"
#include "lib/sys/attrs.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kernel.h"
#include "lib/sys/readers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
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
	size_t from; /* those before it end before the current block */
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

static int by_start(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

static void sort_sources(struct sources *sources)
{
	if (sources->nr)
		qsort(sources->at, sources->nr, sizeof(*sources->at), by_start);
}

/*
 * Returns the origin that all ranges in the block have; unknown if they differ, or without any.
 * Asks for one block after the other, ascending.
 */
static enum mhp_block_origin origin_in(struct sources *sources, struct mhp_range block)
{
	enum mhp_block_origin origin = MHP_BLOCK_ORIGIN_UNKNOWN;

	while (sources->from < sources->nr && sources->at[sources->from].range.end <= block.start)
		sources->from++;
	for (size_t i = sources->from; i < sources->nr && sources->at[i].range.start < block.end;
	     i++) {
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

/* ---- boot memory, or a device of the firmware ------------------------------------------------ */

/*
 * Tells boot memory from memory of a device that ACPI describes, which may have been added later.
 * has_device is negative if it is not known whether there is such a device.
 */
static enum mhp_block_origin boot_or_dimm(int has_device, bool is_certain)
{
	if (has_device > 0)
		return MHP_BLOCK_ORIGIN_DIMM;
	return has_device == 0 && is_certain ? MHP_BLOCK_ORIGIN_BOOT : MHP_BLOCK_ORIGIN_UNKNOWN;
}

#define FIRMWARE_NODE "/memory%" PRIu64 "/firmware_node"

struct boot_walk {
	struct mhp_block *blocks;
	bool is_certain;
	struct attrs attrs;
	atomic_bool is_unclear; /* for at least one block it is not known */
};

static void mark_part(size_t first, size_t nr, void *data)
{
	struct boot_walk *walk = data;
	char path[64];

	for (struct mhp_block *block = walk->blocks + first; nr--; block++) {
		int has_device;

		if (block->origin != MHP_BLOCK_ORIGIN_BOOT)
			continue;
		snprintf(path, sizeof(path), FIRMWARE_NODE, block->id);
		has_device = attrs_has_name(&walk->attrs, path + 1);
		if (has_device < 0)
			walk->is_unclear = true;
		else
			block->origin = boot_or_dimm(has_device, walk->is_certain);
	}
}

/* Marks the blocks of plain "System RAM". */
static void mark_boot_or_dimm(const struct root *sys, struct mhp_topology *topo)
{
	struct boot_walk walk = { .blocks = topo->blocks, .is_certain = is_boot_or_dimm(sys) };

	if (attrs_open(sys, BLOCKS, topo->nr_blocks, &walk.attrs))
		readers_run(topo->nr_blocks, mark_part, &walk);
	else
		walk.is_unclear = true;
	attrs_close(&walk.attrs);
	for (size_t i = 0; walk.is_unclear && i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];

		if (block->origin != MHP_BLOCK_ORIGIN_BOOT)
			continue;
		ROOT_PATH(path, BLOCKS FIRMWARE_NODE, block->id);
		block->origin = boot_or_dimm(root_has_name(sys, path), walk.is_certain);
	}
}

/* ---- all blocks -------------------------------------------------------------------------- */

static enum mhp_block_origin origin_of_dax(const struct mhp_dax *dax)
{
	return dax && dax->origin == MHP_ORIGIN_SOFT_RESERVED ? MHP_BLOCK_ORIGIN_HMEM
							      : MHP_BLOCK_ORIGIN_KMEM;
}

/* Returns the number of blocks whose origin is unknown. */
static size_t set_origins(const struct root *sys, struct sources *sources,
			  struct mhp_topology *topo)
{
	const uint64_t size = topo->memory.block_size;
	const struct mhp_dax *dax = NULL;
	bool may_be_boot = false;
	size_t nr = 0;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		struct mhp_block *block = &topo->blocks[i];
		const char *device = mhp_block_device(block);

		if (!*device) {
			block->origin = origin_in(
				sources, (struct mhp_range){ block->start, block->start + size });
			may_be_boot |= block->origin == MHP_BLOCK_ORIGIN_BOOT;
			continue;
		}
		if (!dax || strcmp(dax->name, device) != 0)
			dax = topology_find_dax(topo, device);
		block->origin = origin_of_dax(dax);
	}
	if (may_be_boot)
		mark_boot_or_dimm(sys, topo);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		nr += topo->blocks[i].origin == MHP_BLOCK_ORIGIN_UNKNOWN;
	return nr;
}

int block_origin_mark(const struct root *sys, struct mhp_topology *topo)
{
	__attribute__((cleanup(sources_free))) struct sources sources = { .nr = 0 };
	int rc = iomem_each(sys, add_source, &sources);

	if (root_is_lack(rc))
		return rc;
	sort_sources(&sources);
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
