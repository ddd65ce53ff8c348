/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dax/dax.h"
#include "lib/sys/dax/state.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/users/users.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
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

/* Kernels before 5.10 have no mappings but the one range that resource and size tell. */
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

static void read_ranges(const struct root *sys, struct mhp_dax *dax)
{
	struct mhp_range beyond;
	int rc = 0;

	while (rc == 0 && dax->nr_ranges < MHP_RANGES_MAX) {
		rc = read_mapping(sys, dax->name, dax->nr_ranges, &dax->ranges[dax->nr_ranges]);
		if (rc == 0)
			dax->nr_ranges++;
	}
	if (rc == -ENOENT && dax->nr_ranges == 0)
		dax->ranges_known = read_resource(sys, dax) == 0;
	else if (rc == -ENOENT)
		dax->ranges_known = true;
	else if (rc == 0) /* more ranges than we keep: better none than some */
		dax->ranges_known =
			read_mapping(sys, dax->name, MHP_RANGES_MAX, &beyond) == -ENOENT;
}

/*
 * "../../../devices/.../ndbus0/region0/dax0.0/dax0.0": the part before the last name is the nd
 * device that claims the namespace (older kernels put a folder "dax" in between).
 */
static int nd_parent(const struct mhp_ctx *ctx, const char *name, char *region, size_t size,
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

	if (nd_parent(ctx, dax->name, dax->region, sizeof(dax->region), nd_name, sizeof(nd_name)) <
	    0)
		return;
	ROOT_PATH(path, "sys/bus/nd/devices/%s/namespace", nd_name);
	if (root_read(&ctx->sys, path, dax->namespace_, sizeof(dax->namespace_)) < 0)
		dax->namespace_[0] = '\0';
}

static enum mhp_dax_mode mode_of(const char *driver)
{
	if (!*driver)
		return MHP_DAX_UNBOUND;
	if (strcmp(driver, "kmem") == 0)
		return MHP_DAX_SYSTEM_RAM;
	if (strcmp(driver, "device_dax") == 0)
		return MHP_DAX_DEVDAX;
	return MHP_DAX_OTHER;
}

/* Not there before 6.8: then kmem takes ordinary memory. */
static enum mhp_answer read_memmap_on_memory(const struct root *sys, const char *name)
{
	uint64_t value;

	ROOT_PATH(path, DAX_DEVICES "/%s/memmap_on_memory", name);
	if (root_read_u64(sys, path, 10, &value) < 0)
		return MHP_ANSWER_UNKNOWN;
	return value ? MHP_ANSWER_YES : MHP_ANSWER_NO;
}

struct dax_walk {
	struct mhp_ctx *ctx;
	struct reply *reply;
	struct mhp_error *err;
	bool has_err; /* err says which device */
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
	dax->mode = rc < 0 ? MHP_DAX_OTHER : mode_of(dax->driver);
	dax->state = dax_read_state(sys, name);
	read_ranges(sys, dax);
	read_owner(ctx, dax);
	dax_read_origin(sys, dax);
	return 0;
}

static int scan_one(const struct root *sys, const char *name, void *data)
{
	struct dax_walk *walk = data;
	struct mhp_dax dax;
	int rc = strlen(name) < sizeof(dax.name) ? dax_read(walk->ctx, name, &dax) : -ENAMETOOLONG;

	(void)sys;
	if (rc == -ENOENT || rc == -ENODEV || rc == -ENXIO)
		return 0; /* it went during the scan */
	walk->has_err = rc < 0;
	if (rc < 0) /* a device that is left out would pass for one that is not there */
		return err_errno(walk->err, rc, "%.32s: its size cannot be read", name);
	return reply_add(walk->reply, &dax, sizeof(dax));
}

int dax_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err)
{
	struct dax_walk walk = { ctx, reply, err, false };
	int rc = root_each(&ctx->sys, DAX_DEVICES, scan_one, &walk);

	(void)unused;
	if (rc == -ENOENT) /* no dax bus, so no devices */
		rc = 0;
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
	if (nd_parent(u->ctx, name, region, sizeof(region), nd_name, sizeof(nd_name)) < 0 ||
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

static int write_driver(struct mhp_ctx *ctx, const char *driver, const char *file, const char *name)
{
	ROOT_PATH(path, "sys/bus/dax/drivers/%s/%s", driver, file);

	return root_write(&ctx->sys, path, name);
}

static int unbind(struct mhp_ctx *ctx, const char *name, const char *driver, struct mhp_error *err)
{
	char after[MHP_NAME_MAX];
	int rc;

	write_driver(ctx, driver, "remove_id", name); /* fails where it was matched by type */
	rc = write_driver(ctx, driver, "unbind", name);
	/* a driver that is just being registered binds devices before its files are there */
	for (int i = 0; i < 200 && rc == -ENOENT; i++) {
		poll(NULL, 0, 5);
		rc = write_driver(ctx, driver, "unbind", name);
	}
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot unbind from %s", name, driver);
	rc = dax_driver(ctx, name, after, sizeof(after));
	if (rc < 0 && rc != -ENOENT)
		return err_errno(err, rc, "%s: its driver cannot be seen", name);
	if (rc == 0 && *after)
		return err_set(err, -EBUSY, MHP_REASON_KERNEL, "%s: still bound to %s", name,
			       after);
	return 0;
}

/* Memory has no users of its device; whoever else drives it may. */
static int check_users(const struct mhp_ctx *ctx, const struct dax_bind *want, const char *driver,
		       struct mhp_error *err)
{
	struct users_device device = { .force = want->force_users };

	if (strcmp(driver, "kmem") == 0)
		return 0;
	str_copy(device.dax, want->name);
	return users_check(ctx, &device, err);
}

/*
 * new_id swallows what the probe says, and a second one would fail for what the first has left
 * behind (EEXIST for memory that was added in part). The log has the errno of the first. A negative
 * errno, or 0 where nothing tells; messages of 6.1 and of 6.12 (drivers/base/dd.c).
 */
static int probe_error(struct kmsg *log, const char *name, const char *driver)
{
	char before[128], now[128];
	struct kmsg_record record;
	int rc = 0, error;

	str_format(before, "%s: probe of %s failed with error ", driver, name);
	str_format(now, "%s %s: probe with driver %s failed with error ", driver, name, driver);
	while (kmsg_next(log, &record)) {
		const char *text = record.text;
		size_t len = strncmp(text, before, strlen(before)) == 0 ? strlen(before)
			     : strncmp(text, now, strlen(now)) == 0	? strlen(now)
									: 0;

		if (!rc && len && sscanf(text + len, "%d", &error) == 1 && error < 0)
			rc = error;
	}
	return rc;
}

/* Bind it by its name. What the first probe says counts, as far as it can be known. */
static int probe(struct mhp_ctx *ctx, const char *name, const char *driver, struct mhp_error *err)
{
	char now[MHP_NAME_MAX];
	struct kmsg log;
	bool can_read = kmsg_open(ctx, &log) == 0;
	int rc = write_driver(ctx, driver, "new_id", name), first;

	first = probe_error(&log, name, driver);
	kmsg_close(&log);
	if (rc < 0 && rc != -EEXIST)
		return err_errno(err, rc, "%s: %s does not take it", name, driver);
	dax_driver(ctx, name, now, sizeof(now));
	if (strcmp(now, driver) == 0)
		return 0;
	rc = first ? first : write_driver(ctx, driver, "bind", name); /* this one tells why not */
	dax_driver(ctx, name, now, sizeof(now));
	if (strcmp(now, driver) == 0)
		return 0;
	write_driver(ctx, driver, "remove_id", name);
	err_errno(err, rc < 0 ? rc : -ENXIO, "%s: cannot bind to %s", name, driver);
	if (rc == -ENOMEM)
		err_hint(err, rc,
			 "the kernel keeps what it took of the memory, mostly until the next boot; "
			 "then use less of the device");
	if (rc == -EEXIST && !first)
		err_hint(
			err, rc,
			"part of its memory is there already, it may be from the first try, and %s",
			can_read ? "the kernel log does not say why that failed"
				 : "the kernel log, which says why that failed, cannot be read");
	return rc < 0 ? rc : -ENXIO;
}

int dax_bind(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct dax_bind *want = arg;
	char driver[MHP_NAME_MAX];
	int rc = dax_driver(ctx, want->name, driver, sizeof(driver));

	(void)reply;
	if (rc < 0)
		return err_errno(err, rc, "%s", want->name);
	if (strcmp(driver, want->driver) == 0)
		return 0;
	rc = nd_identity_check(ctx, &want->ns, err);
	if (rc == 0)
		rc = dax_identity_check(ctx, &want->dax, err);
	if (rc == 0)
		rc = check_users(ctx, want, driver, err);
	if (rc == 0 && *driver)
		rc = unbind(ctx, want->name, driver, err);
	if (rc < 0)
		return rc;
	return *want->driver ? probe(ctx, want->name, want->driver, err) : 0;
}
