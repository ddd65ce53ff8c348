/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/counts.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/dax/state.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include "lib/sys/kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DAX_DEVICES "sys/bus/dax/devices"

static int read_mapping(const struct root *sys, const char *name, unsigned index,
			struct mhp_range *range)
{
	uint64_t last;
	int rc;

	ROOT_PATH(start_path, DAX_DEVICES "/%s/mapping%u/start", name, index);
	ROOT_PATH(end_path, DAX_DEVICES "/%s/mapping%u/end", name, index);
	rc = root_read_u64(sys, start_path, 16, &range->start);
	if (rc < 0)
		return rc;
	rc = root_read_u64(sys, end_path, 16, &last);
	if (rc < 0)
		return rc;
	range->end = last + 1;
	return 0;
}

/* Reads the single range of kernels before 5.10, which have resource and size but no mappings. */
static int read_resource(const struct root *sys, struct mhp_dax *dax)
{
	uint64_t start;
	int rc;

	ROOT_PATH(path, DAX_DEVICES "/%s/resource", dax->name);
	rc = root_read_u64(sys, path, 16, &start);
	if (rc < 0)
		return rc;
	dax->ranges[0] = (struct mhp_range){ start, start + dax->size };
	dax->nr_ranges = dax->size ? 1 : 0;
	return 0;
}

/* Returns whether the ranges add up to the size, as in the kernel (drivers/dax/bus.c:size_show). */
static bool ranges_fit(const struct mhp_dax *dax)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < dax->nr_ranges; i++) {
		if (dax->ranges[i].end <= dax->ranges[i].start)
			return false;
		sum += dax->ranges[i].end - dax->ranges[i].start;
	}
	return sum == dax->size;
}

static void read_ranges(const struct root *sys, struct mhp_dax *dax)
{
	struct mhp_range beyond;
	int rc = 0;

	while (rc == 0 && dax->nr_ranges < RANGES_MAX) {
		rc = read_mapping(sys, dax->name, dax->nr_ranges, &dax->ranges[dax->nr_ranges]);
		if (rc == 0)
			dax->nr_ranges++;
	}
	if (rc == -ENOENT && dax->nr_ranges == 0) /* a device of a dax region may have no memory */
		dax->has_ranges = !dax->size || read_resource(sys, dax) == 0;
	else if (rc == -ENOENT)
		dax->has_ranges = true;
	else if (rc == 0) /* more ranges than fit: unknown is better than some */
		dax->has_ranges = read_mapping(sys, dax->name, RANGES_MAX, &beyond) == -ENOENT;
	dax->has_ranges = dax->has_ranges && ranges_fit(dax);
}

/*
 * Splits the link "../../../devices/.../ndbus0/region0/dax0.0/dax0.0": the part before the last
 * name is the nd device that claims the namespace (older kernels have a directory "dax" in
 * between).
 */
static int read_nd_parent(const struct mhp_ctx *ctx, const char *name, char *region, size_t size,
			  char *nd_name, size_t nd_size)
{
	char target[PATH_MAX];
	char *at, *end;
	int rc;

	ROOT_PATH(path, DAX_DEVICES "/%s", name);
	rc = root_link(&ctx->sys, path, target, sizeof(target));
	if (rc < 0)
		return rc;
	at = strstr(target, "/ndbus");
	at = at ? strstr(at + 1, "/region") : NULL;
	if (!at)
		return -ENOENT;
	end = strchr(at + 1, '/');
	if (!end)
		return -ENOENT;
	*end = '\0';
	str_copy_to(region, size, at + 1);
	at = end + 1;
	at[strcspn(at, "/")] = '\0';
	str_copy_to(nd_name, nd_size, at);
	return 0;
}

static void read_owner(const struct mhp_ctx *ctx, struct mhp_dax *dax)
{
	char nd_name[MHP_NAME_MAX];

	if (read_nd_parent(ctx, dax->name, dax->region, sizeof(dax->region), nd_name,
			   sizeof(nd_name)) < 0)
		return;
	ROOT_PATH(path, "sys/bus/nd/devices/%s/namespace", nd_name);
	if (root_read(&ctx->sys, path, dax->ns_name, sizeof(dax->ns_name)) < 0)
		dax->ns_name[0] = '\0';
}

static enum mhp_dax_mode mode_of_driver(const char *driver)
{
	if (!*driver)
		return MHP_DAX_UNBOUND;
	if (strcmp(driver, "kmem") == 0)
		return MHP_DAX_SYSTEM_RAM;
	if (strcmp(driver, "device_dax") == 0)
		return MHP_DAX_DEVDAX;
	if (strcmp(driver, "fsdev_dax") == 0)
		return MHP_DAX_FAMFS;
	return MHP_DAX_OTHER;
}

/*
 * Reads where kmem places the memmap. Before 6.8 the attribute is missing and kmem uses ordinary
 * memory.
 */
static enum mhp_tristate read_memmap_on_memory(const struct root *sys, const char *name)
{
	uint64_t value;

	ROOT_PATH(path, DAX_DEVICES "/%s/memmap_on_memory", name);
	if (root_read_u64(sys, path, 10, &value) < 0)
		return MHP_TRISTATE_UNKNOWN;
	return value ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

struct dax_walk {
	struct mhp_ctx *ctx;
	struct reply *reply;
	struct mhp_error *err;
	bool has_err; /* err names the device */
};

int dax_read(const struct mhp_ctx *ctx, const char *name, struct mhp_dax *dax)
{
	const struct root *sys = &ctx->sys;
	int rc;

	*dax = (struct mhp_dax){
		.numa_node = -1,
		.target_node = -1,
		.memmap_bytes = MHP_UNKNOWN,
		.lost_bytes = MHP_UNKNOWN,
		.blocks_total = MHP_UNKNOWN,
		.blocks_online = MHP_UNKNOWN,
	};
	str_copy(dax->name, name);
	ROOT_PATH(size_path, DAX_DEVICES "/%s/size", name);
	rc = root_read_u64(sys, size_path, 10, &dax->size);
	if (rc < 0)
		return rc;
	ROOT_PATH(align_path, DAX_DEVICES "/%s/align", name);
	if (root_read_u64(sys, align_path, 10, &dax->align) < 0)
		dax->align = 0;
	ROOT_PATH(target_path, DAX_DEVICES "/%s/target_node", name);
	if (root_read_int(sys, target_path, &dax->target_node) < 0)
		dax->target_node = -1;
	ROOT_PATH(numa_path, DAX_DEVICES "/%s/numa_node", name);
	if (root_read_int(sys, numa_path, &dax->numa_node) < 0)
		dax->numa_node = -1;
	dax->memmap_on_memory = read_memmap_on_memory(sys, name);
	rc = dax_driver(ctx, name, dax->driver, sizeof(dax->driver));
	if (rc < 0) /* with another mode its memory would seem to be none of a device */
		return rc;
	dax->mode = mode_of_driver(dax->driver);
	dax->state = dax_read_state(sys, name);
	read_ranges(sys, dax);
	read_owner(ctx, dax);
	dax_read_origin(sys, dax);
	return 0;
}

/* Returns 0 if the device disappeared during the scan, -EIO if it only seems so, or rc. */
static int check_gone(const struct root *sys, const char *name, int rc)
{
	ROOT_PATH(path, DAX_DEVICES "/%s", name);

	if (rc != -ENOENT && rc != -ENODEV && rc != -ENXIO)
		return rc;
	if (root_exists(sys, path) != 0)
		return -EIO;
	/* a link whose device is gone may stay for a moment */
	return root_has_name(sys, path) > 0 || root_is_listed(sys, DAX_DEVICES, name) == 0 ? 0
											   : -EIO;
}

static int scan_one(const struct root *sys, const char *name, void *data)
{
	struct dax_walk *walk = data;
	struct mhp_dax dax;
	int rc = strlen(name) < sizeof(dax.name) ? dax_read(walk->ctx, name, &dax) : -ENAMETOOLONG;

	if (rc < 0)
		rc = check_gone(sys, name, rc);
	else
		return reply_add(walk->reply, &dax, sizeof(dax));
	walk->has_err = rc < 0;
	if (rc < 0) /* skipping the device would report it as missing */
		return err_errno(walk->err, rc, "%.32s: its size or driver cannot be read", name);
	return 0;
}

int dax_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err)
{
	struct dax_walk walk = { ctx, reply, err, false };
	int rc = root_each(&ctx->sys, DAX_DEVICES, scan_one, &walk);

	(void)unused;
	if (rc == -ENOENT) /* no dax bus, so no devices */
		rc = root_is_listed(&ctx->sys, KERNEL_DAX_BUS, "devices") == 0 ? 0 : -EIO;
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	return rc < 0 && !walk.has_err ? err_errno(err, rc, "cannot read the dax bus") : rc;
}

struct under {
	const struct mhp_ctx *ctx;
	const char *region;
	const char *nd_name;
	char *name;
	size_t size;
	bool found;
};

static int is_under(const struct root *sys, const char *name, void *data)
{
	struct under *u = data;
	char region[MHP_NAME_MAX], nd_name[MHP_NAME_MAX];

	(void)sys;
	if (read_nd_parent(u->ctx, name, region, sizeof(region), nd_name, sizeof(nd_name)) < 0 ||
	    strcmp(region, u->region) != 0 || strcmp(nd_name, u->nd_name) != 0)
		return 0;
	str_copy_to(u->name, u->size, name);
	u->found = true;
	return 0;
}

int dax_under_nd(const struct mhp_ctx *ctx, const char *region, const char *nd_name, char *name,
		 size_t size)
{
	struct under u = { ctx, region, nd_name, name, size, false };

	root_each(&ctx->sys, DAX_DEVICES, is_under, &u);
	return u.found ? 0 : -ENOENT;
}

int dax_driver(const struct mhp_ctx *ctx, const char *name, char *driver, size_t size)
{
	int rc;

	ROOT_PATH(device, DAX_DEVICES "/%s", name);
	rc = root_exists(&ctx->sys, device);
	if (rc <= 0)
		return rc < 0 ? rc : -ENOENT;
	ROOT_PATH(path, DAX_DEVICES "/%s/driver", name);
	rc = root_link_name(&ctx->sys, path, driver, size);
	if (rc == -ENOENT)
		driver[0] = '\0';
	return rc == -ENOENT ? 0 : rc;
}
