/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of addresses, and alignment. */
#pragma once

#include "lib/base/counts.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Round to a multiple of unit, which is not 0. A unit need not be a power of two: some interleaved
 * regions have others.
 */
uint64_t align_down(uint64_t value, uint64_t unit);
uint64_t align_up(uint64_t value, uint64_t unit); /* UINT64_MAX on overflow */

bool is_power_of_two(uint64_t value);

bool range_overlaps(struct mhp_range a, struct mhp_range b);
bool range_contains(struct mhp_range outer, struct mhp_range inner);

/*
 * Returns the number of whole memory blocks in a physical range, and the first of them in *first.
 * The kernel gives these blocks to kmem (drivers/dax/kmem.c:dax_kmem_range).
 */
uint64_t range_whole_blocks(struct mhp_range range, uint64_t block_size, uint64_t *first);

/* The ranges of a dax device, in its own order. */
struct ranges {
	unsigned nr;
	struct mhp_range at[RANGES_MAX];
};

/* Appends a range, and joins it with the last one that it follows. False: there is no room. */
bool ranges_add(struct ranges *ranges, struct mhp_range range);

uint64_t ranges_bytes(const struct ranges *ranges);
bool ranges_equal(const struct ranges *a, const struct ranges *b);

/* Returns whether @a is the first bytes of @b. */
bool ranges_begin(const struct ranges *a, const struct ranges *b);

/* Returns the first bytes of the ranges. */
struct ranges ranges_first(const struct ranges *ranges, uint64_t bytes);

/* Returns the range from the lowest to the highest address; empty if there are none. */
struct mhp_range ranges_around(const struct ranges *ranges);

/* Returns the ranges of a device. */
struct ranges ranges_of(const struct mhp_dax *dax);
