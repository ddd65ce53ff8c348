/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones in /proc/zoneinfo. */
#pragma once

#include "lib/sys/root.h"

#define ZONEINFO_ZONES 8 /* kinds of zones that a kernel may have */

/* A zone of /proc/zoneinfo. Numbers are pages; values that the kernel does not print are 0. */
struct zoneinfo {
	int node;
	char name[16]; /* DMA, DMA32, Normal, Movable, Device */
	uint64_t start_pfn;
	uint64_t spanned; /* from start_pfn, holes included */
	uint64_t present;
	uint64_t managed;
	uint64_t free;
	uint64_t low; /* watermarks */
	uint64_t high;
	uint64_t protection; /* the most that is reserved against allocations for other zones */
	uint64_t file;	     /* file pages on the reclaim lists */
	uint64_t slab_reclaimable; /* of the node, in its first zone */
	uint64_t cma;		   /* pages set aside for CMA; pins may not stay there */
	uint64_t free_cma;	   /* part of free */
	/* The reserve against allocations that may use the zones up to this one, by its position.
	 */
	uint64_t reserves[ZONEINFO_ZONES];
	unsigned nr_reserves; /* 0: not printed */
	bool has_managed;     /* managed was printed; of an empty zone little else is */
	bool has_all;	      /* all values that a forecast of pins needs were printed */
};

/* Calls fn for each zone. Returns 0, -ENOENT (no such file), or another negative errno. */
int zoneinfo_each(const struct root *sys, void (*fn)(const struct zoneinfo *zone, void *data),
		  void *data);
