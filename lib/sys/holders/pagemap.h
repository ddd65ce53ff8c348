/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The physical pages that a process has mapped (Documentation/admin-guide/mm/pagemap.rst). Without
 * CAP_SYS_ADMIN in the first user namespace the kernel shows every pfn as 0, without an error.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* Returns a descriptor, or a negative errno. */
int pagemap_open(const struct root *sys, int pid);

/* Returns the pfn of the page at an address, 0 if none is present or shown. */
uint64_t pagemap_pfn(const struct root *sys, int fd, uint64_t address);

/*
 * Counts the pages between two addresses whose pfn lies in [pfns.start, pfns.end), until the
 * deadline (of clock_msec()). *first is the address of the first one.
 */
uint64_t pagemap_count(const struct root *sys, int fd, struct mhp_range addresses,
		       struct mhp_range pfns, uint64_t *first, uint64_t deadline);

/*
 * Counts the pages between two addresses by block: pages[i] is the number of those whose pfn lies
 * in the i-th of nr blocks of pages_per_block from first_pfn on, first[i] the address of the first
 * of them. Returns 0, or -ETIMEDOUT.
 */
int pagemap_tally(const struct root *sys, int fd, struct mhp_range addresses, uint64_t first_pfn,
		  uint64_t pages_per_block, uint64_t nr, uint64_t *pages, uint64_t *first,
		  uint64_t deadline);
