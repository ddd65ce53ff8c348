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

bool ranges_add(struct ranges *ranges, struct mhp_range range)
{
	struct mhp_range *last = ranges->nr ? &ranges->at[ranges->nr - 1] : NULL;

	if (range.end <= range.start)
		return true;
	if (last && last->end == range.start) {
		last->end = range.end;
		return true;
	}
	if (ranges->nr == RANGES_MAX)
		return false;
	ranges->at[ranges->nr++] = range;
	return true;
}

uint64_t ranges_bytes(const struct ranges *ranges)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < ranges->nr; i++)
		bytes += ranges->at[i].end - ranges->at[i].start;
	return bytes;
}

bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
	bool equal = a->nr == b->nr;

	for (unsigned i = 0; i < a->nr && equal; i++)
		equal = a->at[i].start == b->at[i].start && a->at[i].end == b->at[i].end;
	return equal;
}

struct ranges ranges_first(const struct ranges *ranges, uint64_t bytes)
{
	struct ranges first = { 0 };

	for (unsigned i = 0; i < ranges->nr && bytes; i++) {
		struct mhp_range range = ranges->at[i];

		if (range.end - range.start > bytes)
			range.end = range.start + bytes;
		bytes -= range.end - range.start;
		ranges_add(&first, range);
	}
	return first;
}

bool ranges_begin(const struct ranges *a, const struct ranges *b)
{
	const struct ranges first = ranges_first(b, ranges_bytes(a));

	return ranges_equal(a, &first);
}

struct ranges ranges_of(const struct mhp_dax *dax)
{
	struct ranges ranges = { 0 };

	for (unsigned i = 0; i < dax->nr_ranges; i++)
		ranges_add(&ranges, dax->ranges[i]);
	return ranges;
}

struct mhp_range ranges_around(const struct ranges *ranges)
{
	struct mhp_range around = ranges->nr ? ranges->at[0] : (struct mhp_range){ 0, 0 };

	for (unsigned i = 1; i < ranges->nr; i++) {
		if (ranges->at[i].start < around.start)
			around.start = ranges->at[i].start;
		if (ranges->at[i].end > around.end)
			around.end = ranges->at[i].end;
	}
	return around;
}
