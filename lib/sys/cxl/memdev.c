/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/health-record.h"
#include "lib/sys/cxl/parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DECODERS_MAX 32

/*
 * Returns the size of a partition: 0 if the memory device lacks it, MHP_UNKNOWN on other failures.
 */
static uint64_t read_partition(const struct root *sys, const char *name, const char *partition)
{
	uint64_t size;
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s/%s/size", name, partition);
	rc = root_read_u64(sys, path, 16, &size);
	return rc == 0 ? size : rc == -ENOENT ? 0 : MHP_UNKNOWN;
}

/* Reads where the memory device is, which names the PCI devices and slots above it. */
static void read_path(const struct root *sys, struct mhp_cxl_memdev *memdev)
{
	char target[PATH_MAX];
	const char *at;

	ROOT_PATH(link, CXL_DEVICES "/%s", memdev->name);
	if (root_link(sys, link, target, sizeof(target)) < 0)
		return;
	at = strstr(target, "devices/");
	if (at)
		str_format(memdev->path, "/sys/%s", at);
}

void cxl_read_memdev(const struct root *sys, const char *name, struct mhp_cxl_memdev *memdev)
{
	*memdev = (struct mhp_cxl_memdev){ .numa_node = -1,
					   .bridge = -1,
					   .free_decoders = -1,
					   .bridge_free_decoders = -1,
					   .health = cxl_no_health() };
	str_copy(memdev->name, name);
	if (cxl_serial(sys, name, &memdev->serial) < 0)
		memdev->serial = MHP_UNKNOWN;
	ROOT_PATH(node, CXL_DEVICES "/%s/numa_node", name);
	if (root_read_int(sys, node, &memdev->numa_node) < 0)
		memdev->numa_node = -1;
	if (cxl_parent(sys, name, memdev->bus_address, sizeof(memdev->bus_address)) < 0)
		memdev->bus_address[0] = '\0';
	read_path(sys, memdev);
	cxl_text(sys, name, "firmware_version", memdev->firmware, sizeof(memdev->firmware));
	cxl_text(sys, name, "security/state", memdev->security, sizeof(memdev->security));
	memdev->is_enabled = cxl_has_driver(sys, name) == MHP_TRISTATE_YES;
	memdev->ram_bytes = read_partition(sys, name, "ram");
	memdev->pmem_bytes = read_partition(sys, name, "pmem");
	/* without a driver there are no decoders to read */
	memdev->ram_used_bytes = memdev->pmem_used_bytes = memdev->is_enabled ? 0 : MHP_UNKNOWN;
}

static void add_used(uint64_t *used, uint64_t bytes)
{
	if (*used != MHP_UNKNOWN)
		*used = bytes == MHP_UNKNOWN ? MHP_UNKNOWN : *used + bytes;
}

/*
 * Returns whether a later decoder of the endpoint belongs to a region: the kernel frees only the
 * capacity of the last decoder.
 */
static bool is_below_another(const struct root *sys, const char *name)
{
	unsigned endpoint, number;
	char later[MHP_NAME_MAX], region[MHP_NAME_MAX];

	if (sscanf(name, "decoder%u.%u", &endpoint, &number) != 2)
		return false;
	while (++number < DECODERS_MAX) {
		str_format(later, "decoder%u.%u", endpoint, number);
		if (cxl_exists(sys, later) == 0)
			return false;
		ROOT_PATH(path, CXL_DEVICES "/%s/region", later);
		if (root_read(sys, path, region, sizeof(region)) < 0 || *region)
			return true; /* or it may belong to one */
	}
	return false;
}

/*
 * Adds a decoder. One without a region is left from a destroyed one, and its capacity is free,
 * unless that is below the capacity of another region.
 */
void cxl_add_decoder(const struct root *sys, const char *name, struct mhp_cxl_memdev *memdev)
{
	char mode[16], region[MHP_NAME_MAX];
	uint64_t size = cxl_number(sys, name, "dpa_size", 16); /* kernels before 6.0 lack it */
	int rc;

	ROOT_PATH(region_path, CXL_DEVICES "/%s/region", name);
	rc = root_read(sys, region_path, region, sizeof(region));
	if (!size || (rc == 0 && !*region && !is_below_another(sys, name)))
		return;
	cxl_text(sys, name, "mode", mode, sizeof(mode));
	if (strcmp(mode, "pmem") != 0)
		add_used(&memdev->ram_used_bytes, *mode ? size : MHP_UNKNOWN);
	if (strcmp(mode, "ram") != 0)
		add_used(&memdev->pmem_used_bytes, *mode ? size : MHP_UNKNOWN);
}
