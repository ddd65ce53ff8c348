/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans what prepares blocks for an offline, as far as their content shows a use for it. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/plan/drain.h"
#include "lib/plan/plan.h"

#include <errno.h>

/* Less clean cache moves as fast as it is dropped, and all caches of the machine would pay. */
#define DROP_MIN (16ULL << 20)

static bool takes_offline(const struct mhp_plan *plan)
{
	for (size_t i = 0; i < plan->nr_steps; i++)
		if (plan->steps[i].type == MHP_STEP_OFFLINE_BLOCK)
			return true;
	return false;
}

static int hold_demotion(const struct drain_facts *facts, struct mhp_drain *drain)
{
	struct mhp_drain_action *action;

	if (facts->demotion != MHP_TRISTATE_YES)
		return 0;
	action = drain_add(drain, MHP_DRAIN_HOLD_DEMOTION, "demotion");
	if (!action)
		return -ENOMEM;
	str_copy(action->why, "the kernel would move pages of faster memory into the blocks");
	return 0;
}

static int drop_cache(const struct drain_facts *facts, struct mhp_drain *drain)
{
	const uint64_t clean = facts->state.clean_bytes;
	struct mhp_drain_action *action;
	char size[24];

	if (clean == MHP_UNKNOWN || clean < DROP_MIN)
		return 0;
	action = drain_add(drain, MHP_DRAIN_DROP_CACHE, "page cache");
	if (!action)
		return -ENOMEM;
	action->asked_bytes = clean;
	str_format(action->why,
		   "%s of it in the blocks is clean; the whole machine loses its clean cache",
		   format_size(clean, size, sizeof(size)));
	if (facts->can_drop == MHP_TRISTATE_YES)
		return 0;
	action->status = MHP_DRAIN_PASSED_OVER;
	str_copy(action->why, "the kernel has no way to drop its caches");
	return 0;
}

/* ---- reclaim ----------------------------------------------------------------------------- */

static int reclaim_group(const struct drain_group *group, uint64_t bytes, struct mhp_drain *drain)
{
	char name[sizeof(group->cgroup.path)];
	struct mhp_drain_action *action;

	str_copy(name, group->cgroup.path);
	if (!*name)
		str_format(name, "cgroup with inode %llu", (unsigned long long)group->cgroup.inode);
	action = drain_add(drain, MHP_DRAIN_RECLAIM, name);
	if (!action)
		return -ENOMEM;
	action->asked_bytes = bytes;
	if (bytes) {
		str_copy(action->why, "other nodes lack space for its pages");
		return 0;
	}
	action->status = MHP_DRAIN_PASSED_OVER;
	str_copy(action->why, drain_group_why_not(group));
	return 0;
}

/* Asks each cgroup for what it has in the blocks, until the sum makes up for the lack of space. */
static int reclaim_groups(const struct drain_facts *facts, struct mhp_drain *drain)
{
	uint64_t left = facts->state.short_bytes, swap = facts->swap_bytes;
	int rc = 0;

	if (left == MHP_UNKNOWN)
		return 0;
	for (size_t i = 0; i < facts->nr_groups && left && rc == 0; i++) {
		const struct drain_group *group = &facts->groups[i];
		uint64_t bytes = drain_group_bytes(group, swap);

		bytes = bytes < left ? bytes : left;
		if (swap != MHP_UNKNOWN && bytes > group->file_bytes)
			swap -= bytes - group->file_bytes;
		left -= bytes;
		rc = reclaim_group(group, bytes, drain);
	}
	return rc;
}

/* ---- compaction -------------------------------------------------------------------------- */

/* Compacts the nodes with free memory in small pieces, if the huge pages to move need more. */
static int compact_nodes(const struct drain_facts *facts, struct mhp_drain *drain)
{
	const uint64_t thp = facts->state.thp_bytes;
	uint64_t huge = 0, lacking;

	if (thp == MHP_UNKNOWN || !facts->huge_page_size)
		return 0;
	for (size_t i = 0; i < facts->nr_nodes; i++)
		huge += facts->nodes[i].huge_bytes;
	lacking = thp > huge ? thp - huge : 0;
	for (size_t i = 0; i < facts->nr_nodes && lacking; i++) {
		const struct drain_node *node = &facts->nodes[i];
		uint64_t small = node->free_bytes - node->huge_bytes;
		struct mhp_drain_action *action;
		char name[24];

		if (small < facts->huge_page_size)
			continue;
		str_format(name, "node%d", node->node);
		action = drain_add(drain, MHP_DRAIN_COMPACT, name);
		if (!action)
			return -ENOMEM;
		action->asked_bytes = small < lacking ? small : lacking;
		lacking -= action->asked_bytes;
		str_copy(action->why, "huge pages have to move, and its free memory is in "
				      "smaller pieces");
		if (node->can_compact)
			continue;
		action->status = MHP_DRAIN_PASSED_OVER;
		str_copy(action->why, "the kernel cannot compact the memory of a node");
	}
	return 0;
}

/* ---- the drain --------------------------------------------------------------------------- */

/* Warns about cgroups that are left out, if something is to be reclaimed. */
static int warn_groups(struct planner *p, const struct drain_facts *facts)
{
	if (facts->state.short_bytes == MHP_UNKNOWN)
		return plan_warn(p, "drain: the space on other nodes is not known, so nothing is "
				    "reclaimed");
	if (!facts->state.short_bytes)
		return 0;
	if (*facts->no_groups)
		return plan_warn(p, "drain: nothing is reclaimed: %s", facts->no_groups);
	return facts->has_more_groups ? plan_warn(p, "drain: further cgroups have pages in the "
						     "blocks, and are left out")
				      : 0;
}

/* Warns about values that are not known: the actions that depend on them are left out. */
static int warn_unknown(struct planner *p, const struct drain_facts *facts)
{
	int rc = 0;

	if (!facts->is_read)
		return plan_warn(p, "drain: the content of the blocks was not read");
	if (facts->demotion == MHP_TRISTATE_UNKNOWN)
		rc = plan_warn(p, "drain: whether demotion is enabled is not known, so it is not "
				  "held");
	if (rc == 0 && *facts->no_pages)
		return plan_warn(p,
				 "drain: the content of the blocks is not known, so most is "
				 "left out: %s",
				 facts->no_pages);
	return rc < 0 ? rc : warn_groups(p, facts);
}

int plan_drain(struct planner *p)
{
	const struct drain_facts *facts = &p->topo->drain;
	struct mhp_drain *drain;
	int rc;

	if (!p->request->drain_ms || !takes_offline(p->plan))
		return 0;
	drain = drain_new();
	if (!drain)
		return -ENOMEM;
	p->plan->drain = drain;
	drain->limit_ms = p->request->drain_ms;
	rc = warn_unknown(p, facts);
	if (rc < 0 || !facts->is_read)
		return rc;
	drain->before = facts->state;
	if (rc == 0)
		rc = hold_demotion(facts, drain);
	if (rc == 0)
		rc = drop_cache(facts, drain);
	if (rc == 0)
		rc = reclaim_groups(facts, drain);
	return rc < 0 ? rc : compact_nodes(facts, drain);
}

bool plan_drain_may_help(const struct planner *p, uint64_t lacking)
{
	const struct drain_facts *facts = &p->topo->drain;

	if (!p->request->drain_ms)
		return false;
	return !facts->is_read || drain_facts_reclaimable(facts) >= lacking;
}
