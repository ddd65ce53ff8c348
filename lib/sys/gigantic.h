/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Huge pages that are larger than the largest block of the page allocator (1 GiB on x86). To move
 * one, the kernel does not allocate a new page: it takes a free page of the pool, or tries forever
 * (mm/hugetlb.c:alloc_migrate_hugetlb_folio).
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>
#include <stdint.h>

#define GIGANTIC_SIZES 8

/* Page sizes of pools that are not empty, the largest first. */
struct gigantic_pools {
	uint64_t page_size;
	unsigned nr;
	uint64_t sizes[GIGANTIC_SIZES];
};

struct gigantic_page {
	uint64_t pfn; /* first page frame */
	uint64_t size;
	bool in_use; /* known to be in use; a hugetlbfs file that nobody has mapped does not show */
};

/*
 * Reads the pools. Usually there are no such pages: then nr is 0, and the functions below need not
 * be called.
 */
void gigantic_pools_read(const struct root *sys, uint64_t page_size, struct gigantic_pools *pools);

/*
 * Finds the pages that overlap a range, with /proc/kpageflags. Returns their number and stores at
 * most max_pages of them, or returns a negative errno.
 */
int gigantic_find(const struct root *sys, const struct gigantic_pools *pools, uint64_t first_pfn,
		  uint64_t end_pfn, struct gigantic_page *pages, unsigned max_pages);

/*
 * Returns the number of free, unreserved huge pages of that size on other nodes. UINT64_MAX if it
 * is unknown, or if pages can move within the node.
 */
uint64_t gigantic_free_elsewhere(const struct root *sys, uint64_t size, int node);
