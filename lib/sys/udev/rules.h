/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/child.h"

/* Files and folders in which there may be others. */
struct udev_unread {
	char first[ROOT_PATH_MAX];
	unsigned nr;
};

/*
 * Who else brings memory online, as an array of struct mhp_onliner: rules of udev that write the
 * state of memory blocks, and daxctl's unit where it has configuration. Rules of a file that a
 * folder of higher priority replaces do not count. What is there and cannot be read is in unread.
 */
int udev_rules_scan(const struct mhp_ctx *ctx, struct reply *reply, struct udev_unread *unread);
