/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From stuck pages to the processes that own them, cheapest evidence first: the dump of an
 * anonymous page tells its virtual page number, so one pread of each process's pagemap answers.
 * Only what that does not find is looked for in whole address spaces, those first that are the
 * likeliest (lib/sys/candidates.h), until as many have it as the kernel counted, or the deadline.
 */
#pragma once

#include "lib/sys/child.h"

#define OWNERS_PAGES 32

struct owners_args {
	struct mhp_range pfns; /* of the block */
	uint64_t budget_ms;
	bool pinned;	   /* else held by plain references */
	unsigned nr_pages; /* 0: not known, so whoever has pages in the block */
	struct {
		uint64_t pfn;
		uint64_t index;	  /* virtual page number, or UINT64_MAX */
		int64_t mapcount; /* how many have it, or MHP_COUNT_UNKNOWN */
	} pages[OWNERS_PAGES];
};

struct owners_head {
	unsigned processes;  /* looked at */
	unsigned unreadable; /* processes that we may not look into */
	bool cut_short;	     /* the budget ended before all was looked at */
	unsigned nr_owners;
};

/* Task (struct owners_args): struct owners_head, then as many struct mhp_owner. */
int owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/* "    0: 0x7f8322e00000/4194304" of an io_uring's fdinfo: false for any other line. */
bool owners_parse_buffer(const char *line, struct mhp_range *addresses);
