/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

/* Unit 0 is not allowed; units need not be powers of two (interleaved regions have odd ones). */
uint64_t align_down(uint64_t value, uint64_t unit);
uint64_t align_up(uint64_t value, uint64_t unit); /* UINT64_MAX where it does not fit */

bool is_power_of_two(uint64_t value);

bool range_overlaps(struct mhp_range a, struct mhp_range b);
bool range_contains(struct mhp_range outer, struct mhp_range inner);

/*
 * The whole memory blocks inside a physical range, as the kernel takes them for kmem
 * (drivers/dax/kmem.c:dax_kmem_range): [*first, *first + return value). 0 when there is none.
 */
uint64_t range_whole_blocks(struct mhp_range range, uint64_t block_size, uint64_t *first);
