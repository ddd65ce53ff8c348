/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/range.h"

uint64_t align_down(uint64_t value, uint64_t unit)
{
	return value - value % unit;
}

uint64_t align_up(uint64_t value, uint64_t unit)
{
	uint64_t rest = value % unit;

	if (!rest)
		return value;
	if (value > UINT64_MAX - (unit - rest))
		return UINT64_MAX;
	return value + (unit - rest);
}

bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

bool range_overlaps(struct mhp_range a, struct mhp_range b)
{
	return a.start < b.end && b.start < a.end;
}

bool range_contains(struct mhp_range outer, struct mhp_range inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

uint64_t range_whole_blocks(struct mhp_range range, uint64_t block_size, uint64_t *first)
{
	uint64_t start = align_up(range.start, block_size);
	uint64_t end = align_down(range.end, block_size);

	*first = start / block_size;
	return end > start ? (end - start) / block_size : 0;
}
