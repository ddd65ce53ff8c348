/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dax regions that can be divided into devices (drivers/dax/bus.c): those of CXL regions and of
 * soft-reserved memory. A region of persistent memory has one device for each namespace instead.
 */
#pragma once

#include "lib/base/range.h"
#include "lib/sys/child.h"

/* Reads every such region, as a task. Replies with an array of struct mhp_dax_region. */
int dax_region_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply,
		    struct mhp_error *err);
