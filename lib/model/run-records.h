/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last runs of a policy, as their processes wrote them down. Nothing that is read is trusted.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stddef.h>

#define RUN_RECORDS_MAX	 16
#define RUN_RECORDS_TEXT (RUN_RECORDS_MAX * 700)

struct run_record {
	struct mhp_run_record is;
	uint64_t born; /* see procs_born() */
};

struct run_records {
	struct run_record runs[RUN_RECORDS_MAX]; /* by number */
	size_t nr;
};

/* 0, also where there are none, or why they cannot be read. One whose process has gone has died. */
int run_records_read(const struct root *sys, struct run_records *records);

/* As it is written. */
void run_records_format(const struct run_records *records, char *text, size_t size);

/* In its place, or as the last one; the oldest gives way, one that has ended first. */
void run_records_put(struct run_records *records, const struct run_record *record);

/* NULL where it is not among them. */
const struct mhp_run_record *run_records_find(const struct run_records *records,
					      const struct mhp_run_record *like);

/* The one that began last, or NULL. */
const struct mhp_run_record *run_records_last(const struct run_records *records);
