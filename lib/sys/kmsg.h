/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the kernel log as records (Documentation/ABI/testing/dev-kmsg). */
#pragma once

#include "lib/sys/ctx.h"

#include <stdbool.h>
#include <stdint.h>

struct kmsg_record {
	unsigned prio; /* 0 emergency .. 7 debug */
	uint64_t seq;
	uint64_t usec; /* since boot */
	char text[1024];
};

struct kmsg {
	int fd;		   /* -1: the log cannot be read here */
	uint64_t lost;	   /* records that were overwritten before they were read; a lower bound */
	uint64_t next_seq; /* number of the next record; 0: none has been read */
	bool has_lines;	   /* a file with a record a line, instead of the device */
	bool ran_over;	   /* records were lost; the number of the next record shows how many */
};

/* Opens the log after its last record. Needs CAP_SYSLOG if dmesg_restrict is 1. */
int kmsg_open(const struct mhp_ctx *ctx, struct kmsg *log);
/* Opens the log at the first record that the kernel still has. */
int kmsg_open_first(const struct mhp_ctx *ctx, struct kmsg *log);
void kmsg_close(struct kmsg *log);

/* Reads the next record. Returns false if there is none yet. Never blocks. */
bool kmsg_next(struct kmsg *log, struct kmsg_record *record);

/*
 * Parses "prio,seq,usec,flags[,...];text" and keeps the first line of text. Returns 0 or -EINVAL.
 */
int kmsg_parse(const char *line, struct kmsg_record *record);

/*
 * Parses "memory offlining [mem 0x108000000-0x10fffffff] failed due to signal backoff" (pr_debug in
 * mm/memory_hotplug.c:offline_pages) into the range [start, end) and the reason. Returns false for
 * any other text.
 */
bool kmsg_offline_reason(const char *text, struct mhp_range *range, char *reason, size_t size);
