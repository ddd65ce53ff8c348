/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds what udev would do with the rules of one file when a memory block appears or changes: lines
 * are followed in their order, with GOTO and LABEL. If a line depends on something unknown here, so
 * does its effect.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

#include <stdio.h>

/*
 * Returns whether this logical line brings the block of the event online: YES, NO, or UNKNOWN if
 * that depends on something else.
 */
enum mhp_tristate udev_rule_onlines(const struct mhp_ctx *ctx, const char *line);

/* A line that brings memory online, or may. */
struct udev_found {
	unsigned line;
	bool is_certain;
	bool is_alone; /* the file does nothing else */
};

/* Calls found for each. A negative return ends the walk and is returned; else 0 or -ENOMEM. */
typedef int (*udev_found_fn)(const struct udev_found *found, void *data);
int udev_flow_walk(const struct mhp_ctx *ctx, FILE *file, udev_found_fn found, void *data);

/* Returns whether udev applies that line for any device; false only if it certainly does not. */
bool udev_flow_reaches(const struct mhp_ctx *ctx, FILE *file, unsigned line);
