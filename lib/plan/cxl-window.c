/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules are those of drivers/cxl/core/region.c. */
#include "lib/plan/cxl-window.h"
#include "lib/base/cleanup.h"
#include "lib/base/range.h"
#include "lib/model/cxl.h"

bool cxl_has_ways(unsigned ways)
{
	static const unsigned known[] = { 1, 2, 3, 4, 6, 8, 12, 16 };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == ways)
			return true;
	return false;
}

/* Returns whether the ways of a region are those of the window times a power of two. */
static bool can_interleave(const struct mhp_cxl_window *window, unsigned ways)
{
	return ways % window->ways == 0 && is_power_of_two(ways / window->ways);
}

static bool reaches(const struct mhp_cxl_window *window, const struct mhp_cxl_memdev *card)
{
	for (unsigned i = 0; i < window->ways; i++)
		if (window->targets[i] == card->bridge)
			return true;
	return false;
}

/*
 * Gives the cards their positions: the host bridges take turns, and each has its cards in the order
 * of the request. Returns false if a bridge has too few cards.
 */
static bool place_cards(const struct mhp_cxl_window *window, const struct cxl_want *want,
			struct cxl_fit *fit)
{
	bool is_placed[MHP_CXL_WAYS_MAX] = { false };

	for (unsigned i = 0; i < want->nr_cards; i++) {
		unsigned next = 0;

		while (next < want->nr_cards &&
		       (is_placed[next] ||
			want->cards[next]->bridge != window->targets[i % window->ways]))
			next++;
		if (next == want->nr_cards)
			return false;
		is_placed[next] = true;
		fit->members[i] = want->cards[next];
	}
	return true;
}

/* Finds the free piece, from one multiple of CXL_PIECE to another. */
static void find_space(const struct mhp_cxl_window *window, uint64_t taken, struct cxl_fit *fit)
{
	uint64_t start = window->max_extent_start, end;

	fit->start = MHP_UNKNOWN;
	fit->space = window->max_extent_bytes ? MHP_UNKNOWN : 0;
	if (start == MHP_UNKNOWN || window->max_extent_bytes == MHP_UNKNOWN)
		return;
	end = align_down(start + window->max_extent_bytes, CXL_PIECE);
	fit->start = align_up(start, CXL_PIECE) + taken;
	fit->space = end > fit->start ? end - fit->start : 0;
}

/* Chooses the size. Returns false if there is too little space. */
static bool choose_size(const struct mhp_cxl_window *window, const struct cxl_want *want,
			struct cxl_fit *fit)
{
	uint64_t unit = CXL_PIECE * want->nr_cards, all = want->card_bytes * want->nr_cards;
	uint64_t space = fit->space == MHP_UNKNOWN ? window->size : fit->space;

	fit->size = want->size ? want->size : all;
	if (fit->size > space && want->size)
		return false;
	if (fit->size > space)
		fit->size = align_down(space, unit);
	fit->is_full = want->size || fit->size == all;
	return fit->size != 0;
}

/*
 * Returns whether a port of the cards refuses the region: it takes regions in the order of their
 * addresses (alloc_region_ref()). The kernel never places one above the start that is expected.
 */
static bool is_too_low(const struct cxl_want *want, const struct cxl_fit *fit)
{
	return want->highest && fit->start != MHP_UNKNOWN && fit->start < want->highest->start;
}

static enum cxl_misfit find_misfit(const struct mhp_cxl_window *window, const struct cxl_want *want,
				   uint64_t taken, struct cxl_fit *fit)
{
	bool is_fixed = window->ways > 1; /* the granularity of its regions */

	if (!window->ways || window->nr_targets != window->ways ||
	    window->can_ram == MHP_TRISTATE_UNKNOWN ||
	    (is_fixed && window->granularity == MHP_UNKNOWN))
		return CXL_UNREAD;
	if (window->can_ram != MHP_TRISTATE_YES)
		return CXL_NO_RAM;
	for (unsigned i = 0; i < want->nr_cards; i++)
		if (!reaches(window, want->cards[i])) {
			fit->card = want->cards[i];
			return CXL_NO_BRIDGE;
		}
	if (!can_interleave(window, want->nr_cards))
		return CXL_BAD_WAYS;
	if (!place_cards(window, want, fit))
		return CXL_UNEVEN;
	if (is_fixed && want->granularity && want->granularity != window->granularity)
		return CXL_GRANULARITY;
	fit->granularity = is_fixed	       ? window->granularity
			   : want->granularity ? want->granularity
					       : CXL_GRANULARITY_LEAST;
	find_space(window, taken, fit);
	if (!choose_size(window, want, fit))
		return CXL_NO_SPACE;
	return is_too_low(want, fit) ? CXL_TOO_LOW : CXL_FITS;
}

void cxl_fit(const struct mhp_cxl_window *window, const struct cxl_want *want, uint64_t taken,
	     struct cxl_fit *fit)
{
	*fit = (struct cxl_fit){ .space = MHP_UNKNOWN };
	fit->misfit = find_misfit(window, want, taken, fit);
}

bool cxl_is_better(const struct mhp_cxl_window *a, const struct cxl_fit *fit_a,
		   const struct mhp_cxl_window *b, const struct cxl_fit *fit_b)
{
	if (fit_a->is_full != fit_b->is_full)
		return fit_a->is_full;
	if (a->ways != b->ways)
		return a->ways < b->ways;
	return fit_a->space != MHP_UNKNOWN &&
	       (fit_b->space == MHP_UNKNOWN || fit_a->space > fit_b->space);
}
