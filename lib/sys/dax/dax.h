/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dax bus, read and changed through sysfs, not libdaxctl, which takes five to seven times as
 * long to read it. The cases libdaxctl and libdaxctl-newer of tests/vm show the rest, for versions
 * 76 and 85:
 *
 * - It reads only this machine, no copied tree: each value would need a second reader, of files.
 * - A value that it cannot read is 0, or the end of a list: the free size of a region, the address
 *   and the ranges of a device. A device without a node in /dev is omitted.
 * - It does not know whether a region can be divided, where it is, nor memmap_on_memory and state
 *   of a device; the mode only since version 85.
 * - Its memory blocks of a device begin at the first range and end after the size of the device.
 *   Where a device has several ranges, it counts blocks of others, and takes them offline.
 * - Blocks in a wrong zone are a success if it brings another block online.
 * - A size, an alignment or a mapping that is refused is -ENXIO, whatever the reason.
 * - It reads everything once: a mapping that the kernel ignored counts, a deleted device stays, and
 *   a new one is not found.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/nd/identity.h"

/*
 * Reads, as a task, every device of the bus, without the fields that come from its blocks. Replies
 * with an array of struct mhp_dax.
 */
int dax_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err);

/* Fills in path, origin, cxl_region, serials and dax_region of a device whose name is set. */
void dax_read_origin(const struct root *sys, struct mhp_dax *dax);

/* Writes the path above that of the device, without the first slash. False: it has none. */
bool dax_path_above(const struct mhp_dax *dax, char *path, size_t size);

/*
 * Finds the name of the dax device under a device of the nd bus (such as "dax0.0" in "region0").
 * Returns 0 or -ENOENT.
 */
int dax_under_nd(const struct mhp_ctx *ctx, const char *region, const char *nd_name, char *name,
		 size_t size);

/* Reads the driver of a device, "" if it has none. Returns 0, or -ENOENT without such a device. */
int dax_driver(const struct mhp_ctx *ctx, const char *name, char *driver, size_t size);

/*
 * Reads a device, without the fields that come from its blocks. Returns 0, or a negative errno if
 * its size or driver cannot be read.
 */
int dax_read(const struct mhp_ctx *ctx, const char *name, struct mhp_dax *dax);

/* Which device is meant: a device without a namespace has no UUID, and the kernel reuses names. */
struct dax_identity {
	char name[MHP_NAME_MAX]; /* empty: nothing is compared */
	char path[MHP_PATH_MAX]; /* as in struct mhp_dax */
	uint64_t size;
	uint64_t start; /* of its first range, or MHP_UNKNOWN */
	int target_node;
};

void dax_identify(const struct mhp_dax *dax, struct dax_identity *identity);

/* Returns 0, or -ESTALE with the reason "changed" if the name now belongs to another device. */
int dax_identity_check(const struct mhp_ctx *ctx, const struct dax_identity *expected,
		       struct mhp_error *err);

struct dax_bind {
	char name[MHP_NAME_MAX];
	char driver[MHP_NAME_MAX]; /* kmem, device_dax; "" to leave it unbound */
	bool force_users;	   /* see struct users_device */
	bool is_new;		   /* this run has made it, and no driver has had it */
	struct nd_identity ns;	   /* the namespace under it; empty: not compared */
	struct dax_identity dax;   /* the device itself, if it has no namespace */
};

/*
 * Binds, as a task (struct dax_bind), a device to a driver, after unbinding its present one. Right
 * before the unbind it refuses a device in use whose driver is not kmem, and one that is not the
 * expected device or namespace (-ESTALE). Removes the name from the old driver's id list too, or
 * that driver would bind the next device of that name. The driver link decides about success, as
 * new_id does not return probe errors. Unbinding kmem over online blocks loses the memory until the
 * next boot; that is not checked here.
 */
int dax_bind(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
