/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/range.h"
#include "tests/unit/fake/unit.h"

#define BLOCK (128 * MIB)

static void alignment(void **state)
{
	assert_int_equal(align_down(0, 4096), 0);
	assert_int_equal(align_down(4095, 4096), 0);
	assert_int_equal(align_down(4096, 4096), 4096);
	assert_int_equal(align_up(0, 4096), 0);
	assert_int_equal(align_up(1, 4096), 4096);
	assert_int_equal(align_up(4096, 4096), 4096);
	/* three interleaved DIMMs */
	assert_int_equal(align_up(100, 48), 144);
	assert_int_equal(align_down(100, 48), 96);
}

static void what_cannot_be_rounded_up_is_as_far_as_can_be(void **state)
{
	assert_int_equal(align_up(UINT64_MAX, 4096), UINT64_MAX);
	assert_int_equal(align_up(UINT64_MAX - 4095, 4096), UINT64_MAX - 4095);
	assert_int_equal(align_up(UINT64_MAX - 4094, 4096), UINT64_MAX);
	assert_int_equal(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
}

static void powers_of_two(void **state)
{
	assert_false(is_power_of_two(0));
	assert_true(is_power_of_two(1));
	assert_true(is_power_of_two(4096));
	assert_false(is_power_of_two(4097));
	assert_true(is_power_of_two(1ULL << 63));
	assert_false(is_power_of_two(UINT64_MAX));
}

static void overlap(void **state)
{
	const struct mhp_range a = { 10, 20 };

	assert_true(range_overlaps(a, a));
	assert_true(range_overlaps(a, (struct mhp_range){ 19, 30 }));
	assert_true(range_overlaps(a, (struct mhp_range){ 0, 11 }));
	assert_true(range_overlaps(a, (struct mhp_range){ 12, 13 }));
	assert_false(range_overlaps(a, (struct mhp_range){ 20, 30 }));
	assert_false(range_overlaps(a, (struct mhp_range){ 0, 10 }));
	assert_true(range_contains(a, a));
	assert_true(range_contains(a, (struct mhp_range){ 12, 20 }));
	assert_false(range_contains(a, (struct mhp_range){ 9, 12 }));
	assert_false(range_contains(a, (struct mhp_range){ 12, 21 }));
}

/* dax0.0 of the captured machines: 0x102200000-0x17fffffff contains blocks 33 to 47. */
static void whole_blocks_of_a_device(void **state)
{
	uint64_t first;

	assert_int_equal(range_whole_blocks((struct mhp_range){ 0x102200000, 0x180000000 }, BLOCK,
					    &first),
			 15);
	assert_int_equal(first, 33);
	assert_int_equal(range_whole_blocks((struct mhp_range){ 0x108000000, 0x110000000 }, BLOCK,
					    &first),
			 1);
	assert_int_equal(first, 33);
}

static void ranges_without_a_whole_block(void **state)
{
	static const struct mhp_range ranges[] = {
		{ 0, 0 },
		{ 0x108000000, 0x108000000 },
		{ 0x108000000, 0x10fffffff },
		{ 0x108000001, 0x110000000 },
		{ 0x104000000, 0x114000000 - 0x4000001 },
		{ UINT64_MAX - 4096, UINT64_MAX },
	};
	uint64_t first;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_int_equal(range_whole_blocks(ranges[i], BLOCK, &first), 0);
}

UNIT_TESTS(cmocka_unit_test(alignment),
	   cmocka_unit_test(what_cannot_be_rounded_up_is_as_far_as_can_be),
	   cmocka_unit_test(powers_of_two), cmocka_unit_test(overlap),
	   cmocka_unit_test(whole_blocks_of_a_device),
	   cmocka_unit_test(ranges_without_a_whole_block))
