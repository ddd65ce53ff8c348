/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what the movable pages of memory blocks contain, and which cgroups they are charged to:
 * /proc/kpageflags and /proc/kpagecgroup.
 */
#pragma once

#include "lib/sys/kpage.h"

#include <stdbool.h>

#define PAGE_GROUPS_MAX 64

/* The pages of one cgroup, by the inode of its directory. */
struct page_group {
	uint64_t inode;
	uint64_t file;
	uint64_t anon; /* anonymous or shared memory, which only swap can take */
};

/* Numbers of pages. */
struct page_content {
	uint64_t free;
	uint64_t used;	 /* that have to move; without hugetlb, which has a pool of its own */
	uint64_t clean;	 /* part: file pages that nobody maps, and whose data is on the disk */
	uint64_t dirty;	 /* part: file pages whose data is not on the disk yet */
	uint64_t anon;	 /* part: anonymous or shared memory */
	uint64_t locked; /* part: that cannot be reclaimed (mlock) */
	uint64_t thp;	 /* part: in transparent huge pages */
	bool has_groups; /* the kernel shows the cgroup of each page */
	bool is_cut;	 /* there are more cgroups than fit */
	unsigned nr_groups;
	struct page_group groups[PAGE_GROUPS_MAX];
};

/* Answers, as a task (struct kpage_args), with one struct page_content for all its blocks. */
int page_content_read(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err);

/* Adds the content of further blocks. */
void page_content_add(struct page_content *sum, const struct page_content *more);
