/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a CXL window can hold a new region, and where in it. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

#define CXL_GRANULARITY_LEAST \
	256 /* bytes of one way; drivers/cxl/cxlmem.h: CXL_DECODER_*_GRANULARITY */
#define CXL_GRANULARITY_MOST 16384

/* A region that does not exist yet. */
struct cxl_want {
	const struct mhp_cxl_memdev *cards[MHP_CXL_WAYS_MAX]; /* in the order of the request */
	unsigned nr_cards;
	uint64_t card_bytes;  /* free on each of them, a multiple of CXL_PIECE */
	uint64_t size;	      /* of the region; 0: as much as possible */
	uint64_t granularity; /* 0: any */
	/* The region with the highest addresses behind a host bridge of the cards, or NULL. */
	const struct mhp_cxl_region *highest;
};

/* Why a window cannot hold the region, in the order in which this is checked. */
enum cxl_misfit {
	CXL_FITS = 0,
	CXL_UNREAD,	 /* its ways or targets are not known */
	CXL_NO_RAM,	 /* it does not take volatile memory */
	CXL_NO_BRIDGE,	 /* it does not reach a card */
	CXL_BAD_WAYS,	 /* the region cannot be interleaved in it */
	CXL_UNEVEN,	 /* its host bridges have unequal numbers of the cards */
	CXL_GRANULARITY, /* it has another one */
	CXL_NO_SPACE,
	CXL_TOO_LOW, /* a host bridge of the cards has a region at higher addresses */
};

struct cxl_fit {
	enum cxl_misfit misfit;
	const struct mhp_cxl_memdev *card; /* CXL_NO_BRIDGE: that card */
	uint64_t space;			   /* the largest free piece, or MHP_UNKNOWN */
	/* Only if it fits: */
	uint64_t size;
	uint64_t start; /* expected, or MHP_UNKNOWN */
	uint64_t granularity;
	bool is_full; /* size is all that the request wants */
	const struct mhp_cxl_memdev *members[MHP_CXL_WAYS_MAX]; /* the cards by position */
};

/* Returns whether the kernel knows that many ways. */
bool cxl_has_ways(unsigned ways);

/*
 * Sees whether the window can hold the region, after the first bytes of its largest free piece are
 * taken for other regions.
 */
void cxl_fit(const struct mhp_cxl_window *window, const struct cxl_want *want, uint64_t taken,
	     struct cxl_fit *fit);

/*
 * Returns whether the first of two windows that fit is the better choice: all that is wanted, then
 * fewer ways, then more free space in one piece. If they are equal the one with the lower number
 * is, which the caller sees first.
 */
bool cxl_is_better(const struct mhp_cxl_window *a, const struct cxl_fit *fit_a,
		   const struct mhp_cxl_window *b, const struct cxl_fit *fit_b);
