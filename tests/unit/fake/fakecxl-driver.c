/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drivers of the fake CXL bus, and the dax device of a region. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "tests/unit/fake/fakecxl-bus.h"
#include "tests/unit/fake/fakecxl.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVERS "sys/bus/cxl/drivers"

bool fakecxl_knob(int fd, const char *name)
{
	const struct root sys = { .root_fd = fd };

	ROOT_PATH(path, "cxl/%s", name);
	return root_has_name(&sys, path) > 0;
}

/* ---- regions ----------------------------------------------------------------------------- */

static void remove_dax(int fd, const char *region)
{
	char dax_region[MHP_NAME_MAX], name[MHP_NAME_MAX], path[64];

	for (unsigned i = 0; i < 8; i++) {
		str_format(name, "dax%s.%u", region + strlen("region"), i);
		str_format(path, "../../dax/devices/%s", name);
		if (!fakecxl_has(fd, path))
			continue;
		fake_dax_unbind(fd, name);
		fake_dax_remove(fd, name);
	}
	str_format(dax_region, "dax_%.24s", region);
	if (fakecxl_has(fd, dax_region))
		fakecxl_remove(fd, dax_region);
}

void fakecxl_release(int fd, const char *region)
{
	if (!fakecxl_is_bound(fd, region))
		return;
	ROOT_PATH(link, FAKE_CXL "/%s/driver", region);
	tree_remove(fd, link);
	remove_dax(fd, region);
}

/* Binds a dax region to cxl_dax_region, which makes one device of it. */
static int probe_dax(int fd, const struct fakecxl_state *region)
{
	const char *number = region->name + strlen("region");
	struct mhp_dax dax = {
		.size = region->size,
		.align = 2ULL << 20,
		.numa_node = -1,
		.target_node = (int)fakecxl_instance(region->window) + 2,
		.nr_ranges = 1,
		.ranges = { { region->start, region->start + region->size } },
	};
	char name[MHP_NAME_MAX];
	int rc;

	str_format(name, "dax_%.24s", region->name);
	rc = fakecxl_bind(fd, name, "cxl_dax_region");
	str_format(dax.name, "dax%.20s.0", number);
	str_copy(dax.cxl_region, region->name);
	if (rc == 0)
		rc = fake_dax_add(fd, &dax);
	if (rc == 0)
		rc = fake_dax_region_add(fd, (unsigned)atoi(number), dax.ranges[0]);
	if (rc == 0)
		fake_dax_probe_kmem(fd, dax.name);
	return rc;
}

static int add_dax(int fd, const struct fakecxl_state *region)
{
	char name[MHP_NAME_MAX], folder[256];
	int rc = fakecxl_path(fd, region->name, folder, sizeof(folder));

	if (fakecxl_knob(fd, "no-dax") || rc < 0)
		return rc;
	str_format(name, "dax_%.24s", region->name);
	rc = fakecxl_add(fd, folder + strlen("sys/"), name, "cxl_dax_region");
	return rc < 0 || fakecxl_knob(fd, "no-dax_cxl") ? rc : probe_dax(fd, region);
}

static int probe_one(const struct root *sys, const char *name, void *data)
{
	struct fakecxl_state region;
	uint64_t id;

	(void)data;
	if (root_name_id(name, "dax_region", &id) < 0 || fakecxl_is_bound(sys->root_fd, name) ||
	    fakecxl_read(sys->root_fd, name + strlen("dax_"), &region) < 0)
		return 0;
	return probe_dax(sys->root_fd, &region);
}

int fakecxl_load(int fd, const char *module)
{
	if (strcmp(module, "dax_cxl") != 0 || !fakecxl_knob(fd, "no-dax_cxl"))
		return 0;
	tree_remove(fd, "cxl/no-dax_cxl");
	return fakecxl_each(fd, probe_one, NULL);
}

int fakecxl_bind_region(int fd, const char *name)
{
	struct fakecxl_state region;

	if (fakecxl_read(fd, name, &region) < 0 || strncmp(name, "region", 6) != 0)
		return -ENODEV;
	if (fakecxl_is_bound(fd, name))
		return -EBUSY;
	if (region.state < COMMIT)
		return -ENXIO;
	fakecxl_bind(fd, name, "cxl_region");
	return add_dax(fd, &region);
}

static int drop_endpoint(int fd, const char *memdev)
{
	char endpoint[MHP_NAME_MAX], decoder[MHP_NAME_MAX], used[MHP_NAME_MAX];
	struct fakecxl_state region;
	int rc = 0;

	fakecxl_endpoint_of(memdev, endpoint, sizeof(endpoint));
	for (unsigned i = 0; i < 16 && rc == 0; i++) {
		str_format(decoder, "decoder%.16s.%u", endpoint + strlen("endpoint"), i);
		if (!fakecxl_has(fd, decoder))
			continue;
		fakecxl_get(fd, decoder, "region", used, sizeof(used));
		if (*used && fakecxl_read(fd, used, &region) == 0)
			for (unsigned k = 0; k < region.ways; k++)
				if (strcmp(region.targets[k], decoder) == 0)
					fakecxl_detach(fd, &region, k);
		rc = fakecxl_remove(fd, decoder);
	}
	ROOT_PATH(link, FAKE_CXL "/%s/driver", memdev);
	tree_remove(fd, link);
	return rc < 0 ? rc : fakecxl_remove(fd, endpoint);
}

int fakecxl_pull_card(int fd, const char *memdev)
{
	int rc = fakecxl_is_bound(fd, memdev) ? drop_endpoint(fd, memdev) : 0;

	if (rc == 0)
		rc = fakecxl_remove(fd, memdev);
	fakecxl_update_iomem(fd);
	return rc;
}

int fakecxl_write_driver(int fd, const char *path, const char *name)
{
	char driver[MHP_NAME_MAX], file[16];

	if (sscanf(path, DRIVERS "/%31[^/]/%15s", driver, file) != 2)
		return -ENOENT;
	if (!fakecxl_has(fd, name))
		return -ENODEV;
	if (strcmp(file, "bind") == 0) {
		if (strcmp(driver, "cxl_region") == 0)
			return fakecxl_bind_region(fd, name);
		if (strcmp(driver, "cxl_mem") != 0 || strncmp(name, "mem", 3) != 0)
			return -ENODEV;
		return fakecxl_is_bound(fd, name) ? -EBUSY : fakecxl_bind_memdev(fd, name);
	}
	if (!fakecxl_is_bound(fd, name))
		return -ENODEV;
	if (strcmp(driver, "cxl_mem") == 0)
		return drop_endpoint(fd, name);
	fakecxl_release(fd, name);
	return 0;
}
