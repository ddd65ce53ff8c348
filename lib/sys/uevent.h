/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receives the kernel's events for memory blocks, nodes, dax, nd and CXL devices. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

struct uevent {
	char action[16];    /* add, remove, change, online, offline, bind, unbind */
	char subsystem[16]; /* memory, node, dax, nd, cxl */
	char name[MHP_NAME_MAX];
};

struct uevents;

/* A test replaces these functions. */
struct uevent_ops {
	/*
	 * Starts to receive: from now on next() returns every event or reports a loss. Returns 0 or
	 * a negative errno.
	 */
	int (*open)(const struct mhp_ctx *ctx, struct uevents **source);
	void (*close)(struct uevents *source);
	int (*fd)(const struct uevents *source); /* readable when there may be an event */
	/*
	 * Returns 1 with the next event, or 0 if there is none yet. -ENOBUFS: events were lost;
	 * -EBADMSG: one could not be read. After these, more events may follow. -EIO: the source is
	 * broken and none will. Never blocks.
	 */
	int (*next)(struct uevents *source, struct uevent *event);
};

/* Reads from the kernel directly, so it works without udevd. */
extern const struct uevent_ops uevent_kernel_ops;
