/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst): the use of each page. */
#pragma once

#include "lib/sys/child.h"

struct kpage_counts {
	uint64_t free;
	uint64_t movable;
	uint64_t unmovable;
	uint64_t huge;
	uint64_t unknown;
	uint64_t poisoned;
	uint64_t driver; /* kept by a driver: not plugged in (virtio-mem), or in a balloon */
	uint64_t absent; /* offline, or a hole */
	uint64_t anon;	 /* part of movable: anonymous memory */
	uint64_t thp;	 /* part of movable: transparent huge pages */
};

#define KPAGE_BLOCKS 256

struct kpage_args {
	uint64_t pages_per_block;
	unsigned nr_blocks;
	uint64_t ids[KPAGE_BLOCKS];
};

/*
 * Answers, as a task (struct kpage_args), with a struct kpage_counts for each block. Reads each
 * block with one read. -EACCES without permission to read the file.
 */
int kpage_count(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/*
 * Counts the pages of a range that a driver keeps. Reads one page of each pageblock, because a
 * driver keeps or releases whole pageblocks (drivers/virtio/virtio_mem.c). Returns 0 or a negative
 * errno.
 */
int kpage_count_offline(const struct root *sys, uint64_t first_pfn, uint64_t nr, uint64_t *pages);

/* Adds one page to the counts, by its kpageflags word. */
void kpage_classify(uint64_t flags, struct kpage_counts *counts);

/*
 * Reads the words of a range of pages from a file like /proc/kpageflags. Those after its end become
 * missing. Returns 0 or a negative errno.
 */
int kpage_read(int fd, uint64_t first_pfn, uint64_t nr, uint64_t *words, uint64_t missing);
