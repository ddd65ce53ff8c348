/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The time of an offline on this machine: a part that each block takes, and a rate for the pages
 * that move. Both are measured by runs that count the pages, and kept until the next boot.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

struct offline_rate {
	uint64_t block_us;    /* of a block without pages to move; 0: not known */
	uint64_t bytes_per_s; /* of pages that move; 0: not known */
};

void offline_rate_read(const struct root *sys, struct offline_rate *rate);

/* Returns the estimate for a block with that many bytes to move, or MHP_UNKNOWN. */
uint64_t offline_rate_estimate(const struct offline_rate *rate, uint64_t moved_bytes);

/* Measures both at the blocks of a receipt that went offline, and keeps what is new. */
void offline_rate_take(const struct root *sys, const struct mhp_receipt *receipt);
