/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers writes to the regions of the CXL bus as the kernel does, with its errors. */
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

int fakecxl_number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 0);
	return *text && !*end ? 0 : -EINVAL;
}

struct numbers {
	bool used[64];
	int fd;
};

static int use_number(const struct root *sys, const char *name, void *data)
{
	struct numbers *numbers = data;
	char offered[MHP_NAME_MAX] = "";
	uint64_t id;

	(void)sys;
	if (strncmp(name, "decoder0.", 9) == 0)
		fakecxl_get(numbers->fd, name, "create_ram_region", offered, sizeof(offered));
	if ((root_name_id(name, "region", &id) == 0 || root_name_id(offered, "region", &id) == 0) &&
	    id < 64)
		numbers->used[id] = true;
	return 0;
}

static int put_offer(int fd, const char *window, unsigned number)
{
	int rc = fakecxl_put(fd, window, "create_ram_region", "region%u", number);

	return rc < 0 ? rc : fakecxl_put(fd, window, "create_pmem_region", "region%u", number);
}

int fakecxl_offer(int fd, const char *window)
{
	struct numbers numbers = { .fd = fd };
	unsigned number = 0;

	fakecxl_each(fd, use_number, &numbers);
	while (number < 63 && numbers.used[number])
		number++;
	return put_offer(fd, window, number);
}

static int create_region(int fd, const char *window, const char *text, const char *mode)
{
	static const char *const zero[] = { "commit", "size", "interleave_ways",
					    "interleave_granularity" };
	char offered[MHP_NAME_MAX], folder[256];
	uint64_t id;
	int rc;

	if (root_name_id(text, "region", &id) < 0)
		return -EINVAL;
	fakecxl_get(fd, window, "create_ram_region", offered, sizeof(offered));
	if (strcmp(text, offered) != 0)
		return -EBUSY;
	rc = fakecxl_path(fd, window, folder, sizeof(folder));
	if (rc == 0)
		rc = fakecxl_add(fd, folder + strlen("sys/"), text, "cxl_region");
	for (size_t i = 0; i < 4 && rc == 0; i++)
		rc = fakecxl_put(fd, text, zero[i], "0");
	if (rc == 0)
		rc = fakecxl_put(fd, text, "mode", "%s", mode);
	if (rc == 0)
		rc = fakecxl_put(fd, text, "uuid", "%s", "");
	if (rc == 0)
		rc = fakecxl_put(fd, text, "locked", "0");
	if (rc == 0)
		rc = fakecxl_put(fd, text, "resource", "0xffffffffffffffff");
	return rc < 0 ? rc : fakecxl_offer(fd, window);
}

/* ---- commit ------------------------------------------------------------------------------ */

static bool is_locked(int fd, const struct fakecxl_state *region)
{
	for (unsigned i = 0; i < region->ways; i++)
		if (*region->targets[i] && fakecxl_value(fd, region->targets[i], "locked"))
			return true;
	return fakecxl_value(fd, region->name, "locked");
}

static int flush_caches(int fd, const char *region)
{
	char line[128];

	if (!fakecxl_knob(fd, "no-flush"))
		return 0;
	str_format(line, "cxl %s: Failed to synchronize CPU cache state", region);
	fake_kmsg(fd, line);
	return -ENXIO;
}

static int write_commit(int fd, struct fakecxl_state *region, const char *text)
{
	const bool commit = strcmp(text, "1") == 0;
	int rc;

	if (!commit && strcmp(text, "0") != 0)
		return -EINVAL;
	if (commit == (region->state == COMMIT))
		return 0;
	if (commit && region->state < ACTIVE)
		return -ENXIO;
	if (!commit && is_locked(fd, region))
		return -EPERM;
	rc = flush_caches(fd, region->name);
	if (rc < 0)
		return rc;
	if (!commit) {
		fakecxl_release(fd, region->name);
		fakecxl_reset(fd, region);
		return 0;
	}
	for (unsigned i = 0; i < region->ways && rc == 0; i++)
		rc = fakecxl_set_position(fd, region, region->targets[i], true);
	if (rc < 0) {
		fakecxl_reset(fd, region);
		return rc;
	}
	return fakecxl_put(fd, region->name, "commit", "1");
}

/* ---- ways, granularity, size ------------------------------------------------------------- */

static int write_granularity(int fd, const struct fakecxl_state *region, const char *text)
{
	uint64_t value;

	if (fakecxl_number(text, &value) < 0 || !is_power_of_two(value) || value < 256 ||
	    value > 16384)
		return -EINVAL;
	if (fakecxl_value(fd, region->window, "interleave_ways") > 1 &&
	    fakecxl_value(fd, region->window, "interleave_granularity") != value)
		return -EINVAL;
	if (region->state >= INTERLEAVE_ACTIVE)
		return -EBUSY;
	return fakecxl_put(fd, region->name, "interleave_granularity", "%" PRIu64, value);
}

static int write_ways(int fd, const struct fakecxl_state *region, const char *text)
{
	static const unsigned known[] = { 1, 2, 4, 8, 16, 3, 6, 12 };
	const uint64_t root = fakecxl_value(fd, region->window, "interleave_ways");
	bool is_known = false;
	uint64_t value;
	char file[16];
	int rc;

	if (fakecxl_number(text, &value) < 0)
		return -EINVAL;
	for (size_t i = 0; i < 8; i++)
		is_known |= known[i] == value;
	if (!is_known || value % root || !is_power_of_two(value / root))
		return -EINVAL;
	if (region->state >= INTERLEAVE_ACTIVE)
		return -EBUSY;
	rc = fakecxl_put(fd, region->name, "interleave_ways", "%" PRIu64, value);
	for (unsigned i = 0; i < MHP_CXL_WAYS_MAX && rc == 0; i++) {
		str_format(file, "target%u", i);
		ROOT_PATH(path, FAKE_CXL "/%s/%s", region->name, file);
		if (i < value)
			rc = fakecxl_put(fd, region->name, file, "%s", "");
		else
			tree_remove(fd, path);
	}
	return rc;
}

struct hole {
	int fd;
	const char *window;
	struct mhp_range range; /* that is tried */
	bool is_taken;
};

static int compare_range(const struct root *sys, const char *name, void *data)
{
	struct hole *hole = data;
	struct fakecxl_state other;
	struct mhp_range used;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "region", &id) < 0 || fakecxl_read(hole->fd, name, &other) < 0)
		return 0;
	used = (struct mhp_range){ other.start, other.start + other.size };
	if (other.size && strcmp(other.window, hole->window) == 0 &&
	    range_overlaps(used, hole->range)) {
		hole->is_taken = true;
		hole->range.start = used.end;
	}
	return 0;
}

/* Finds the lowest free place. The kernel's error is that of alloc_free_mem_region(). */
static int find_place(int fd, const char *window, uint64_t size, uint64_t *start)
{
	const uint64_t first = fakecxl_value(fd, window, "start");
	struct hole hole = { .fd = fd, .window = window, .range = { first, first + size } };

	do {
		if (hole.range.start + size > first + fakecxl_value(fd, window, "size"))
			return -ERANGE;
		hole.is_taken = false;
		hole.range.end = hole.range.start + size;
		fakecxl_each(fd, compare_range, &hole);
	} while (hole.is_taken);
	*start = hole.range.start;
	return 0;
}

static int put_size(int fd, const struct fakecxl_state *region, uint64_t start, uint64_t size)
{
	int rc = fakecxl_put(fd, region->name, "resource", "0x%" PRIx64, start);

	if (rc < 0)
		return rc;
	return fakecxl_put(fd, region->name, "size", size ? "0x%" PRIx64 : "%" PRIu64, size);
}

static int write_size(int fd, const struct fakecxl_state *region, const char *text)
{
	uint64_t size, start;
	int rc;

	if (fakecxl_number(text, &size) < 0)
		return -EINVAL;
	if (size == region->size)
		return 0;
	if (!size)
		return region->state >= ACTIVE ? -EBUSY : put_size(fd, region, UINT64_MAX, 0);
	if (region->size)
		return -EBUSY;
	if (!region->ways || !fakecxl_value(fd, region->name, "interleave_granularity"))
		return -ENXIO;
	if (size % (UNIT * region->ways))
		return -EINVAL;
	rc = find_place(fd, region->window, size, &start);
	return rc < 0 ? rc : put_size(fd, region, start, size);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

static int delete_region(int fd, const char *window, const char *name)
{
	struct fakecxl_state region;
	char offered[MHP_NAME_MAX];
	uint64_t id, next;

	if (root_name_id(name, "region", &id) < 0 || fakecxl_read(fd, name, &region) < 0 ||
	    strcmp(region.window, window) != 0)
		return -ENODEV;
	fakecxl_release(fd, name);
	for (unsigned i = 0; i < region.ways; i++)
		fakecxl_detach(fd, &region, i);
	fakecxl_remove(fd, name);
	/* cxl_region_release(): the number is offered again if that is lower */
	fakecxl_get(fd, window, "create_ram_region", offered, sizeof(offered));
	if (root_name_id(offered, "region", &next) == 0 && id < next)
		return put_offer(fd, window, (unsigned)id);
	return 0;
}

static int write_region(int fd, const char *name, const char *file, const char *text)
{
	struct fakecxl_state region;
	uint64_t position;
	int rc = fakecxl_read(fd, name, &region);

	if (rc < 0)
		return rc;
	if (strcmp(file, "commit") == 0)
		return write_commit(fd, &region, text);
	if (strcmp(file, "interleave_ways") == 0)
		return write_ways(fd, &region, text);
	if (strcmp(file, "interleave_granularity") == 0)
		return write_granularity(fd, &region, text);
	if (strcmp(file, "size") == 0)
		return write_size(fd, &region, text);
	if (root_name_id(file, "target", &position) == 0)
		return fakecxl_write_target(fd, &region, (unsigned)position, text);
	return -EACCES;
}

static int write_decoder(int fd, const char *name, const char *file, const char *text)
{
	if (strcmp(file, "create_ram_region") == 0)
		return create_region(fd, name, text, "ram");
	if (strcmp(file, "create_pmem_region") == 0)
		return create_region(fd, name, text, "pmem");
	if (strcmp(file, "delete_region") == 0)
		return delete_region(fd, name, text);
	if (strcmp(file, "mode") == 0)
		return fakecxl_write_mode(fd, name, text);
	return strcmp(file, "dpa_size") == 0 ? fakecxl_write_capacity(fd, name, text) : -EACCES;
}

static int dispatch(int fd, const char *path, const char *text)
{
	const struct root sys = { .root_fd = fd };
	char name[MHP_NAME_MAX], file[32];

	if (root_exists(&sys, path) <= 0)
		return -ENOENT;
	if (strcmp(path, "sys/bus/cxl/flush") == 0)
		return 0;
	if (strncmp(path, "sys/bus/cxl/drivers/", strlen("sys/bus/cxl/drivers/")) == 0)
		return fakecxl_write_driver(fd, path, text);
	if (sscanf(path, FAKE_CXL "/%31[^/]/%31[^/]", name, file) != 2)
		return -EACCES;
	return strncmp(name, "region", 6) == 0 ? write_region(fd, name, file, text)
					       : write_decoder(fd, name, file, text);
}

int fakecxl_write(int fd, const char *path, const char *text)
{
	char word[64];
	int rc;

	str_copy(word, text);
	word[strcspn(word, "\n")] = '\0';
	rc = dispatch(fd, path, word);
	fakecxl_update_iomem(fd);
	return rc;
}

/* ---- another program --------------------------------------------------------------------- */

/* Gives a decoder of the memory device to a position. */
static int add_member(int fd, const struct fakecxl_state *region, const char *memdev,
		      unsigned position)
{
	char decoder[MHP_NAME_MAX], file[16], bytes[32], endpoint[MHP_NAME_MAX];
	unsigned i = 0;
	int rc;

	fakecxl_endpoint_of(memdev, endpoint, sizeof(endpoint));
	do
		str_format(decoder, "decoder%.16s.%u", endpoint + strlen("endpoint"), i);
	while (fakecxl_value(fd, decoder, "dpa_size") && ++i);
	str_format(file, "target%u", position);
	str_format(bytes, "%" PRIu64, region->size / region->ways);
	rc = fakecxl_write_mode(fd, decoder, "ram");
	if (rc == 0)
		rc = fakecxl_write_capacity(fd, decoder, bytes);
	return rc < 0 ? rc : fakecxl_write_target(fd, region, position, decoder);
}

int fakecxl_region(int fd, const char *window, uint64_t size, const char *const *memdevs,
		   unsigned ways)
{
	char name[MHP_NAME_MAX], text[32];
	struct fakecxl_state region;
	int rc;

	fakecxl_get(fd, window, "create_ram_region", name, sizeof(name));
	rc = create_region(fd, window, name, "ram");
	if (rc == 0)
		rc = write_region(fd, name, "interleave_granularity", "256");
	str_format(text, "%u", ways);
	if (rc == 0)
		rc = write_region(fd, name, "interleave_ways", text);
	str_format(text, "%" PRIu64, size);
	if (rc == 0)
		rc = write_region(fd, name, "size", text);
	for (unsigned i = 0; i < ways && rc == 0; i++) {
		rc = fakecxl_read(fd, name, &region);
		if (rc == 0)
			rc = add_member(fd, &region, memdevs[i], i);
	}
	if (rc == 0)
		rc = write_region(fd, name, "commit", "1");
	if (rc == 0)
		rc = fakecxl_bind_region(fd, name);
	fakecxl_update_iomem(fd);
	return rc;
}
