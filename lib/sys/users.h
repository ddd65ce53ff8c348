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

/* One number, for tests: what users_check() does for a device of that type and number. */
int users_check_number(const struct mhp_ctx *ctx, mode_t type, dev_t number, const char *name,
		       bool force, struct mhp_error *err);
