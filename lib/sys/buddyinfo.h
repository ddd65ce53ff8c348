/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Free blocks of the page allocator, by their order: 2^order pages each. */
#pragma once

#include "lib/sys/root.h"

#define BUDDY_ORDERS_MAX 20 /* more than any architecture has */

/* Free blocks of a zone. */
struct buddyinfo {
	int node;
	char name[16];	    /* of the zone, as in struct zoneinfo */
	unsigned nr_orders; /* the largest order, plus 1 */
	uint64_t blocks[BUDDY_ORDERS_MAX];
	bool is_cut; /* more than the counts say: the kernel stops at 100,000 */
};

/*
 * Calls fn for each zone of /proc/buddyinfo. Returns 0, -ENOENT (no such file), -EPROTO (no zone in
 * it, or a line that cannot be read), or another negative errno.
 */
int buddyinfo_each(const struct root *sys, void (*fn)(const struct buddyinfo *zone, void *data),
		   void *data);

/*
 * Does the same for the isolated blocks of /proc/pagetypeinfo, which only root can read: the free
 * blocks in memory that is being taken offline.
 */
int buddyinfo_each_isolated(const struct root *sys,
			    void (*fn)(const struct buddyinfo *zone, void *data), void *data);
