/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the users of a device by its number: a node of any name, in any directory, mount or pid
 * namespace leads to the same device, and a file that only has its name does not. Users are
 * processes that have it open or mapped, loop devices on it, and the kernel (mounts, swap, md,
 * device mapper).
 */
#pragma once

#include "lib/sys/ctx.h"

#include <sys/types.h>

/* A dax device, or the block device of a namespace with its partitions; the other is empty. */
struct users_device {
	char dax[MHP_NAME_MAX];
	char block[MHP_NAME_MAX];
	bool force; /* continue although users may be hidden */
};

struct users_ops {
	/* Returns 0, or a negative errno if the device may not be removed: see users_check(). */
	int (*check)(const struct mhp_ctx *ctx, const struct users_device *device,
		     struct mhp_error *err);
	/*
	 * Reads the number of the device below a loop device. Returns 0, -ENXIO for a free loop
	 * device, or another negative errno.
	 */
	int (*lies_on)(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on);
	/*
	 * Returns 1 if the kernel, or a program with O_EXCL, has claimed a block device, else 0, or
	 * a negative errno; -ENOENT: it has no node, and none can be created.
	 */
	int (*claimed)(const struct mhp_ctx *ctx, const char *name, dev_t number);
};

extern const struct users_ops users_kernel_ops;

/*
 * Refuses while somebody uses the device (-EBUSY, users named in *err), and while that cannot be
 * known (-EACCES: another pid namespace, no /proc, missing rights, descriptors in flight on a
 * socket), unless force is set. Users that disappear within a moment, such as udev's, do not count.
 * Call it right before the change, from the process that makes the change.
 */
int users_check(const struct mhp_ctx *ctx, const struct users_device *device,
		struct mhp_error *err);

/* Refuses with -EACCES if the device to check is unknown; returns 0 with force. */
int users_unknown(const char *name, bool force, struct mhp_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Does what users_check() does, for tests, for a device of that type and number. */
int users_check_number(const struct mhp_ctx *ctx, mode_t type, dev_t number, const char *name,
		       bool force, struct mhp_error *err);

/* Implement users_kernel_ops. */
int users_kernel_check(const struct mhp_ctx *ctx, const struct users_device *device,
		       struct mhp_error *err);
int users_lies_on(const struct mhp_ctx *ctx, const char *name, dev_t number, dev_t *on);
int users_claimed(const struct mhp_ctx *ctx, const char *name, dev_t number);
