/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocks that a request with a size can choose, and what their pages show. */
#pragma once

#include "lib/libmhp/receipt.h"

struct idset;

/* The risk that a block does not change its state, as far as it is known beforehand. */
enum candidate_risk {
	CANDIDATE_RISK_NONE = 0,
	CANDIDATE_RISK_POSSIBLE,
	CANDIDATE_RISK_LIKELY,
	CANDIDATE_RULED_OUT, /* certain: never tried; the receipt block has the reason */
};

struct candidate {
	struct mhp_receipt_block block;
	enum candidate_risk risk;
};

/* The blocks that were read for the request, and the progress of earlier rounds of the run. */
struct candidates {
	struct candidate *at; /* ascending by id; none: their pages cannot be read */
	size_t nr;
	bool is_measured;	    /* the next two are known */
	uint64_t elsewhere_bytes;   /* free or easily freed on the nodes that pages move to */
	bool is_own_node;	    /* there is no other node: pages move within this one */
	uint64_t given_bytes;	    /* earlier rounds of the run have changed so much */
	bool is_replacement;	    /* this round replaces blocks that failed */
	bool was_offline;	    /* they were to go offline; false: to come online */
	const struct idset *failed; /* these blocks; or NULL */
};

/* Returns what the pages of a block show, or NULL if that is not known. */
const struct candidate *candidate_find(const struct candidates *candidates, uint64_t id);

void candidates_free(struct candidates *candidates);
