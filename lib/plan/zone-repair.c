/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to move online blocks to another zone: each goes offline and comes online again. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/zone.h"
#include "lib/plan/choice.h"
#include "lib/plan/plan.h"

#include <errno.h>

static bool has_wrong_zone(const struct planner *p, const struct mhp_block *block)
{
	/* a zone that cannot be read is assumed to be right */
	return block->state == MHP_BLOCK_ONLINE && !zone_satisfies(block->zone, p->request->zone);
}

int plan_zone_repairs(struct planner *p, uint32_t chain)
{
	const uint64_t keep = p->request->keep_bytes;
	struct mhp_plan *plan = p->plan;
	size_t before = plan->nr_steps;
	char size[24];
	int rc = plan_block_runs(p, chain, MHP_STEP_ONLINE_BLOCK, has_wrong_zone);

	plan_cut_to_first(plan, chain, before, p->topo->memory.block_size);
	plan->has_repairs = plan->has_repairs || plan->nr_steps > before;
	for (size_t i = before; i < plan->nr_steps; i++) {
		struct mhp_step *step = &plan->steps[i];

		str_format(step->why, "online, but not in zone %s: goes offline first",
			   mhp_zone_request_name(p->request->zone));
		if (keep)
			str_format(step->needs, "%s of the other blocks of the targets are online",
				   format_size(keep, size, sizeof(size)));
		str_copy(step->undo, "bring the blocks online in their old zone again");
	}
	return rc;
}

int plan_check_keep_request(const struct mhp_request *request, struct mhp_error *err)
{
	if (request->verb != MHP_VERB_ONLINE)
		return err_usage(err, "leave it out", "only online can keep memory online");
	if (request->zone == MHP_ZONE_REQUEST_AUTO)
		return err_usage(err, "choose the zone: --zone movable or --zone kernel",
				 "with zone auto no block changes its zone, so there is nothing to "
				 "keep");
	if (choice_bytes(request))
		return err_usage(err, "name a target, such as node1, without --size",
				 "blocks chosen by size are offline, so there is nothing to keep");
	return 0;
}

/* Counts the blocks of all targets. Returns 0, 1 if some are not known yet, or -ENOMEM. */
static int count_blocks(const struct mhp_plan *plan, uint64_t *nr)
{
	cleanup_idset struct idset all = { 0 };

	for (size_t i = 0; i < plan->nr_chains; i++) {
		const struct chain *chain = &plan->chains[i];

		if (!chain->blocks.nr)
			return 1;
		for (size_t k = 0; k < chain->blocks.nr; k++)
			if (idset_add(&all, chain->blocks.runs[k].first,
				      chain->blocks.runs[k].last) < 0)
				return -ENOMEM;
	}
	*nr = idset_count(&all);
	return 0;
}

int plan_check_keep(const struct planner *p, struct mhp_error *err)
{
	const uint64_t block = p->topo->memory.block_size, keep = p->request->keep_bytes;
	char asked[24], all[24], one[24];
	uint64_t nr = 0;
	int rc;

	if (!keep || !p->plan->has_repairs)
		return 0;
	rc = count_blocks(p->plan, &nr);
	if (rc < 0)
		return err_errno(err, rc, "plan");
	if (rc > 0 || (nr - 1) * block >= keep)
		return 0;
	err_usage(err, "",
		  "%s cannot stay online while a block changes its zone: the targets have %s",
		  format_size(keep, asked, sizeof(asked)),
		  format_size(nr * block, all, sizeof(all)));
	return err_hint(err, -EINVAL, "a block of %s is offline in between: keep %s or less",
			format_size(block, one, sizeof(one)),
			format_size((nr - 1) * block, all, sizeof(all)));
}
