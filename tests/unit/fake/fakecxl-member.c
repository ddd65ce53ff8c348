/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoders of the fake CXL bus: members of regions, and their capacity. */
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

#define UNIT (256ULL << 20)

int fakecxl_read(int fd, const char *name, struct fakecxl_state *region)
{
	char file[16];
	unsigned attached = 0;

	*region = (struct fakecxl_state){ 0 };
	if (!fakecxl_has(fd, name))
		return -ENOENT;
	str_copy(region->name, name);
	fakecxl_above(fd, name, region->window, sizeof(region->window));
	region->size = fakecxl_value(fd, name, "size");
	region->start = fakecxl_value(fd, name, "resource");
	region->ways = (unsigned)fakecxl_value(fd, name, "interleave_ways");
	for (unsigned i = 0; i < region->ways; i++) {
		str_format(file, "target%u", i);
		fakecxl_get(fd, name, file, region->targets[i], sizeof(region->targets[i]));
		attached += *region->targets[i] != '\0';
	}
	if (fakecxl_value(fd, name, "commit"))
		region->state = COMMIT;
	else if (region->size && region->ways && attached == region->ways)
		region->state = ACTIVE;
	else if (region->size)
		region->state = INTERLEAVE_ACTIVE;
	return 0;
}

/* ---- decoders ---------------------------------------------------------------------------- */

/* Finds the port of an endpoint decoder: "port1". */
static void port_of(int fd, const char *decoder, char *port, size_t size)
{
	char endpoint[MHP_NAME_MAX];

	fakecxl_above(fd, decoder, endpoint, sizeof(endpoint));
	fakecxl_above(fd, endpoint, port, size);
}

static void memdev_of(int fd, const char *decoder, char *memdev, size_t size)
{
	const struct root sys = { .root_fd = fd };
	char endpoint[MHP_NAME_MAX];

	fakecxl_above(fd, decoder, endpoint, sizeof(endpoint));
	ROOT_PATH(path, FAKE_CXL "/%s/uport", endpoint);
	if (root_link_name(&sys, path, memdev, size) < 0)
		memdev[0] = '\0';
}

/* Finds the decoder of a port that the region uses, or with "" the first free one. */
static bool find_switch_decoder(int fd, const char *port, const char *region, char *name,
				size_t size)
{
	char used[MHP_NAME_MAX];

	for (unsigned i = 0;; i++) {
		snprintf(name, size, "decoder%s.%u", port + strlen("port"), i);
		if (!fakecxl_has(fd, name))
			return false;
		fakecxl_get(fd, name, "region", used, sizeof(used));
		if (strcmp(used, region) == 0)
			return true;
	}
}

/* Counts the committed decoders of a port or endpoint, up to the last one. */
static unsigned count_committed(int fd, const char *port)
{
	const char *number = port + strcspn(port, "0123456789");
	char name[MHP_NAME_MAX];
	unsigned nr = 0;

	for (unsigned i = 0; i < 16; i++) {
		str_format(name, "decoder%s.%u", number, i);
		if (fakecxl_value(fd, name, "size"))
			nr = i + 1;
	}
	return nr;
}

unsigned fakecxl_instance(const char *decoder)
{
	return (unsigned)atoi(strchr(decoder, '.') + 1);
}

/* Sets the addresses of a decoder: size 0 to reset it. */
static int set_decoder(int fd, const char *decoder, const char *port, uint64_t start, uint64_t size)
{
	fakecxl_put(fd, decoder, "start", "0x%" PRIx64, start);
	fakecxl_put(fd, decoder, "size", "0x%" PRIx64, size);
	return fakecxl_put(fd, port, "decoders_committed", "%u", count_committed(fd, port));
}

/* Sets, or resets, the decoders of one position. -EBUSY: an earlier decoder is not committed. */
int fakecxl_set_position(int fd, const struct fakecxl_state *region, const char *decoder,
			 bool commit)
{
	const uint64_t start = commit ? region->start : 0, size = commit ? region->size : 0;
	char endpoint[MHP_NAME_MAX], port[MHP_NAME_MAX], above[MHP_NAME_MAX];

	fakecxl_above(fd, decoder, endpoint, sizeof(endpoint));
	fakecxl_above(fd, endpoint, port, sizeof(port));
	if (commit && count_committed(fd, endpoint) != fakecxl_instance(decoder))
		return -EBUSY;
	set_decoder(fd, decoder, endpoint, start, size);
	if (find_switch_decoder(fd, port, region->name, above, sizeof(above)))
		set_decoder(fd, above, port, start, size);
	return 0;
}

void fakecxl_reset(int fd, const struct fakecxl_state *region)
{
	for (unsigned i = region->ways; i-- > 0;)
		if (*region->targets[i])
			fakecxl_set_position(fd, region, region->targets[i], false);
	fakecxl_put(fd, region->name, "commit", "0");
}

/* ---- targets ----------------------------------------------------------------------------- */

/* Returns whether the host bridge of a decoder is at the position of the window. */
static bool is_at_position(int fd, const struct fakecxl_state *region, unsigned position,
			   const char *decoder)
{
	char list[64], port[MHP_NAME_MAX], *at = list;
	unsigned ways = (unsigned)fakecxl_value(fd, region->window, "interleave_ways");

	port_of(fd, decoder, port, sizeof(port));
	fakecxl_get(fd, region->window, "target_list", list, sizeof(list));
	for (unsigned i = 0; i < position % ways && at; i++)
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL;
	return at && (unsigned)atoi(at) == fakecxl_value(fd, port, "fake_bridge");
}

static bool has_memdev(int fd, const struct fakecxl_state *region, const char *decoder)
{
	char wanted[MHP_NAME_MAX], memdev[MHP_NAME_MAX];

	memdev_of(fd, decoder, wanted, sizeof(wanted));
	for (unsigned i = 0; i < region->ways; i++) {
		if (!*region->targets[i])
			continue;
		memdev_of(fd, region->targets[i], memdev, sizeof(memdev));
		if (strcmp(memdev, wanted) == 0)
			return true;
	}
	return false;
}

static int check_target(int fd, const struct fakecxl_state *region, unsigned position,
			const char *decoder)
{
	char mode[16], used[MHP_NAME_MAX];
	const uint64_t bytes = fakecxl_value(fd, decoder, "dpa_size");

	fakecxl_get(fd, decoder, "mode", mode, sizeof(mode));
	fakecxl_get(fd, decoder, "region", used, sizeof(used));
	if (strcmp(mode, "none") == 0)
		return -ENODEV;
	if (strcmp(mode, "ram") != 0)
		return -EINVAL;
	if (region->state > INTERLEAVE_ACTIVE || *used)
		return -EBUSY;
	if (region->state < INTERLEAVE_ACTIVE || !bytes)
		return -ENXIO;
	if (bytes * region->ways != region->size)
		return -EINVAL;
	if (*region->targets[position] || has_memdev(fd, region, decoder))
		return -EBUSY;
	return is_at_position(fd, region, position, decoder) ? 0 : -ENXIO;
}

struct order {
	int fd;
	const struct fakecxl_state *region;
	const char *port;
	bool is_violated;
};

/* alloc_region_ref(): a port takes its regions in the order of their addresses. */
static int compare_order(const struct root *sys, const char *name, void *data)
{
	struct order *order = data;
	struct fakecxl_state other;
	char port[MHP_NAME_MAX];
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "region", &id) < 0 || fakecxl_read(order->fd, name, &other) < 0 ||
	    !other.size || other.start <= order->region->start)
		return 0;
	for (unsigned i = 0; i < other.ways; i++) {
		port_of(order->fd, other.targets[i], port, sizeof(port));
		if (*other.targets[i] && strcmp(port, order->port) == 0)
			order->is_violated = true;
	}
	return 0;
}

static int attach(int fd, const struct fakecxl_state *region, unsigned position,
		  const char *decoder)
{
	char file[16], port[MHP_NAME_MAX], above[MHP_NAME_MAX];
	struct order order = { .fd = fd, .region = region, .port = port };
	int rc = check_target(fd, region, position, decoder);

	if (rc < 0)
		return rc;
	port_of(fd, decoder, port, sizeof(port));
	fakecxl_each(fd, compare_order, &order);
	if (order.is_violated)
		return -EBUSY;
	if (!find_switch_decoder(fd, port, region->name, above, sizeof(above)) &&
	    !find_switch_decoder(fd, port, "", above, sizeof(above)))
		return -EBUSY;
	fakecxl_put(fd, above, "region", "%s", region->name);
	fakecxl_put(fd, decoder, "region", "%s", region->name);
	str_format(file, "target%u", position);
	return fakecxl_put(fd, region->name, file, "%s", decoder);
}

/* Frees the decoder of a host bridge if no member is left below it. */
static void free_switch_decoder(int fd, const char *region, const char *port)
{
	struct fakecxl_state left;
	char other[MHP_NAME_MAX], above[MHP_NAME_MAX];

	if (fakecxl_read(fd, region, &left) < 0)
		return;
	for (unsigned i = 0; i < left.ways; i++) {
		port_of(fd, left.targets[i], other, sizeof(other));
		if (*left.targets[i] && strcmp(other, port) == 0)
			return;
	}
	if (find_switch_decoder(fd, port, region, above, sizeof(above)))
		fakecxl_put(fd, above, "region", "%s", "");
}

void fakecxl_detach(int fd, const struct fakecxl_state *region, unsigned position)
{
	const char *decoder = region->targets[position];
	char file[16], port[MHP_NAME_MAX];

	if (!*decoder)
		return;
	if (fakecxl_value(fd, region->name, "commit"))
		fakecxl_reset(fd, region);
	port_of(fd, decoder, port, sizeof(port));
	fakecxl_put(fd, decoder, "region", "%s", "");
	str_format(file, "target%u", position);
	fakecxl_put(fd, region->name, file, "%s", "");
	free_switch_decoder(fd, region->name, port);
	fakecxl_release(fd, region->name);
}

int fakecxl_write_target(int fd, const struct fakecxl_state *region, unsigned position,
			 const char *text)
{
	char type[32], line[128];
	int rc;

	if (position >= region->ways)
		return -ENXIO;
	if (!*text) {
		fakecxl_detach(fd, region, position);
		return 0;
	}
	if (!fakecxl_has(fd, text))
		return -ENODEV;
	fakecxl_get(fd, text, "devtype", type, sizeof(type));
	rc = strcmp(type, "cxl_decoder_endpoint") == 0 ? attach(fd, region, position, text)
						       : -EINVAL;
	if (rc < 0) {
		str_format(line, "cxl_port endpoint%.*s: failed to attach %s to %s: %d",
			   (int)strcspn(text + strlen("decoder"), "."), text + strlen("decoder"),
			   text, region->name, rc);
		fake_kmsg(fd, line);
	}
	return rc;
}

/* ---- capacity of a memory device --------------------------------------------------------- */

/* Finds the last decoder of the endpoint with capacity, or -1, and the sum of all. */
static int last_allocated(int fd, const char *decoder, uint64_t *sum)
{
	char name[MHP_NAME_MAX];
	int last = -1;

	*sum = 0;
	for (int i = 0; i < 16; i++) {
		uint64_t bytes;

		str_format(name, "%.*s.%d", (int)strcspn(decoder, "."), decoder, i);
		bytes = fakecxl_value(fd, name, "dpa_size");
		*sum += bytes;
		if (bytes)
			last = i;
	}
	return last;
}

static bool is_in_use(int fd, const char *decoder)
{
	char used[MHP_NAME_MAX];

	fakecxl_get(fd, decoder, "region", used, sizeof(used));
	return *used || fakecxl_value(fd, decoder, "size");
}

static int put_capacity(int fd, const char *decoder, uint64_t at, uint64_t bytes)
{
	fakecxl_put(fd, decoder, "dpa_resource", "0x%" PRIx64, at);
	return fakecxl_put(fd, decoder, "dpa_size", "0x%016" PRIx64, bytes);
}

int fakecxl_write_capacity(int fd, const char *decoder, const char *text)
{
	char memdev[MHP_NAME_MAX], mode[16];
	uint64_t bytes, sum, now = fakecxl_value(fd, decoder, "dpa_size");
	int last = last_allocated(fd, decoder, &sum), number = (int)fakecxl_instance(decoder);

	if (fakecxl_number(text, &bytes) < 0 || bytes % UNIT)
		return -EINVAL;
	if (now && (is_in_use(fd, decoder) || last != number))
		return -EBUSY;
	sum -= now;
	put_capacity(fd, decoder, UINT64_MAX, 0);
	if (!bytes)
		return 0;
	memdev_of(fd, decoder, memdev, sizeof(memdev));
	fakecxl_get(fd, decoder, "mode", mode, sizeof(mode));
	last = last_allocated(fd, decoder, &sum);
	if (is_in_use(fd, decoder) || strcmp(mode, "none") == 0 || last + 1 != number)
		return -EBUSY;
	if (sum + bytes > fakecxl_value(fd, memdev, "ram/size"))
		return -ENOSPC;
	return put_capacity(fd, decoder, sum, bytes);
}

int fakecxl_write_mode(int fd, const char *decoder, const char *text)
{
	char memdev[MHP_NAME_MAX], file[16];

	if (strcmp(text, "ram") != 0 && strcmp(text, "pmem") != 0)
		return -EINVAL;
	if (fakecxl_value(fd, decoder, "size") || fakecxl_value(fd, decoder, "dpa_size"))
		return -EBUSY;
	memdev_of(fd, decoder, memdev, sizeof(memdev));
	str_format(file, "%s/size", text);
	if (!fakecxl_value(fd, memdev, file))
		return -ENXIO;
	return fakecxl_put(fd, decoder, "mode", "%s", text);
}
