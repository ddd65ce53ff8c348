/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to take the blocks of a target offline. */
#include "lib/base/error.h"
#include "lib/plan/plan.h"

#include <errno.h>

void plan_describe_offline(struct planner *p, size_t from)
{
	for (size_t i = from; i < p->plan->nr_steps; i++) {
		str_copy(p->plan->steps[i].why, "online");
		str_copy(p->plan->steps[i].needs, "space for its pages elsewhere, and no "
						  "pinned page");
		str_copy(p->plan->steps[i].undo, "online in the zone it had");
	}
}

int plan_offline_runs(struct planner *p, uint32_t chain)
{
	size_t before = p->plan->nr_steps;
	int rc;

	plan_want(p, chain, MHP_BLOCK_OFFLINE);
	rc = plan_block_runs(p, chain, MHP_STEP_OFFLINE_BLOCK, block_is_online);
	plan_describe_offline(p, before);
	return rc;
}

static int offline_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc = plan_dax_chain(p, dax, &chain, &is_new, err);

	if (rc == 0 && is_new)
		rc = plan_check_backed(p, chain, err);
	return rc < 0 || !is_new ? rc : plan_offline_runs(p, chain);
}

int plan_offline_target(struct planner *p, struct mhp_error *err)
{
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (p->request->bytes)
		return err_hint(err,
				err_set(err, -EINVAL, MHP_REASON_USAGE,
					"a size needs --node or --device, not targets"),
				"mhpctl offline --node 2 --size 4G");
	switch (p->target->target.kind) {
	case TARGET_NODE:
	case TARGET_BLOCKS:
		rc = plan_named_blocks(p, &chain, &is_new, err);
		if (rc == 0 && is_new)
			rc = plan_check_boot_memory(p, chain, err);
		return rc < 0 || !is_new ? rc : plan_offline_runs(p, chain);
	default: /* a region or namespace without a device has nothing online */
		rc = plan_each_dax(p, offline_dax, err);
		return rc < 0 ? rc : 0;
	}
}
