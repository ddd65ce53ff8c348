/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void read_memdev(const struct root *sys, const char *name, struct mhp_memdev *memdev)
{
	char driver[MHP_NAME_MAX];

	*memdev = (struct mhp_memdev){ .numa_node = -1, .serial = MHP_UNKNOWN };
	str_copy(memdev->name, name);
	ROOT_PATH(serial, CXL_DEVICES "/%s/serial", name);
	if (root_read_u64(sys, serial, 16, &memdev->serial) < 0)
		memdev->serial = MHP_UNKNOWN;
	ROOT_PATH(node, CXL_DEVICES "/%s/numa_node", name);
	if (root_read_int(sys, node, &memdev->numa_node) < 0)
		memdev->numa_node = -1;
	ROOT_PATH(link, CXL_DEVICES "/%s/driver", name);
	memdev->is_enabled = root_link_name(sys, link, driver, sizeof(driver)) == 0;
	memdev->ram_bytes = read_partition(sys, name, "ram");
	memdev->pmem_bytes = read_partition(sys, name, "pmem");
	/* without a driver there are no decoders to read */
	memdev->ram_used_bytes = memdev->pmem_used_bytes = memdev->is_enabled ? 0 : MHP_UNKNOWN;
}

/* ---- used bytes -------------------------------------------------------------------------- */

struct memdevs {
	struct mhp_memdev *array;
	size_t nr;
	size_t size;
};

static struct mhp_memdev *find_memdev(const struct memdevs *all, const char *name)
{
	for (size_t i = 0; i < all->nr; i++)
		if (strcmp(all->array[i].name, name) == 0)
			return &all->array[i];
	return NULL;
}

/*
 * Returns the memory device of a decoder, or NULL: decoder5.0 belongs to endpoint5, whose uport is
 * the device. Other decoders belong to ports and have no memory device.
 */
static struct mhp_memdev *find_decoder_memdev(const struct root *sys, const struct memdevs *all,
					      const char *decoder)
{
	char memdev[MHP_NAME_MAX];
	unsigned port, number;

	if (sscanf(decoder, "decoder%u.%u", &port, &number) != 2)
		return NULL;
	ROOT_PATH(uport, CXL_DEVICES "/endpoint%u/uport", port);
	return root_link_name(sys, uport, memdev, sizeof(memdev)) == 0 ? find_memdev(all, memdev)
								       : NULL;
}

static void add_used(uint64_t *used, uint64_t bytes)
{
	if (*used != MHP_UNKNOWN)
		*used = bytes == MHP_UNKNOWN ? MHP_UNKNOWN : *used + bytes;
}

/*
 * Adds the size of a decoder to the used bytes. A decoder without a region is left from a destroyed
 * region, and its capacity is free.
 */
static void add_decoder(const struct root *sys, const char *name, struct mhp_memdev *memdev)
{
	char mode[16], region[MHP_NAME_MAX];
	uint64_t size;
	int rc;

	ROOT_PATH(size_path, CXL_DEVICES "/%s/dpa_size", name);
	ROOT_PATH(mode_path, CXL_DEVICES "/%s/mode", name);
	ROOT_PATH(region_path, CXL_DEVICES "/%s/region", name);
	if (root_read_u64(sys, size_path, 16, &size) < 0)
		size = MHP_UNKNOWN; /* kernels before 6.0 lack the file */
	rc = root_read(sys, region_path, region, sizeof(region));
	if (!size || (rc == 0 && !*region))
		return;
	if (root_read(sys, mode_path, mode, sizeof(mode)) < 0)
		mode[0] = '\0';
	if (strcmp(mode, "pmem") != 0)
		add_used(&memdev->ram_used_bytes, *mode ? size : MHP_UNKNOWN);
	if (strcmp(mode, "ram") != 0)
		add_used(&memdev->pmem_used_bytes, *mode ? size : MHP_UNKNOWN);
}

static int scan_decoder(const struct root *sys, const char *name, void *data)
{
	struct mhp_memdev *memdev = find_decoder_memdev(sys, data, name);

	if (memdev)
		add_decoder(sys, name, memdev);
	return 0;
}

/* ---- scan -------------------------------------------------------------------------------- */

static int add_memdev(const struct root *sys, const char *name, void *data)
{
	struct memdevs *all = data;
	uint64_t id;

	if (root_name_id(name, "mem", &id) < 0)
		return 0;
	if (VEC_ROOM(all->array, all->nr, all->size) < 0)
		return -ENOMEM;
	read_memdev(sys, name, &all->array[all->nr++]);
	return 0;
}

int cxl_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err)
{
	struct memdevs all = { 0 };
	int rc = root_each(&ctx->sys, CXL_DEVICES, add_memdev, &all);

	(void)unused;
	if (rc == 0)
		rc = root_each(&ctx->sys, CXL_DEVICES, scan_decoder, &all);
	if (rc == -ENOENT) /* the machine has no CXL */
		rc = 0;
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc == 0 && all.nr)
		rc = reply_add(reply, all.array, all.nr * sizeof(*all.array));
	free(all.array);
	return rc < 0 ? err_errno(err, rc, "cannot read the CXL bus") : 0;
}
