/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/child.h"

/* Files and folders in which there may be others. */
struct udev_unread {
	char first[SYSFS_PATH_MAX];
	unsigned nr;
};

/*
 * Who else brings memory online, as an array of struct mhp_onliner: rules of udev that write the
 * state of memory blocks, and daxctl's unit where it has configuration. Rules of a file that a
 * folder of higher priority replaces do not count. What is there and cannot be read is in unread.
 */
int udev_rules_scan(const struct mhp_ctx *ctx, struct reply *reply, struct udev_unread *unread);

/*
 * One logical line of a rules file: does it bring memory blocks online? in_memory: the lines above
 * have let nothing but memory come here.
 */
bool udev_rule_onlines(const char *line, bool in_memory);
