/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creates, resizes and deletes devices of a dax region (drivers/dax/bus.c). The kernel's answer to
 * these writes does not tell what happened: a write to `mapping` of a wrong length succeeds and
 * does nothing, and one to a bound device adds memory that is missing until the next bind. So only
 * what the device shows before and after counts, and a bound device is never written to.
 */
#pragma once

#include "lib/base/range.h"
#include "lib/sys/child.h"

/* The region that is meant; the kernel can give its name to another one. */
struct dax_region_id {
	char path[MHP_PATH_MAX]; /* as in struct mhp_dax_region */
	uint64_t size;
};

/* The reply of dax_create_device(), also of one that fails after it has asked the kernel. */
struct dax_created {
	char name[MHP_NAME_MAX];
	bool may_exist; /* the region has another device, or its devices cannot be read */
};

/* Creates a device without memory, as a task (struct dax_region_id). */
int dax_create_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

struct dax_resize {
	char name[MHP_NAME_MAX];
	char path[MHP_PATH_MAX]; /* as in struct mhp_dax; empty: not compared */
	struct ranges from;	 /* its ranges now */
	struct ranges to;	 /* the wanted ranges; empty with a size: the kernel chooses them */
	uint64_t size;
	uint64_t align; /* 0: as it is */
};

/*
 * Gives the ranges to a device without a driver, as a task (struct dax_resize). A task that fails
 * takes back what it has added. Returns -ESTALE if the device is not the expected one or has other
 * ranges, -EBUSY if it is bound.
 */
int dax_resize_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

struct dax_delete {
	struct dax_region_id region;
	char name[MHP_NAME_MAX];
};

/*
 * Deletes a device without memory and driver, as a task (struct dax_delete). Success if it does not
 * exist.
 */
int dax_delete_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);
