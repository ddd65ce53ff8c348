/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts what the regions of earlier chains of a plan take, and what is left for another one. */
#include "lib/base/range.h"
#include "lib/plan/cxl.h"

#include <string.h>

uint64_t cxl_taken_in(const struct planner *p, uint32_t nr_chains, const char *window)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < nr_chains; i++) {
		const struct chain *chain = &p->plan->chains[i];

		if (cxl_makes_region(chain) && strcmp(chain->cxl.window, window) == 0)
			bytes += chain->cxl.size;
	}
	return bytes;
}

uint64_t cxl_taken_of(const struct planner *p, uint32_t nr_chains, const char *memdev)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < nr_chains; i++) {
		const struct chain *chain = &p->plan->chains[i];

		for (unsigned k = 0; cxl_makes_region(chain) && k < chain->cxl.ways; k++)
			if (strcmp(chain->cxl.members[k].memdev, memdev) == 0)
				bytes += chain->cxl.size / chain->cxl.ways;
	}
	return bytes;
}

uint64_t cxl_free_of(const struct planner *p, uint32_t nr_chains, const struct mhp_cxl_memdev *card)
{
	uint64_t has = cxl_memdev_free(card), taken = cxl_taken_of(p, nr_chains, card->name);

	return has > taken ? align_down(has - taken, CXL_PIECE) : 0;
}

void cxl_want_of(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		 struct cxl_want *want)
{
	*want = (struct cxl_want){
		.nr_cards = cards->nr,
		.card_bytes = UINT64_MAX,
		.size = align_up(p->request->bytes, CXL_PIECE * cards->nr),
		.granularity = p->request->granularity,
		.highest = cxl_highest_region(p->topo, cards),
	};
	for (unsigned i = 0; i < cards->nr; i++) {
		uint64_t bytes = cxl_free_of(p, nr_chains, cards->at[i]);

		want->cards[i] = cards->at[i];
		if (bytes < want->card_bytes)
			want->card_bytes = bytes;
	}
}
