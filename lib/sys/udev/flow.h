/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What udev would do with the rules of one file when a memory block appears or changes: lines are
 * followed in their order, with GOTO and LABEL. What a line depends on may not be known here; then
 * so is what it does.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

#include <stdio.h>

/*
 * Does this logical line bring the block online that the event is about? YES, NO, or UNKNOWN where
 * that depends on something else.
 */
enum mhp_answer udev_rule_onlines(const struct mhp_ctx *ctx, const char *line);

/* A line that brings memory online, or may. */
struct udev_found {
	unsigned line;
	bool is_certain;
	bool is_alone; /* the file does nothing else */
};

/* Call found for each. A negative return ends the walk and is returned; else 0 or -ENOMEM. */
typedef int (*udev_found_fn)(const struct udev_found *found, void *data);
int udev_flow_walk(const struct mhp_ctx *ctx, FILE *file, udev_found_fn found, void *data);

/* Does udev apply that line for any device at all? False only where it is known that it does not.
 */
bool udev_flow_reaches(const struct mhp_ctx *ctx, FILE *file, unsigned line);
