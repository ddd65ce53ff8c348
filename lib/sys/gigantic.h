/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Huge pages that are larger than the largest piece the page allocator hands out (1 GiB on x86):
 * where one has to move, the kernel makes no new one, it takes a free one of the pool or goes on
 * for ever (mm/hugetlb.c:alloc_migrate_hugetlb_folio).
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GIGANTIC_SIZES 8

/* Sizes that have pages at all, the largest first. */
struct gigantic_pools {
	uint64_t page_size;
	unsigned nr;
	uint64_t sizes[GIGANTIC_SIZES];
};

struct gigantic_page {
	uint64_t pfn; /* its first */
	uint64_t size;
	bool in_use; /* seen to be; a file of hugetlbfs that nobody has mapped does not show */
};

/* Without such pages, which is the ordinary case, nr is 0 and nothing else need be asked. */
void gigantic_pools_read(const struct root *sys, uint64_t page_size, struct gigantic_pools *pools);

/*
 * Those that have a part of themselves in a range of pages, by /proc/kpageflags: how many, as many
 * of them in pages as have room. Negative errno where it cannot be read.
 */
int gigantic_find(const struct root *sys, const struct gigantic_pools *pools, uint64_t first_pfn,
		  uint64_t end_pfn, struct gigantic_page *pages, unsigned room);

/*
 * How many a page of that size on a node could go to: free ones on other nodes that are promised to
 * nobody. UINT64_MAX where that cannot be told.
 */
uint64_t gigantic_free_elsewhere(const struct root *sys, uint64_t size, int node);
