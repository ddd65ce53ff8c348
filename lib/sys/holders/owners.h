/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the processes that own stuck pages, cheapest evidence first. The dump of an anonymous page
 * has its virtual page number, so one pread of each process's pagemap finds its owner. If that
 * finds none, whole address spaces are searched, likeliest processes first
 * (lib/sys/holders/candidates.h), until the kernel's count of owners is reached, or the deadline.
 */
#pragma once

#include "lib/sys/holders/search.h"

#define OWNERS_PAGES 32

struct owners_args {
	struct mhp_range pfns; /* of the block */
	uint64_t budget_ms;
	bool pinned;	   /* else plain references hold them */
	unsigned nr_pages; /* 0: not known, so any process with pages in the block counts */
	struct {
		uint64_t pfn;
		uint64_t index;	  /* virtual page number, or UINT64_MAX */
		int64_t mapcount; /* how many processes map it, or MHP_COUNT_UNKNOWN */
	} pages[OWNERS_PAGES];
};

struct owners_head {
	struct search_cover cover;
	unsigned nr_owners;
};

/*
 * Replies, as a task (struct owners_args), with struct owners_head, then that many struct
 * mhp_owner.
 */
int owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
