/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Free page reporting: balloons, settings and free memory. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

/* Ranges of one report (include/linux/page_reporting.h). */
#define REPORTING_CAPACITY 32

/* The delay of kernels without a setting for it (mm/page_reporting.c:PAGE_REPORTING_DELAY). */
#define REPORTING_DELAY_MS 2000

/*
 * The time that the estimate allows the host in all, besides the delays and the reports. With a
 * delay of 100 ms, 8 reports of a fully emulated machine took 1.2 s.
 */
#define REPORTING_START_MS 1000

/*
 * Reads as mhp_reporting_read() does, within a call that counts the lack of memory itself. Returns
 * 0 or -ENOMEM.
 */
int reporting_read(struct mhp_ctx *ctx, struct mhp_reporting **reporting);

/* Adds an item that cannot be read. */
void reporting_hide(struct mhp_reporting *reporting, const char *what, const char *why);

/*
 * Reads the zones, the largest order, the sums and the estimate, once is_active, order, delay and
 * page size are set. Returns 0 or -ENOMEM.
 */
int reporting_read_zones(const struct root *sys, struct mhp_reporting *reporting);

/*
 * Returns the rounds in which the kernel reports n free blocks of one order: each takes
 * ceil(n / 512) + 1 reports of 32 blocks from a list (mm/page_reporting.c:page_reporting_cycle).
 */
uint64_t reporting_rounds(uint64_t n);
