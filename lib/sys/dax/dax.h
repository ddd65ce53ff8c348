/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dax bus, read and changed through sysfs. libdaxctl leaves out devices without a node in
 * /dev, takes multi-range devices for one range and says "done" where a zone is wrong; so here
 * the kernel is asked itself.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/nd/identity.h"

/* Task: every device of the bus as an array of struct mhp_dax, without what blocks tell. */
int dax_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err);

/* Fill in path, origin, cxl_region and serials of a device that has its name. */
void dax_read_origin(const struct root *sys, struct mhp_dax *dax);

/*
 * The device that lies under a device of the nd bus ("region0" and "dax0.0" there): its name.
 * 0 or -ENOENT.
 */
int dax_under_nd(const struct mhp_ctx *ctx, const char *region, const char *nd_name, char *name,
		 size_t size);

/* The driver a device is bound to, "" for none. 0, or -ENOENT without such a device. */
int dax_driver(const struct mhp_ctx *ctx, const char *name, char *driver, size_t size);

/* A device as it is now, without what blocks tell. 0, or -errno where its size cannot be read. */
int dax_read(const struct mhp_ctx *ctx, const char *name, struct mhp_dax *dax);

/* Which device is meant: one without a namespace has no UUID, and names are given again. */
struct dax_identity {
	char name[MHP_NAME_MAX]; /* empty: nothing is compared */
	char path[MHP_PATH_MAX]; /* as in struct mhp_dax */
	uint64_t size;
	uint64_t start; /* of its first range, or MHP_UNKNOWN */
	int target_node;
};

void dax_identify(const struct mhp_dax *dax, struct dax_identity *identity);

/* 0, or -ESTALE with the reason "changed" where the device of that name is another now. */
int dax_identity_check(const struct mhp_ctx *ctx, const struct dax_identity *expected,
		       struct mhp_error *err);

struct dax_bind {
	char name[MHP_NAME_MAX];
	char driver[MHP_NAME_MAX]; /* kmem, device_dax; "" to leave it unbound */
	bool force_users;	   /* see struct users_device */
	struct nd_identity ns;	   /* of the namespace under it; empty: not compared */
	struct dax_identity dax;   /* of the device itself, where it lies on no namespace */
};

/*
 * Task (struct dax_bind): bind a device to a driver, unbinding the one it has. Refuses while
 * somebody uses a device that is not kmem's, and where it or the namespace under it is another than
 * expected (-ESTALE), right before it unbinds. Takes the name
 * off the old driver's id list too, or the next device of that name would go there by itself.
 * The driver link is the judge: probe errors of new_id are swallowed by the kernel.
 * Unbinding kmem over online blocks loses the memory until the next boot and is not checked here.
 */
int dax_bind(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
