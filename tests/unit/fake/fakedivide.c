/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dax regions that can be divided, as in 7.2 (drivers/dax/bus.c). */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "tests/unit/fake/fakecxl-bus.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES	     "sys/bus/dax/devices"
#define LEAST	     (2ULL << 20) /* memremap_compat_align() */
#define DEVICES_MAX  8
#define MAPPINGS_MAX 24 /* more than the library knows */

/* A device of the region; its ranges are in the order of their use. */
struct device {
	char name[MHP_NAME_MAX];
	unsigned nr;
	struct mhp_range ranges[MAPPINGS_MAX];
};

struct region {
	unsigned number;
	char path[64]; /* of the device that has it */
	struct mhp_range range;
	unsigned nr;
	struct device devices[DEVICES_MAX];
};

/* ---- files ------------------------------------------------------------------------------- */

static uint64_t number_in(int fd, const char *path, int base)
{
	char text[64];
	uint64_t value = 0;

	if (tree_get(fd, path, text, sizeof(text)) < 0)
		return 0;
	return (base == 16 ? parse_hex(text, &value) : parse_u64(text, base, &value)) < 0 ? 0
											  : value;
}

static bool read_mapping(int fd, const char *name, unsigned index, struct mhp_range *range)
{
	ROOT_PATH(start, DEVICES "/%s/mapping%u/start", name, index);
	ROOT_PATH(end, DEVICES "/%s/mapping%u/end", name, index);
	*range = (struct mhp_range){ number_in(fd, start, 16), number_in(fd, end, 16) + 1 };
	return range->end > 1;
}

static void read_device(int fd, struct region *region, const char *name)
{
	struct device *device = &region->devices[region->nr++];

	str_copy(device->name, name);
	while (device->nr < MAPPINGS_MAX &&
	       read_mapping(fd, name, device->nr, &device->ranges[device->nr]))
		device->nr++;
}

/* Finds the device that has the region: one of soft-reserved memory, or of a CXL region. */
static void find_region(int fd, unsigned number, struct region *region)
{
	const struct root sys = { .root_fd = fd };

	*region = (struct region){ .number = number };
	str_format(region->path, FAKE_CXL "/dax_region%u", number);
	if (!root_seems(&sys, region->path))
		str_format(region->path, "sys/devices/platform/hmem.%u", number);
}

static int read_region(int fd, unsigned number, struct region *region)
{
	const struct root sys = { .root_fd = fd };

	find_region(fd, number, region);
	ROOT_PATH(start, "%s/fake_start", region->path);
	ROOT_PATH(size, "%s/dax_region/size", region->path);
	region->range.start = number_in(fd, start, 16);
	region->range.end = region->range.start + number_in(fd, size, 10);
	for (unsigned i = 0; i < DEVICES_MAX; i++) {
		char name[MHP_NAME_MAX];

		str_format(name, "dax%u.%u", number, i);
		ROOT_PATH(path, DEVICES "/%s", name);
		if (root_seems(&sys, path))
			read_device(fd, region, name);
	}
	return region->range.start ? 0 : -ENOENT;
}

static uint64_t size_of(const struct device *device)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < device->nr; i++)
		bytes += device->ranges[i].end - device->ranges[i].start;
	return bytes;
}

static uint64_t free_in(const struct region *region)
{
	uint64_t bytes = region->range.end - region->range.start;

	for (unsigned i = 0; i < region->nr; i++)
		bytes -= size_of(&region->devices[i]);
	return bytes;
}

static void put_device(int fd, const struct device *device)
{
	ROOT_PATH(size, DEVICES "/%s/size", device->name);
	tree_put(fd, size, "%" PRIu64 "\n", size_of(device));
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		ROOT_PATH(folder, DEVICES "/%s/mapping%u", device->name, i);
		ROOT_PATH(start, DEVICES "/%s/mapping%u/start", device->name, i);
		ROOT_PATH(end, DEVICES "/%s/mapping%u/end", device->name, i);
		if (i >= device->nr) {
			tree_remove(fd, folder);
			continue;
		}
		tree_put(fd, start, "0x%" PRIx64 "\n", device->ranges[i].start);
		tree_put(fd, end, "0x%" PRIx64 "\n", device->ranges[i].end - 1);
	}
}

static int put_region(int fd, const struct region *region)
{
	ROOT_PATH(available, "%s/dax_region/available_size", region->path);
	for (unsigned i = 0; i < region->nr; i++)
		put_device(fd, &region->devices[i]);
	return tree_put(fd, available, "%" PRIu64 "\n", free_in(region));
}

int fake_dax_region_add(int fd, unsigned number, struct mhp_range range)
{
	static const char *const empty[] = { "seed", "create", "delete" };
	struct region region;
	int rc;

	find_region(fd, number, &region);
	ROOT_PATH(start, "%s/fake_start", region.path);
	ROOT_PATH(size, "%s/dax_region/size", region.path);
	ROOT_PATH(align, "%s/dax_region/align", region.path);
	rc = tree_put(fd, start, "0x%" PRIx64 "\n", range.start);
	if (rc == 0)
		rc = tree_put(fd, size, "%" PRIu64 "\n", range.end - range.start);
	if (rc == 0)
		rc = tree_put(fd, align, "%llu\n", LEAST);
	for (unsigned i = 0; i < 3 && rc == 0; i++) {
		ROOT_PATH(path, "%s/dax_region/%s", region.path, empty[i]);
		rc = tree_put(fd, path, "\n");
	}
	if (rc == 0)
		rc = read_region(fd, number, &region);
	return rc < 0 ? rc : put_region(fd, &region);
}

static bool is_bound(int fd, const char *name)
{
	const struct root sys = { .root_fd = fd };

	ROOT_PATH(path, DEVICES "/%s/driver", name);
	return root_has_name(&sys, path) > 0;
}

/* ---- create, delete ---------------------------------------------------------------------- */

static bool has_device(const struct region *region, const char *name)
{
	for (unsigned i = 0; i < region->nr; i++)
		if (strcmp(region->devices[i].name, name) == 0)
			return true;
	return false;
}

static int create(int fd, const struct region *region, const char *text)
{
	struct mhp_dax dax = { .align = LEAST, .numa_node = 0, .target_node = 0 };
	int rc;

	if (strcmp(text, "1") != 0)
		return -EINVAL;
	if (!free_in(region))
		return -ENOSPC;
	for (unsigned i = 0; i < DEVICES_MAX && (!i || has_device(region, dax.name)); i++)
		str_format(dax.name, "dax%u.%u", region->number, i);
	if (strncmp(region->path, FAKE_CXL, strlen(FAKE_CXL)) == 0)
		str_format(dax.cxl_region, "region%u", region->number);
	ROOT_PATH(node, DEVICES "/dax%u.0/target_node", region->number);
	dax.target_node = (int)number_in(fd, node, 10);
	rc = fake_dax_add(fd, &dax);
	ROOT_PATH(youngest, "%s/dax_region/create", region->path);
	return rc < 0 ? rc : tree_put(fd, youngest, "%s\n", dax.name);
}

static int delete (int fd, const struct region *region, const char *name)
{
	for (unsigned i = 0; i < region->nr; i++) {
		const struct device *device = &region->devices[i];

		if (strcmp(device->name, name) != 0)
			continue;
		if (is_bound(fd, name) || device->nr || strcmp(strrchr(name, '.'), ".0") == 0)
			return -EBUSY;
		return fake_dax_remove(fd, name);
	}
	return -ENXIO;
}

int fake_dax_region_write(int fd, const char *path, const char *text)
{
	const char *at = strstr(path, "/hmem.") ?: strstr(path, "/dax_region");
	struct region region;
	unsigned number;
	char file[16];

	if (sscanf(at, "/%*[^0-9]%u/dax_region/%15s", &number, file) != 2 ||
	    read_region(fd, number, &region) < 0)
		return -ENOENT;
	if (strcmp(file, "create") == 0)
		return create(fd, &region, text);
	return strcmp(file, "delete") == 0 ? delete (fd, &region, text) : -EACCES;
}

/* ---- size, align, mapping ---------------------------------------------------------------- */

/* Returns whether an address is in a device; *end is where that range, or the hole, ends. */
static bool is_taken(const struct region *region, uint64_t address, uint64_t *end)
{
	*end = region->range.end;
	for (unsigned i = 0; i < region->nr; i++)
		for (unsigned k = 0; k < region->devices[i].nr; k++) {
			struct mhp_range range = region->devices[i].ranges[k];

			if (address >= range.start && address < range.end) {
				*end = range.end;
				return true;
			}
			if (range.start > address && range.start < *end)
				*end = range.start;
		}
	return false;
}

static int add_range(struct device *device, struct mhp_range range, bool join)
{
	struct mhp_range *last = device->nr ? &device->ranges[device->nr - 1] : NULL;

	if (join && last && last->end == range.start) {
		last->end = range.end;
		return 0;
	}
	if (device->nr == MAPPINGS_MAX)
		return -ENOMEM;
	device->ranges[device->nr++] = range;
	return 0;
}

/* Fills holes from the lowest address on, as dev_dax_resize() does. */
static int grow(struct region *region, struct device *device, uint64_t bytes)
{
	uint64_t at = region->range.start, end;
	int rc = 0;

	while (bytes && at < region->range.end && rc == 0) {
		if (!is_taken(region, at, &end)) {
			uint64_t piece = end - at < bytes ? end - at : bytes;

			rc = add_range(device, (struct mhp_range){ at, at + piece }, true);
			bytes -= piece;
		}
		at = end;
	}
	return rc;
}

static void shrink(struct device *device, uint64_t bytes)
{
	while (bytes) {
		struct mhp_range *last = &device->ranges[device->nr - 1];
		uint64_t size = last->end - last->start;

		if (size > bytes) {
			last->end -= bytes;
			return;
		}
		bytes -= size;
		device->nr--;
	}
}

static uint64_t align_of(int fd, const char *name)
{
	ROOT_PATH(path, DEVICES "/%s/align", name);
	return number_in(fd, path, 10);
}

static bool is_aligned(int fd, const char *name, uint64_t bytes)
{
	uint64_t align = align_of(fd, name);

	return bytes % (align > LEAST ? align : LEAST) == 0;
}

static int write_size(int fd, struct region *region, struct device *device, const char *text)
{
	uint64_t size, now = size_of(device);

	if (parse_u64(text, 10, &size) < 0 || !is_aligned(fd, device->name, size))
		return -EINVAL;
	if (is_bound(fd, device->name))
		return -EBUSY;
	if (size > now && size - now > free_in(region))
		return -ENOSPC;
	if (size > now)
		return grow(region, device, size - now);
	shrink(device, now - size);
	return 0;
}

static int write_align(int fd, const struct device *device, const char *text)
{
	uint64_t align;

	if (parse_u64(text, 10, &align) < 0)
		return -ENXIO;
	if (align != 4096 && align != LEAST && align != 1ULL << 30)
		return -EINVAL;
	if (is_bound(fd, device->name))
		return -EBUSY;
	for (unsigned i = 0; i < device->nr; i++)
		if ((device->ranges[i].end - device->ranges[i].start) % align)
			return -EINVAL;
	ROOT_PATH(path, DEVICES "/%s/align", device->name);
	return tree_put(fd, path, "%" PRIu64 "\n", align);
}

/* The kernel does not check for a driver, and ignores a length that is not aligned. */
static int write_mapping(int fd, const struct region *region, struct device *device,
			 const char *text)
{
	struct mhp_range range;
	unsigned long long start, last;
	uint64_t end;

	if (sscanf(text, "%llx-%llx", &start, &last) != 2)
		return -EINVAL;
	range = (struct mhp_range){ start, last + 1 };
	if (range.end <= range.start || !is_aligned(fd, device->name, range.end - range.start))
		return 0;
	if (!range_contains(region->range, range) || is_taken(region, range.start, &end) ||
	    end < range.end)
		return -ENOMEM;
	return add_range(device, range, false);
}

int fake_dax_divide(int fd, const char *name, const char *file, const char *text)
{
	struct region region;
	struct device *device = NULL;
	unsigned number;
	int rc;

	if (sscanf(name, "dax%u.", &number) != 1 || read_region(fd, number, &region) < 0)
		return -EACCES;
	for (unsigned i = 0; i < region.nr; i++)
		if (strcmp(region.devices[i].name, name) == 0)
			device = &region.devices[i];
	if (!device)
		return -ENOENT;
	if (strcmp(file, "align") == 0)
		return write_align(fd, device, text);
	if (strcmp(file, "size") == 0)
		rc = write_size(fd, &region, device, text);
	else
		rc = strcmp(file, "mapping") == 0 ? write_mapping(fd, &region, device, text)
						  : -EACCES;
	return rc < 0 ? rc : put_region(fd, &region);
}
