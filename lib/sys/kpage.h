/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst): what each page is in use for. */
#pragma once

#include "lib/sys/child.h"

struct kpage_counts {
	uint64_t free;
	uint64_t movable;
	uint64_t unmovable;
	uint64_t huge;
	uint64_t unknown;
	uint64_t poisoned;
	uint64_t driver; /* a driver keeps it: not plugged in (virtio-mem), or in a balloon */
	uint64_t absent; /* offline, or a hole */
};

#define KPAGE_BLOCKS 256

struct kpage_args {
	uint64_t pages_per_block;
	unsigned nr_blocks;
	uint64_t ids[KPAGE_BLOCKS];
};

/*
 * Task (struct kpage_args): a struct kpage_counts for each block. Each file is read once, a block
 * at a time. -EACCES without the right to read it.
 */
int kpage_count(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/*
 * How many pages of a range a driver keeps, by one page in each piece that it keeps or gives as a
 * whole (drivers/virtio/virtio_mem.c: a pageblock or more). 0 or a negative errno.
 */
int kpage_count_offline(const struct root *sys, uint64_t first_pfn, uint64_t nr, uint64_t *pages);

/* Add one page to the counts, by its word of kpageflags. */
void kpage_classify(uint64_t flags, struct kpage_counts *counts);
