/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Returns an empty receipt with space for that many blocks, or NULL without memory. */
struct mhp_receipt *receipt_new(size_t nr_blocks);
void receipt_free(const struct mhp_receipt *receipt);

/* Returns the block with that id, or NULL. receipt may be NULL. */
struct mhp_receipt_block *receipt_find(const struct mhp_receipt *receipt, uint64_t id);

/* Returns a copy with the same blocks and space for more, or NULL without memory. */
struct mhp_receipt *receipt_extend(const struct mhp_receipt *receipt, size_t nr_more);

/* Appends a copy of a block; there must be space. */
void receipt_add(struct mhp_receipt *receipt, const struct mhp_receipt_block *block);

static inline void receipt_freep(struct mhp_receipt **receipt)
{
	receipt_free(*receipt);
}

#define cleanup_receipt __attribute__((cleanup(receipt_freep)))
