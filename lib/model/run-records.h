/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last runs of a policy, and of mhp_recover(), as recorded by their processes. The files are
 * not trusted.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stddef.h>

#define RUN_RECORDS_MAX	 16
#define RUN_RECORDS_TEXT (RUN_RECORDS_MAX * 700)

enum run_kind {
	RUN_KIND_POLICY = 0,
	RUN_KIND_RECOVER,
	RUN_KINDS,
};

struct run_record {
	struct mhp_run_record pub;
	uint64_t born; /* see procs_born() */
};

struct run_records {
	struct run_record runs[RUN_RECORDS_MAX]; /* by number */
	size_t nr;
};

/* Returns the path of the file. */
const char *run_records_path(enum run_kind kind);

/* Reads all records; a running one without a process has died. 0, also if there are none. */
int run_records_read(const struct root *sys, enum run_kind kind, struct run_records *records);

/* Formats the records as they are stored. */
void run_records_format(const struct run_records *records, char *text, size_t size);

/* Replaces the record of that run, or inserts it by number; if full, drops the oldest one. */
void run_records_put(struct run_records *records, const struct run_record *record);

/* Finds a run by number and start; NULL: not found. */
const struct mhp_run_record *run_records_find(const struct run_records *records,
					      const struct mhp_run_record *like);

/* Returns the run that started last, or NULL. */
const struct mhp_run_record *run_records_last(const struct run_records *records);
