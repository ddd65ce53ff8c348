/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the health of a CXL memory device: the mailbox command GET_HEALTH_INFO, which changes
 * nothing. The kernel has no file for it, so this is the one thing that libcxl is used for.
 *
 * libcxl opens /dev/cxl/memN and nothing else of the bus. It has one value for several failures
 * when it prepares a command, so what can be known before is checked here. A status of the mailbox
 * is not an error to it, and a device may answer with fewer bytes.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/child.h"

/* The memory device that is meant: the kernel can give its name to another one. */
struct cxl_health_args {
	char name[MHP_NAME_MAX]; /* mem0 */
	uint64_t serial;	 /* MHP_UNKNOWN: not compared */
};

/*
 * Replies, as a task (struct cxl_health_args), with struct mhp_cxl_health. On failure the message
 * says why the health is unknown, without the name of the device. Waits as long as the mailbox is
 * busy.
 */
int cxl_read_health(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);
