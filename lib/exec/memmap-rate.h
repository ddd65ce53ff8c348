/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Estimates the progress of the kernel with a memmap, as it has no counter. The estimate uses the
 * rate of finished memmaps; before the first one ends, it uses the rate of an earlier run, which is
 * kept until the next boot.
 */
#pragma once

#include "lib/libmhp.h"

struct memmap_work {
	uint64_t bytes;	   /* of memory that the memmap describes */
	uint64_t structs;  /* struct pages to initialise */
	uint64_t start_ms; /* 0: not started */
	uint64_t end_ms;   /* 0: not ended */
};

/* The rate of one worker. */
struct memmap_rate {
	uint64_t structs; /* initialised in this run */
	uint64_t usec;
	uint64_t known_per_s; /* from an earlier run; 0: none */
};

struct memmap_progress {
	uint64_t done_bytes;
	uint64_t total_bytes;
	uint64_t left_structs;
	unsigned workers; /* available workers */
	unsigned left;	  /* unfinished works */
	bool estimated;	  /* done_bytes is an estimate */
	uint64_t per_s;	  /* struct pages of one worker; 0: unknown */
};

/* Sets the number of struct pages of a device; for fsdax, align is the page size. */
void memmap_shape(struct memmap_work *work, const struct mhp_memory *memory, uint64_t align,
		  bool map_mem);

void memmap_rate_load(const struct mhp_ctx *ctx, struct memmap_rate *rate);
void memmap_rate_take(struct memmap_rate *rate, const struct memmap_work *work, uint64_t usec);
void memmap_rate_save(const struct mhp_ctx *ctx, const struct memmap_rate *rate);

/* Adds one work to the sum, and fills the sizes of its part. */
void memmap_progress_add(struct memmap_progress *sum, const struct memmap_rate *rate,
			 const struct memmap_work *work, struct mhp_event_part *part);
