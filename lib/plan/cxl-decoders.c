/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoders of memory devices and host bridges for a new CXL region, and the order of addresses. */
#include "lib/base/error.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <string.h>

/* ---- existing regions ---------------------------------------------------------------------- */

/* Returns whether a decoder behind the host bridge belongs to the region. */
static bool is_behind(const struct mhp_topology *topo, const struct mhp_cxl_region *region,
		      int bridge)
{
	for (unsigned i = 0; i < region->nr_members; i++) {
		const struct mhp_cxl_member *member = &region->members[i];
		const struct mhp_cxl_memdev *card = topology_find_cxl_memdev(topo, member->memdev);

		if (*member->decoder && card && card->bridge == bridge)
			return true;
	}
	return false;
}

const struct mhp_cxl_region *cxl_highest_region(const struct mhp_topology *topo,
						const struct cxl_cards *cards)
{
	const struct mhp_cxl_region *highest = NULL;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &topo->cxl_regions[i];

		if (region->start == MHP_UNKNOWN || (highest && highest->start > region->start))
			continue;
		for (unsigned k = 0; k < cards->nr; k++)
			if (cards->at[k]->bridge >= 0 &&
			    is_behind(topo, region, cards->at[k]->bridge))
				highest = region;
	}
	return highest;
}

/* ---- decoders ------------------------------------------------------------------------------ */

/* Returns whether the chain makes a region with the memory device, or with one behind its bridge.
 */
static bool takes(const struct planner *p, const struct chain *chain,
		  const struct mhp_cxl_memdev *card, bool any_of_bridge)
{
	for (unsigned i = 0; cxl_makes_region(chain) && i < chain->cxl.ways; i++) {
		const struct mhp_cxl_memdev *other =
			topology_find_cxl_memdev(p->topo, chain->cxl.members[i].memdev);

		if (other == card || (any_of_bridge && other && other->bridge == card->bridge))
			return true;
	}
	return false;
}

/* Returns whether the regions of the first chains leave one of so many decoders; -1: not known. */
static bool has_left(const struct planner *p, uint32_t nr_chains, const struct mhp_cxl_memdev *card,
		     int nr, bool any_of_bridge)
{
	int taken = 0;

	for (uint32_t i = 0; i < nr_chains; i++)
		taken += takes(p, &p->plan->chains[i], card, any_of_bridge);
	return nr < 0 || nr > taken;
}

static int refuse_card(const struct mhp_cxl_memdev *card, struct mhp_error *err)
{
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: has no free decoder for another region",
		card->name);
	return err_hint(err, -ENOSPC,
			"each region of a memory device takes one of its decoders; mhpctl list "
			"shows the regions, and mhpctl remove --destroy cxl/REGION gives one back");
}

static int refuse_bridge(const struct planner *p, const struct mhp_cxl_memdev *card,
			 struct mhp_error *err)
{
	const struct mhp_cxl_region *region = NULL;

	for (size_t i = 0; i < p->topo->nr_cxl_regions && !region; i++)
		if (is_behind(p->topo, &p->topo->cxl_regions[i], card->bridge))
			region = &p->topo->cxl_regions[i];
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: host bridge %d, which it is behind, has no free decoder for another region",
		card->name, card->bridge);
	if (!card->bridge_free_decoders && region)
		return err_hint(err, -ENOSPC,
				"each region takes one; mhpctl remove --destroy cxl/%s gives one "
				"back",
				region->name);
	return err_hint(err, -ENOSPC,
			"each region takes one; with --interleave, memory devices behind it become "
			"one region");
}

int cxl_check_decoders(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		       struct mhp_error *err)
{
	for (unsigned i = 0; i < cards->nr; i++) {
		const struct mhp_cxl_memdev *card = cards->at[i];

		if (!has_left(p, nr_chains, card, card->free_decoders, false))
			return refuse_card(card, err);
		if (!has_left(p, nr_chains, card, card->bridge_free_decoders, true))
			return refuse_bridge(p, card, err);
	}
	return 0;
}
