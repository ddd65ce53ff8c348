/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds where the memory of a dax device comes from, by its path under /sys/devices. */
#include "lib/base/error.h"
#include "lib/sys/cxl.h"
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

/* Reads the serial number of the memory device to which an endpoint's decoder belongs. */
static int read_serial(const struct root *sys, const char *decoder, uint64_t *serial)
{
	char target[PATH_MAX], memdev[MHP_NAME_MAX], *end;
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s", decoder);
	rc = root_link(sys, path, target, sizeof(target));
	if (rc < 0)
		return rc;
	/* ".../endpoint5/decoder5.0": the endpoint's uport is the memory device */
	end = strrchr(target, '/');
	if (!end)
		return -ENOENT;
	*end = '\0';
	end = strrchr(target, '/');
	ROOT_PATH(uport, CXL_DEVICES "/%s/uport", end ? end + 1 : target);
	rc = root_link_name(sys, uport, memdev, sizeof(memdev));
	if (rc < 0)
		return rc;
	ROOT_PATH(serial_path, CXL_DEVICES "/%s/serial", memdev);
	return root_read_u64(sys, serial_path, 16, serial);
}

static void read_serials(const struct root *sys, struct mhp_dax *dax)
{
	char decoder[MHP_NAME_MAX];

	for (unsigned i = 0; i < MHP_SERIALS_MAX; i++) {
		ROOT_PATH(path, CXL_DEVICES "/%s/target%u", dax->cxl_region, i);
		if (root_read(sys, path, decoder, sizeof(decoder)) < 0)
			return;
		if (read_serial(sys, decoder, &dax->serials.numbers[dax->serials.nr]) == 0)
			dax->serials.nr++;
	}
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
}
