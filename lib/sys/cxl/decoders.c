/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Free decoders of the ports above a memory device: each region takes one of every port on its way
 * (drivers/cxl/core/region.c:cxl_port_attach_region()). A host bridge with one root port may have a
 * single one, which the kernel adds for it.
 */
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/endpoint.h"
#include "lib/sys/cxl/parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Returns -1 if a decoder answers to addresses of no region that is known. */
static int count_free_of_port(const struct root *sys, unsigned port)
{
	char name[MHP_NAME_MAX], region[MHP_NAME_MAX];
	unsigned nr = 0;
	int nr_free = 0, rc;

	for (;; nr++) {
		str_format(name, "decoder%u.%u", port, nr);
		rc = cxl_exists(sys, name);
		if (rc <= 0)
			break;
		ROOT_PATH(path, CXL_DEVICES "/%s/region", name);
		if (root_read(sys, path, region, sizeof(region)) < 0)
			return -1;
		if (!*region && cxl_number(sys, name, "size", 16) != 0)
			return -1;
		nr_free += !*region;
	}
	return rc == 0 && nr ? nr_free : -1;
}

static int count_free_of_endpoint(const struct root *sys, const char *name)
{
	struct cxl_endpoint endpoint = { 0 };

	str_copy(endpoint.name, name);
	if (cxl_read_endpoint(sys, &endpoint) < 0 || !endpoint.nr)
		return -1;
	return (int)cxl_nr_unused(&endpoint);
}

static void take_fewest(int *fewest, int nr)
{
	if (nr >= 0 && (*fewest < 0 || nr < *fewest))
		*fewest = nr;
}

void cxl_count_free_decoders(const struct root *sys, const char *endpoint, int *own, int *bridge)
{
	char target[PATH_MAX], *at;
	bool is_bridge = true;
	unsigned port;

	*own = count_free_of_endpoint(sys, endpoint);
	*bridge = -1;
	ROOT_PATH(path, CXL_DEVICES "/%s", endpoint);
	if (root_link(sys, path, target, sizeof(target)) < 0)
		return;
	at = strstr(target, "/root"); /* .../root0/port1/port3/endpoint5 */
	while (at && (at = strchr(at + 1, '/')) && sscanf(at, "/port%u/", &port) == 1) {
		const int nr = count_free_of_port(sys, port);

		if (is_bridge)
			*bridge = nr;
		else
			take_fewest(own, nr);
		is_bridge = false;
	}
}
