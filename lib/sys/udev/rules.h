/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Udev rules that bring memory online. */
#pragma once

#include "lib/sys/ctx.h"

/* Files and directories that cannot be read and may have further onliners. */
struct udev_unread {
	char first[ROOT_PATH_MAX];
	unsigned nr;
};

/* A growing array, which the caller frees. */
struct onliners {
	struct mhp_onliner *at;
	size_t nr;
};

/*
 * Appends what else brings memory online: udev rules that write the state of memory blocks, and
 * daxctl's unit if it has configuration. Files that one of the same name in a directory of higher
 * priority replaces do not count. *unread names what cannot be read.
 */
int udev_rules_scan(const struct mhp_ctx *ctx, struct onliners *onliners,
		    struct udev_unread *unread);
