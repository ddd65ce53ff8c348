/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which windows can hold a CXL region, and where. */
#include "lib/plan/cxl-window.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/unit.h"

#include <string.h>

#define START (256 * GIB)

static struct mhp_cxl_memdev cards[MHP_CXL_WAYS_MAX];

/* Wants 1 GiB of each of that many cards; the first ones are behind the first host bridge. */
static struct cxl_want want_of(unsigned nr, const int *bridges)
{
	struct cxl_want want = { .nr_cards = nr, .card_bytes = GIB };

	for (unsigned i = 0; i < nr; i++) {
		cards[i].bridge = bridges[i];
		want.cards[i] = &cards[i];
	}
	return want;
}

static struct mhp_cxl_window window_of(unsigned ways, const int *targets, uint64_t bytes)
{
	struct mhp_cxl_window window = {
		.name = "decoder0.0",
		.start = START,
		.size = bytes,
		.max_extent_start = START,
		.max_extent_bytes = bytes,
		.can_ram = MHP_TRISTATE_YES,
		.granularity = 1024,
		.ways = ways,
		.nr_targets = ways,
	};

	memcpy(window.targets, targets, ways * sizeof(*targets));
	return window;
}

static void expect_misfit(const struct mhp_cxl_window *window, const struct cxl_want *want,
			  enum cxl_misfit misfit)
{
	struct cxl_fit fit;

	cxl_fit(window, want, 0, &fit);
	assert_int_equal(fit.misfit, misfit);
}

static void a_card_in_its_window(void **state)
{
	const struct mhp_cxl_window window = window_of(1, (int[]){ 12 }, 4 * GIB);
	struct cxl_want want = want_of(1, (int[]){ 12 });
	struct cxl_fit fit;

	(void)state;
	cxl_fit(&window, &want, 0, &fit);
	assert_int_equal(fit.misfit, CXL_FITS);
	assert_true(fit.size == GIB && fit.start == START && fit.space == 4 * GIB);
	assert_true(fit.is_full && fit.granularity == 256 && fit.members[0] == &cards[0]);
	want.granularity = 4096;
	cxl_fit(&window, &want, 3 * GIB, &fit);
	assert_true(fit.size == GIB && fit.start == START + 3 * GIB && fit.space == GIB);
	assert_int_equal(fit.granularity, 4096);
}

/* Regions begin and end at multiples of 256 MiB. */
static void a_piece_that_is_not_aligned(void **state)
{
	struct mhp_cxl_window window = window_of(1, (int[]){ 12 }, GIB);
	const struct cxl_want want = want_of(1, (int[]){ 12 });
	struct cxl_fit fit;

	(void)state;
	window.max_extent_start += MIB;
	window.max_extent_bytes -= 2 * MIB;
	cxl_fit(&window, &want, 0, &fit);
	assert_int_equal(fit.misfit, CXL_FITS);
	assert_true(fit.start == START + 256 * MIB && fit.size == 512 * MIB && !fit.is_full);
}

static void windows_that_do_not_fit(void **state)
{
	struct mhp_cxl_window window = window_of(1, (int[]){ 12 }, 4 * GIB);
	struct cxl_want want = want_of(1, (int[]){ 44 });

	(void)state;
	expect_misfit(&window, &want, CXL_NO_BRIDGE);
	window.can_ram = MHP_TRISTATE_NO;
	expect_misfit(&window, &want, CXL_NO_RAM);
	window.can_ram = MHP_TRISTATE_UNKNOWN;
	expect_misfit(&window, &want, CXL_UNREAD);
	window = window_of(1, (int[]){ 44 }, 4 * GIB);
	window.nr_targets = 0;
	expect_misfit(&window, &want, CXL_UNREAD);
	window = window_of(2, (int[]){ 12, 44 }, 4 * GIB);
	expect_misfit(&window, &want, CXL_BAD_WAYS);
	window.granularity = MHP_UNKNOWN;
	expect_misfit(&window, &want, CXL_UNREAD);
}

static void windows_that_are_too_small(void **state)
{
	struct mhp_cxl_window window = window_of(1, (int[]){ 12 }, 512 * MIB);
	struct cxl_want want = want_of(1, (int[]){ 12 });
	struct cxl_fit fit;

	(void)state;
	cxl_fit(&window, &want, 0, &fit);
	assert_true(fit.misfit == CXL_FITS && fit.size == 512 * MIB && !fit.is_full);
	want.size = 768 * MIB;
	expect_misfit(&window, &want, CXL_NO_SPACE);
	want.size = 0;
	cxl_fit(&window, &want, 512 * MIB, &fit);
	assert_true(fit.misfit == CXL_NO_SPACE && fit.space == 0);
	want = want_of(2, (int[]){ 12, 12 });
	window.max_extent_bytes = 256 * MIB;
	expect_misfit(&window, &want, CXL_NO_SPACE);
	window.max_extent_bytes = 0;
	window.max_extent_start = MHP_UNKNOWN; /* there is no piece */
	cxl_fit(&window, &want, 0, &fit);
	assert_true(fit.misfit == CXL_NO_SPACE && fit.space == 0);
}

/* 3, 6 and 12 ways need a window of 3, 6 or 12 ways. */
static void ways_of_regions_and_windows(void **state)
{
	static const struct {
		unsigned ways;
		unsigned fits[4]; /* windows, by their ways */
	} rules[] = {
		{ 1, { 1 } },	      { 2, { 1, 2 } },	      { 3, { 3 } },
		{ 4, { 1, 2, 4 } },   { 6, { 3, 6 } },	      { 8, { 1, 2, 4, 8 } },
		{ 12, { 3, 6, 12 } }, { 16, { 1, 2, 4, 8 } },
	};
	static const unsigned windows[] = { 1, 2, 3, 4, 6, 8, 12 };
	static const int targets[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (size_t k = 0; k < ARRAY_SIZE(windows); k++) {
			const struct mhp_cxl_window window =
				window_of(windows[k], targets, 64 * GIB);
			int bridges[MHP_CXL_WAYS_MAX];
			struct cxl_want want;
			bool fits = false;

			for (unsigned n = 0; n < rules[i].ways; n++)
				bridges[n] = (int)(n % windows[k]);
			for (size_t n = 0; n < ARRAY_SIZE(rules[i].fits); n++)
				fits |= rules[i].fits[n] == windows[k];
			want = want_of(rules[i].ways, bridges);
			expect_misfit(&window, &want, fits ? CXL_FITS : CXL_BAD_WAYS);
			assert_true(cxl_has_ways(rules[i].ways));
		}
	assert_false(cxl_has_ways(0) || cxl_has_ways(5) || cxl_has_ways(10) || cxl_has_ways(24));
}

static void host_bridges_take_turns(void **state)
{
	const struct mhp_cxl_window window = window_of(2, (int[]){ 12, 44 }, 64 * GIB);
	struct cxl_want want = want_of(4, (int[]){ 12, 12, 44, 44 });
	struct cxl_fit fit;

	(void)state;
	cxl_fit(&window, &want, 0, &fit);
	assert_int_equal(fit.misfit, CXL_FITS);
	assert_true(fit.size == 4 * GIB && fit.granularity == 1024);
	assert_true(fit.members[0] == &cards[0] && fit.members[1] == &cards[2]);
	assert_true(fit.members[2] == &cards[1] && fit.members[3] == &cards[3]);
	want.granularity = 256;
	expect_misfit(&window, &want, CXL_GRANULARITY);
	want.granularity = 1024;
	expect_misfit(&window, &want, CXL_FITS);
	want = want_of(4, (int[]){ 12, 12, 12, 44 });
	expect_misfit(&window, &want, CXL_UNEVEN);
}

static void the_better_window(void **state)
{
	const struct mhp_cxl_window one = { .ways = 1 }, two = { .ways = 2 };
	const struct cxl_fit full = { .is_full = true, .space = 4 * GIB };
	const struct cxl_fit more = { .is_full = true, .space = 8 * GIB };
	const struct cxl_fit part = { .space = 16 * GIB };
	const struct cxl_fit hidden = { .is_full = true, .space = MHP_UNKNOWN };

	(void)state;
	assert_true(cxl_is_better(&two, &full, &one, &part));
	assert_true(cxl_is_better(&one, &full, &two, &more));
	assert_false(cxl_is_better(&two, &more, &one, &full));
	assert_true(cxl_is_better(&one, &more, &one, &full));
	assert_false(cxl_is_better(&one, &full, &one, &full));
	assert_true(cxl_is_better(&one, &full, &one, &hidden));
	assert_false(cxl_is_better(&one, &hidden, &one, &full));
}

static void addresses_that_are_hidden(void **state)
{
	struct mhp_cxl_window window = window_of(1, (int[]){ 12 }, 4 * GIB);
	struct cxl_want want = want_of(1, (int[]){ 12 });
	struct cxl_fit fit;

	(void)state;
	window.start = window.max_extent_start = window.max_extent_bytes = MHP_UNKNOWN;
	cxl_fit(&window, &want, GIB, &fit);
	assert_true(fit.misfit == CXL_FITS && fit.size == GIB);
	assert_true(fit.start == MHP_UNKNOWN && fit.space == MHP_UNKNOWN);
	want.size = 8 * GIB;
	expect_misfit(&window, &want, CXL_NO_SPACE);
}

UNIT_TESTS(cmocka_unit_test(a_card_in_its_window), cmocka_unit_test(a_piece_that_is_not_aligned),
	   cmocka_unit_test(windows_that_do_not_fit), cmocka_unit_test(windows_that_are_too_small),
	   cmocka_unit_test(ways_of_regions_and_windows), cmocka_unit_test(host_bridges_take_turns),
	   cmocka_unit_test(the_better_window), cmocka_unit_test(addresses_that_are_hidden))
