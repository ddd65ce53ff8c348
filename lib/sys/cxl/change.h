/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes and undoes volatile CXL regions (drivers/cxl/core/region.c, hdm.c). Every function is a
 * task of a child. The kernel protects no memory: it resets the decoders of a region also while
 * blocks of it are online, so each task reads what it depends on again before it writes.
 *
 * Written through files and not with libcxl: that of Debian 12 knows no volatile regions, and all
 * versions turn the errno of a failed write into one value.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/child.h"
#include "lib/sys/intentdir.h"

/*
 * The result of a task, negative: the kernel reports success, and does not show what it did. It is
 * no errno, so that no answer of the kernel is taken for it.
 */
#define CXL_NOT_SHOWN 4096

/* The region that is meant: the kernel can give its name to another one. */
struct cxl_region_id {
	char name[MHP_NAME_MAX];   /* region0 */
	char window[MHP_NAME_MAX]; /* its root decoder */
	uint64_t size;		   /* MHP_UNKNOWN: not compared */
	uint64_t start;		   /* physical; the same */
};

/* Binds a memory device to its driver, and waits for its endpoint, as a task (struct
 * cxl_memdev_id). */
struct cxl_memdev_id {
	char name[MHP_NAME_MAX]; /* mem0 */
	uint64_t serial;	 /* MHP_UNKNOWN: not compared */
};
int cxl_enable_memdev(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);
/* Unbinds it, as a task (struct cxl_memdev_id). -EBUSY while it is a member of a region. */
int cxl_disable_memdev(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err);

struct cxl_create {
	char window[MHP_NAME_MAX];
	unsigned ways;
	uint64_t granularity;
	uint64_t size;
	/* Where the name is written down before each try: intentdir_add(). Empty: nowhere. */
	char intent[INTENT_NAME_MAX];
	uint64_t intent_step;
};

/* The reply of cxl_create_region(). */
struct cxl_created {
	char name[MHP_NAME_MAX];
	uint64_t start; /* physical, or MHP_UNKNOWN */
};

/*
 * Creates a region with ways, granularity and size, and without members, as a task (struct
 * cxl_create). Tries again with the next name if another program has taken the one that the kernel
 * offers. A task that fails deletes what it has created. -ENOSPC: the window has no such piece.
 */
int cxl_create_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

struct cxl_member_change {
	struct cxl_region_id region;
	struct cxl_memdev_id memdev;
	unsigned position;
	uint64_t bytes; /* of the memory device */
};

/*
 * Gives bytes of a memory device to a position of a region, as a task (struct cxl_member_change):
 * takes its lowest free decoder. Success if it is there already. A task that fails frees the bytes.
 */
int cxl_add_member(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		   struct mhp_error *err);
/* Does the opposite, also with half of it, as a task (struct cxl_member_change). */
int cxl_remove_member(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

/* Commits the decoders of a region, as a task (struct cxl_region_id). */
int cxl_commit_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

/* The reply of cxl_enable_region(). */
struct cxl_enabled {
	char device[MHP_NAME_MAX]; /* its dax device, such as dax0.0 */
};

/*
 * Binds a committed region to its driver and waits for the dax device, as a task (struct
 * cxl_region_id). The device gets a driver as sys/bus/dax/drivers_autoprobe says.
 */
int cxl_enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

/*
 * Undoes cxl_commit_region() or cxl_enable_region(), as tasks (struct cxl_region_id). -EBUSY while
 * the range has a memory block; -EPERM if the region is locked.
 */
int cxl_reset_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);
int cxl_disable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err);

/*
 * Destroys a region in whatever state, as a task (struct cxl_region_id): driver, decoders, members,
 * addresses, and the capacity of its memory devices. Success if it does not exist. -EBUSY while the
 * range has a memory block, or a process uses its dax devices; -EPERM if it is locked.
 */
int cxl_destroy_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err);
