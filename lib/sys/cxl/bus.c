/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/bus.h"
#include "lib/base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

uint64_t cxl_number(const struct root *sys, const char *device, const char *attribute, int base)
{
	uint64_t value;

	ROOT_PATH(path, CXL_DEVICES "/%s/%s", device, attribute);
	return root_read_u64(sys, path, base, &value) < 0 ? MHP_UNKNOWN : value;
}

enum mhp_tristate cxl_flag(const struct root *sys, const char *device, const char *attribute)
{
	uint64_t value = cxl_number(sys, device, attribute, 10);

	if (value > 1)
		return MHP_TRISTATE_UNKNOWN;
	return value ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

void cxl_text(const struct root *sys, const char *device, const char *attribute, char *buf,
	      size_t size)
{
	ROOT_PATH(path, CXL_DEVICES "/%s/%s", device, attribute);
	if (root_read(sys, path, buf, size) < 0)
		buf[0] = '\0';
}

int cxl_exists(const struct root *sys, const char *device)
{
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s", device);
	rc = root_has_name(sys, path);
	if (rc == 0 && root_is_listed(sys, CXL_DEVICES, device) != 0)
		return -EIO;
	return rc;
}

enum mhp_tristate cxl_has_driver(const struct root *sys, const char *device)
{
	char driver[MHP_NAME_MAX];
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s/driver", device);
	rc = root_link_name(sys, path, driver, sizeof(driver));
	if (rc == 0)
		return MHP_TRISTATE_YES;
	ROOT_PATH(directory, CXL_DEVICES "/%s", device);
	return rc == -ENOENT && root_is_listed(sys, directory, "driver") == 0
		       ? MHP_TRISTATE_NO
		       : MHP_TRISTATE_UNKNOWN;
}

int cxl_parent(const struct root *sys, const char *device, char *name, size_t size)
{
	char target[PATH_MAX], *end, *start;
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s", device);
	rc = root_link(sys, path, target, sizeof(target));
	if (rc < 0)
		return rc;
	end = strrchr(target, '/');
	if (!end)
		return -ENOENT;
	*end = '\0';
	start = strrchr(target, '/');
	start = start ? start + 1 : target;
	if (strlen(start) >= size)
		return -EOVERFLOW;
	str_copy_to(name, size, start);
	return 0;
}

int cxl_decoder_memdev(const struct root *sys, const char *decoder, char *name, size_t size)
{
	unsigned port, number;

	if (sscanf(decoder, "decoder%u.%u", &port, &number) != 2)
		return -ENOENT;
	ROOT_PATH(uport, CXL_DEVICES "/endpoint%u/uport", port);
	return root_link_name(sys, uport, name, size);
}

int cxl_serial(const struct root *sys, const char *memdev, uint64_t *serial)
{
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s/serial", memdev);
	rc = root_read_u64(sys, path, 16, serial);
	if (rc < 0)
		return rc;
	return *serial ? 0 : -ENODATA;
}

/* ---- host bridges ------------------------------------------------------------------------ */

struct bridge_search {
	char root[MHP_NAME_MAX];  /* root0 */
	char uport[MHP_NAME_MAX]; /* the device of the host bridge */
	int number;		  /* or -1 */
};

/* Compares the device of dport12 with that of the port: the number is 12. */
static int compare_dport(const struct root *sys, const char *name, void *data)
{
	struct bridge_search *search = data;
	char device[MHP_NAME_MAX];
	uint64_t number;

	if (root_name_id(name, "dport", &number) < 0 || number > INT_MAX)
		return 0;
	ROOT_PATH(path, CXL_DEVICES "/%s/%s", search->root, name);
	if (root_link_name(sys, path, device, sizeof(device)) == 0 &&
	    strcmp(device, search->uport) == 0)
		search->number = (int)number;
	return 0;
}

/* Copies the part of a path that begins at @from and ends before a slash. */
static int copy_part(const char *from, char *name, size_t size)
{
	size_t len = strcspn(from, "/");

	if (!len || len >= size)
		return -ENOENT;
	str_copy_to(name, len + 1, from);
	return 0;
}

/* Splits ".../root0/port1/endpoint5": the host bridge is port1 of root0. */
static int read_port(const struct root *sys, const char *endpoint, struct bridge_search *search,
		     char *port, size_t size)
{
	char target[PATH_MAX], *at;
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s", endpoint);
	rc = root_link(sys, path, target, sizeof(target));
	if (rc < 0)
		return rc;
	at = strstr(target, "/root");
	if (!at)
		return -ENOENT;
	rc = copy_part(at + 1, search->root, sizeof(search->root));
	return rc < 0 ? rc : copy_part(at + strlen(search->root) + 2, port, size);
}

int cxl_bridge(const struct root *sys, const char *endpoint, int *bridge)
{
	struct bridge_search search = { .number = -1 };
	char port[MHP_NAME_MAX];
	int rc = read_port(sys, endpoint, &search, port, sizeof(port));

	if (rc < 0)
		return rc;
	ROOT_PATH(uport, CXL_DEVICES "/%s/uport", port);
	rc = root_link_name(sys, uport, search.uport, sizeof(search.uport));
	if (rc < 0)
		return rc;
	ROOT_PATH(root, CXL_DEVICES "/%s", search.root);
	rc = root_each(sys, root, compare_dport, &search);
	if (rc < 0)
		return rc;
	*bridge = search.number;
	return search.number < 0 ? -ENOENT : 0;
}
