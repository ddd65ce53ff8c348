/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/offline-rate.h"
#include "lib/base/error.h"
#include "lib/sys/statedir.h"

#include <inttypes.h>
#include <stdio.h>

#define MOVED_LEAST 1048576ULL /* bytes; fewer measure the block, not the pages */

/* Limits of what is believed: another program may have written the file. */
#define BLOCK_US_MOST 600000000ULL
#define PER_S_LEAST   4096ULL
#define PER_S_MOST    1000000000000ULL

void offline_rate_read(const struct root *sys, struct offline_rate *rate)
{
	unsigned long long block_us, bytes_per_s;
	char text[64], end = '\0';
	int len = root_read_text(sys, STATE_OFFLINE_RATE, text, sizeof(text));

	*rate = (struct offline_rate){ 0 };
	if (len <= 0 || sscanf(text, "%llu %llu%c", &block_us, &bytes_per_s, &end) != 3 ||
	    end != '\n') /* another run may be writing it */
		return;
	if (block_us <= BLOCK_US_MOST)
		rate->block_us = block_us;
	if (bytes_per_s >= PER_S_LEAST && bytes_per_s <= PER_S_MOST)
		rate->bytes_per_s = bytes_per_s;
}

uint64_t offline_rate_estimate(const struct offline_rate *rate, uint64_t moved_bytes)
{
	uint64_t usec = rate->block_us;

	if (moved_bytes < MOVED_LEAST)
		return usec ? (usec + 999) / 1000 : MHP_UNKNOWN;
	if (!rate->bytes_per_s)
		return MHP_UNKNOWN;
	usec += (uint64_t)((double)moved_bytes * 1e6 / (double)rate->bytes_per_s);
	return (usec + 999) / 1000;
}

/* The sums over blocks of one kind. */
struct sums {
	uint64_t nr;
	uint64_t bytes;
	uint64_t usec;
};

static void sum_blocks(const struct mhp_receipt *receipt, bool with_pages, struct sums *sums)
{
	const struct mhp_receipt_block *block;

	*sums = (struct sums){ 0 };
	for (size_t i = 0; (block = mhp_receipt_block(receipt, i)); i++) {
		if (block->status != MHP_RECEIPT_DONE || !block->has_page_counts ||
		    block->took_ms == MHP_UNKNOWN ||
		    (block->moved_bytes >= MOVED_LEAST) != with_pages)
			continue;
		sums->nr++;
		sums->bytes += block->moved_bytes;
		sums->usec += block->took_ms * 1000;
	}
}

void offline_rate_take(const struct root *sys, const struct mhp_receipt *receipt)
{
	struct offline_rate rate;
	struct sums empty, full;
	uint64_t base;
	char text[64];

	if (!receipt->is_offline)
		return;
	offline_rate_read(sys, &rate);
	sum_blocks(receipt, false, &empty);
	sum_blocks(receipt, true, &full);
	if (empty.nr && empty.usec)
		rate.block_us = empty.usec / empty.nr;
	base = full.nr * rate.block_us;
	if (full.bytes && full.usec > base)
		rate.bytes_per_s =
			(uint64_t)((double)full.bytes * 1e6 / (double)(full.usec - base));
	if (!(empty.nr && empty.usec) && !(full.bytes && full.usec > base))
		return;
	str_format(text, "%" PRIu64 " %" PRIu64 "\n", rate.block_us, rate.bytes_per_s);
	statedir_overwrite(sys, STATE_OFFLINE_RATE, text, 0644);
}
