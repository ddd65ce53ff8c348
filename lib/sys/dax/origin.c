/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds where the memory of a dax device comes from, by its path under /sys/devices. */
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Copies the name of the directory that precedes @folder in the path. */
static void folder_before(const char *path, const char *folder, char *name, size_t size)
{
	size_t len = (size_t)(folder - path), start = len;

	while (start && path[start - 1] != '/')
		start--;
	if (len - start < size)
		str_copy_to(name, len - start + 1, path + start);
}

/* Adds the serial number of the memory device to which an endpoint's decoder belongs. */
static void add_serial(const struct root *sys, const char *decoder, struct mhp_serials *serials)
{
	char memdev[MHP_NAME_MAX];

	if (cxl_decoder_memdev(sys, decoder, memdev, sizeof(memdev)) == 0 &&
	    cxl_serial(sys, memdev, &serials->numbers[serials->nr]) == 0)
		serials->nr++;
}

static void read_serials(const struct root *sys, struct mhp_dax *dax)
{
	char decoder[MHP_NAME_MAX];

	for (unsigned i = 0; i < SERIALS_MAX; i++) {
		ROOT_PATH(path, CXL_DEVICES "/%s/target%u", dax->cxl_region, i);
		if (root_read(sys, path, decoder, sizeof(decoder)) < 0)
			return;
		add_serial(sys, decoder, &dax->serials);
	}
}

bool dax_path_above(const struct mhp_dax *dax, char *path, size_t size)
{
	const char *end = strrchr(dax->path, '/');

	if (!end || end == dax->path || (size_t)(end - dax->path) > size)
		return false;
	str_copy_to(path, (size_t)(end - dax->path), dax->path + 1);
	return true;
}

/* Reads its dax region. Persistent memory has regions of its own, with namespaces. */
static void read_dax_region(const struct root *sys, struct mhp_dax *dax)
{
	char path[MHP_PATH_MAX];
	unsigned number;

	if (dax->origin == MHP_ORIGIN_PMEM || !dax_path_above(dax, path, sizeof(path)) ||
	    sscanf(dax->name, "dax%u.", &number) != 1)
		return;
	ROOT_PATH(create, "%s/dax_region/create", path); /* only if it can be divided */
	if (root_seems(sys, create))
		str_format(dax->dax_region, "dax_region%u", number);
}

void dax_read_origin(const struct root *sys, struct mhp_dax *dax)
{
	char target[PATH_MAX];
	const char *at;

	ROOT_PATH(link, "sys/bus/dax/devices/%s", dax->name);
	if (root_link(sys, link, target, sizeof(target)) < 0)
		return;
	at = strstr(target, "devices/");
	if (!at)
		return;
	str_format(dax->path, "/sys/%s", at);
	if (strstr(at, "/ndbus")) {
		dax->origin = MHP_ORIGIN_PMEM;
	} else if (strstr(at, "/hmem")) {
		dax->origin = MHP_ORIGIN_SOFT_RESERVED;
	} else if ((at = strstr(target, "/dax_region"))) {
		dax->origin = MHP_ORIGIN_CXL;
		folder_before(target, at, dax->cxl_region, sizeof(dax->cxl_region));
		read_serials(sys, dax);
	}
	read_dax_region(sys, dax);
}
