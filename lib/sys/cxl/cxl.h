/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the CXL bus: memory devices, windows (root decoders) and regions. Changes nothing.
 *
 * Through the files of the kernel: they are few and small, and libcxl of Debian 12 does not know
 * volatile regions.
 */
#pragma once

#include "lib/sys/child.h"

/* The answer of cxl_scan() begins with this; the three arrays follow. */
struct cxl_scan_head {
	size_t nr_memdevs;
	size_t nr_windows;
	size_t nr_regions;
};

/* Answers, as a task, with all objects. */
int cxl_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err);
