/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/root.h"

/* A zone as /proc/zoneinfo tells of it. Numbers are pages; what a kernel leaves out is 0. */
struct zoneinfo {
	int node;
	char name[16]; /* DMA, DMA32, Normal, Movable, Device */
	uint64_t start_pfn;
	uint64_t spanned; /* from there on, holes included */
	uint64_t present;
	uint64_t managed;
	uint64_t free;
	uint64_t low; /* watermarks */
	uint64_t high;
	uint64_t protection;	   /* the most that is kept back from other zones' users */
	uint64_t file;		   /* of files, on the lists of what can be reclaimed */
	uint64_t slab_reclaimable; /* of the node, told with its first zone */
};

/* Call fn for each zone. 0, -ENOENT (no such file), or -errno. */
int zoneinfo_each(const struct root *sys, void (*fn)(const struct zoneinfo *zone, void *data),
		  void *data);
