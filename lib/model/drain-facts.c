/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/drain-facts.h"

#include <stdlib.h>

void drain_facts_free(struct drain_facts *facts)
{
	free(facts->groups);
	free(facts->nodes);
	*facts = (struct drain_facts){ .is_read = false };
}

uint64_t drain_group_bytes(const struct drain_group *group, uint64_t swap_bytes)
{
	const struct cgroup_found *cgroup = &group->cgroup;

	if (!*cgroup->path || cgroup->is_root || cgroup->has_children || !cgroup->can_reclaim)
		return 0;
	if (swap_bytes == MHP_UNKNOWN)
		return group->file_bytes;
	return group->file_bytes +
	       (group->anon_bytes < swap_bytes ? group->anon_bytes : swap_bytes);
}

const char *drain_group_why_not(const struct drain_group *group)
{
	if (!*group->cgroup.path)
		return "its cgroup is not visible, or its path is too long";
	if (group->cgroup.is_root)
		return "a reclaim of the root cgroup takes memory of all processes";
	if (group->cgroup.has_children)
		return "a reclaim would take memory of the cgroups below it too";
	if (!group->cgroup.can_reclaim)
		return "it has no memory.reclaim (Linux 5.19)";
	return "only swap can take its pages, and there is no free swap to use";
}

uint64_t drain_facts_reclaimable(const struct drain_facts *facts)
{
	uint64_t swap = facts->swap_bytes, sum = 0;

	for (size_t i = 0; i < facts->nr_groups; i++) {
		uint64_t bytes = drain_group_bytes(&facts->groups[i], swap);

		sum += bytes;
		if (swap != MHP_UNKNOWN && bytes > facts->groups[i].file_bytes)
			swap -= bytes - facts->groups[i].file_bytes;
	}
	return sum;
}
