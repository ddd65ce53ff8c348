/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a device, by its number: a node of any name, in any folder, mount or pid namespace leads
 * to the same device, and a file that is merely called so does not. Processes that have it open or
 * mapped, loop devices on it, and what the kernel itself holds (mounts, swap, md, device mapper).
 */
#pragma once

#include "lib/sys/ctx.h"

#include <sys/types.h>

/* A dax device, or the block device of a namespace with its partitions; the other is empty. */
struct users_device {
	char dax[MHP_NAME_MAX];
	char block[MHP_NAME_MAX];
	bool force; /* go on where users may be hidden */
};

struct users_ops {
	/* 0, or why the device may not be taken away: see users_check(). */
	int (*check)(const struct mhp_ctx *ctx, const struct users_device *device,
		     struct mhp_error *err);
	/* The number of what a loop device lies on. 0, -ENXIO for one that is free, -errno. */
	int (*lies_on)(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on);
	/*
	 * Has the kernel claimed a block device, or somebody who opened it with O_EXCL? 1, 0, or
	 * -errno; -ENOENT: no node leads to it, and none can be made.
	 */
	int (*claimed)(const struct mhp_ctx *ctx, const char *name, dev_t number);
};

extern const struct users_ops users_kernel_ops;

/*
 * Refuses while somebody uses the device (-EBUSY, named in *err), and while that cannot be known
 * (-EACCES: another pid namespace, no /proc, no right to look, descriptors on their way through a
 * socket) unless force says to go on. Users that are gone a moment later, such as udev's, do not
 * count. Called by the process that acts, right before it acts.
 */
int users_check(const struct mhp_ctx *ctx, const struct users_device *device,
		struct mhp_error *err);

/* The same where there is no device to look at and it is not known why: -EACCES, 0 with force. */
int users_unknown(const char *name, bool force, struct mhp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* One number, for tests: what users_check() does for a device of that type and number. */
int users_check_number(const struct mhp_ctx *ctx, mode_t type, dev_t number, const char *name,
		       bool force, struct mhp_error *err);

/* The kernel's answers, of users_kernel_ops. */
int users_kernel_check(const struct mhp_ctx *ctx, const struct users_device *device,
		       struct mhp_error *err);
int users_lies_on(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on);
int users_claimed(const struct mhp_ctx *ctx, const char *name, dev_t number);
