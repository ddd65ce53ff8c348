/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's log as records (Documentation/ABI/testing/dev-kmsg). */
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
	uint64_t lost;	   /* records that were overwritten before we read them, one at the least */
	uint64_t next_seq; /* of the record that should come next; 0: none has been read */
	bool ran_over;	   /* and how many were lost shows in the number of the next */
};

/* Opens the log behind its last record. Needs CAP_SYSLOG where dmesg_restrict is 1. */
int kmsg_open(const struct mhp_ctx *ctx, struct kmsg *log);
/* The same before the first record that the kernel still has. */
int kmsg_open_first(const struct mhp_ctx *ctx, struct kmsg *log);
void kmsg_close(struct kmsg *log);

/* Takes the next record: true, or false when there is none yet. Never blocks. */
bool kmsg_next(struct kmsg *log, struct kmsg_record *record);

/* Reads "prio,seq,usec,flags[,...];text" with its first line of text. 0 or -EINVAL. */
int kmsg_parse(const char *line, struct kmsg_record *record);

/*
 * "memory offlining [mem 0x108000000-0x10fffffff] failed due to signal backoff": true with the
 * range as [start, end) and the reason (pr_debug in mm/memory_hotplug.c:offline_pages).
 */
bool kmsg_offline_reason(const char *text, struct mhp_range *range, char *reason, size_t size);
