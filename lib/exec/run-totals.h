/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of the runs since boot, which each of them updates at its end. The file is not trusted. */
#pragma once

#include "lib/base/counts.h"
#include "lib/sys/root.h"
#include "lib/tool.h"

/* Indexes of the commands that are no verbs; a verb has its own number. */
#define TOTAL_APPLY   NR_VERBS
#define TOTAL_RECOVER (NR_VERBS + 1)
#define NR_TOTALS     (NR_VERBS + 2)

/* Sets all sums to zero, and the names of the commands. */
void run_totals_init(struct mhp_run_totals *totals);

/* Reads the file. Returns 0, also if there is none, -EBADMSG, or another negative errno. */
int run_totals_read(const struct root *sys, struct mhp_run_totals *totals);

/* Replaces the file; the directory exists. Returns 0 or a negative errno. */
int run_totals_write(const struct root *sys, const struct mhp_run_totals *totals);
