/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/shown.h"
#include "lib/base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MEMORY	     "sys/devices/system/memory"
#define DEVICES	     4	/* of a region, at most */
#define BLOCKS_SHOWN 72 /* above all blocks of the scenes without CXL */
#define CXL	     "sys/bus/cxl/devices"

static void __attribute__((format(printf, 3, 4))) add(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

bool shown_block_is(int fd, uint64_t id, const char *wanted, const char *wanted_zones)
{
	char state[32], zones[64];

	ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/state", id);
	ROOT_PATH(zones_path, MEMORY "/memory%" PRIu64 "/valid_zones", id);
	if (tree_get(fd, path, state, sizeof(state)) < 0)
		return strcmp(wanted, "missing") == 0;
	return strcmp(state, wanted) == 0 &&
	       (!wanted_zones || (tree_get(fd, zones_path, zones, sizeof(zones)) == 0 &&
				  strcmp(zones, wanted_zones) == 0));
}

/* Adds the size and the ranges of a device, which only those of a dax region can change. */
static void add_mappings(int fd, unsigned x, unsigned y, char *text, size_t size)
{
	char start[32], end[32], bytes[32] = "";

	ROOT_PATH(size_path, "sys/bus/dax/devices/dax%u.%u/size", x, y);
	tree_get(fd, size_path, bytes, sizeof(bytes));
	add(text, size, " %s", bytes);
	for (unsigned i = 0; i < DEVICES; i++) {
		ROOT_PATH(start_path, "sys/bus/dax/devices/dax%u.%u/mapping%u/start", x, y, i);
		ROOT_PATH(end_path, "sys/bus/dax/devices/dax%u.%u/mapping%u/end", x, y, i);
		if (tree_get(fd, start_path, start, sizeof(start)) < 0 ||
		    tree_get(fd, end_path, end, sizeof(end)) < 0)
			return;
		add(text, size, " %s-%s", start, end);
	}
}

static void add_devices(int fd, char *text, size_t size)
{
	const struct root sys = { .root_fd = fd };

	for (unsigned n = 0; n < 2 * DEVICES; n++) {
		char driver[MHP_NAME_MAX] = "", state[32] = "";
		unsigned x = n / DEVICES, y = n % DEVICES;

		ROOT_PATH(device, "sys/bus/dax/devices/dax%u.%u", x, y);
		ROOT_PATH(link, "sys/bus/dax/devices/dax%u.%u/driver", x, y);
		ROOT_PATH(state_path, "sys/bus/dax/devices/dax%u.%u/state", x, y);
		if (!root_seems(&sys, device))
			continue;
		if (root_link_name(&sys, link, driver, sizeof(driver)) < 0)
			driver[0] = '\0';
		if (tree_get(fd, state_path, state, sizeof(state)) < 0)
			state[0] = '\0';
		add(text, size, "dax%u.%u %s %s", x, y, driver, state);
		add_mappings(fd, x, y, text, size);
		add(text, size, "\n");
	}
}

static void add_nd(int fd, char *text, size_t size)
{
	struct fake_nd nd;

	if (fake_nd_load(fd, &nd) < 0)
		return;
	for (size_t i = 0; i < nd.head.nr_regions; i++)
		add(text, size, "%s labels %d enabled %d free %" PRIu64 "\n", nd.regions[i].name,
		    nd.regions[i].has_labels, nd.regions[i].is_enabled,
		    nd.regions[i].available_bytes);
	for (size_t i = 0; i < nd.head.nr_namespaces; i++)
		add(text, size, "%s mode %d enabled %d\n", nd.namespaces[i].name,
		    (int)nd.namespaces[i].mode, nd.namespaces[i].is_enabled);
}

static void add_files(int fd, const char *device, const char *const *files, char *text, size_t size)
{
	add(text, size, "%s", device);
	for (; *files; files++) {
		char value[64] = "";

		ROOT_PATH(path, CXL "/%s/%s", device, *files);
		if (tree_get(fd, path, value, sizeof(value)) >= 0)
			add(text, size, " %s=%s", *files, value);
	}
	add(text, size, "\n");
}

/* Adds regions, decoders and drivers of the CXL bus. A decoder keeps its mode. */
static void add_cxl(int fd, char *text, size_t size)
{
	static const char *const of_region[] = { "size", "commit", "target0", "target1", NULL };
	static const char *const of_decoder[] = { "dpa_size", "region", NULL };
	const struct root sys = { .root_fd = fd };
	char name[MHP_NAME_MAX], driver[MHP_NAME_MAX];

	for (unsigned n = 0; n < 2 * DEVICES; n++) {
		str_format(name, n < DEVICES ? "region%u" : "mem%u", n % DEVICES);
		ROOT_PATH(device, CXL "/%s", name);
		ROOT_PATH(link, CXL "/%s/driver", name);
		if (!root_seems(&sys, device))
			continue;
		add(text, size, "%s ",
		    root_link_name(&sys, link, driver, sizeof(driver)) < 0 ? "idle" : driver);
		add_files(fd, name, of_region, text, size);
	}
	for (unsigned n = 0; n < 4; n++) {
		str_format(name, "decoder%u.%u", 5 + n / 2, n % 2);
		ROOT_PATH(decoder, CXL "/%s", name);
		if (root_seems(&sys, decoder))
			add_files(fd, name, of_decoder, text, size);
	}
}

static void add_blocks(int fd, uint64_t first, uint64_t end, char *text, size_t size)
{
	for (uint64_t id = first; id < end; id++) {
		char state[32], zones[64] = "";

		ROOT_PATH(path, MEMORY "/memory%" PRIu64 "/state", id);
		ROOT_PATH(zones_path, MEMORY "/memory%" PRIu64 "/valid_zones", id);
		if (tree_get(fd, path, state, sizeof(state)) < 0)
			continue;
		if (strcmp(state, "online") == 0)
			tree_get(fd, zones_path, zones, sizeof(zones));
		add(text, size, "memory%" PRIu64 " %s %s\n", id, state, zones);
	}
}

void shown_read(int fd, char *text, size_t size)
{
	const struct root sys = { .root_fd = fd };

	text[0] = '\0';
	add_blocks(fd, 32, BLOCKS_SHOWN, text, size);
	if (root_seems(&sys, CXL)) {
		add_blocks(fd, CXL_FIRST, CXL_FIRST + CXL_BLOCKS, text, size);
		add_blocks(fd, CXL_BOTH, CXL_BOTH + 2 * CXL_BLOCKS, text, size);
		add_cxl(fd, text, size);
	}
	add_devices(fd, text, size);
	add_nd(fd, text, size);
}

unsigned shown_count(int fd, uint64_t first, uint64_t last, const char *state, const char *zones)
{
	unsigned nr = 0;

	for (uint64_t id = first; id <= last; id++)
		nr += shown_block_is(fd, id, state, zones);
	return nr;
}
