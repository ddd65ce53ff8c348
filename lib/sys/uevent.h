/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel tells of memory blocks, nodes, dax and nd devices as it happens. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

struct uevent {
	char action[16];    /* add, remove, change, online, offline, bind, unbind */
	char subsystem[16]; /* memory, node, dax, nd */
	char name[MHP_NAME_MAX];
};

struct uevents;

/* So that a test can be the kernel. */
struct uevent_ops {
	/* From here on nothing is missed, or uevents_next() says so. 0 or a negative errno. */
	int (*open)(const struct mhp_ctx *ctx, struct uevents **source);
	void (*close)(struct uevents *source);
	int (*fd)(const struct uevents *source); /* readable when there may be one */
	/*
	 * 1 and the next, or 0 when there is none yet. -ENOBUFS: some were lost; -EBADMSG: one
	 * could not be read. After either others may follow, after -EIO none will: the source is
	 * broken. Never blocks.
	 */
	int (*next)(struct uevents *source, struct uevent *event);
};

/* Straight from the kernel: there need be no udevd. */
extern const struct uevent_ops uevent_kernel_ops;
