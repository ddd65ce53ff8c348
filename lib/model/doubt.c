/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is there and does not show how it is: named as hidden, so that nobody takes it for well. */
#include "lib/base/error.h"
#include "lib/model/topology.h"

#include <inttypes.h>
#include <stdio.h>

struct doubt {
	const char *what;
	const char *why;
	const char *object; /* "memory", "node" */
	uint64_t first;
	size_t nr;
};

static void doubt_add(struct doubt *doubt, uint64_t number)
{
	if (!doubt->nr++)
		doubt->first = number;
}

static int doubt_hide(struct mhp_topology *topo, const struct doubt *doubt)
{
	char why[sizeof(topo->hidden->why)];

	if (!doubt->nr)
		return 0;
	if (doubt->nr == 1)
		str_format(why, "%s: %s%" PRIu64, doubt->why, doubt->object, doubt->first);
	else
		str_format(why, "%s: %s%" PRIu64 " and %zu more", doubt->why, doubt->object,
			   doubt->first, doubt->nr - 1);
	return topology_hide(topo, doubt->what, why);
}

int topology_hide_doubts(struct mhp_topology *topo)
{
	struct doubt state = { .what = "blocks.state",
			       .why = "cannot be read, or is not a known value",
			       .object = "memory" };
	struct doubt zone = { .what = "blocks.zone",
			      .why = "cannot be read, or is not a known value",
			      .object = "memory" };
	struct doubt cpus = { .what = "nodes.cpus",
			      .why = "cannot be read, or is not a list",
			      .object = "node" };
	int rc;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (block->state == MHP_BLOCK_UNKNOWN)
			doubt_add(&state, block->id);
		else if (block->state == MHP_BLOCK_ONLINE && block->zone == MHP_ZONE_UNKNOWN)
			doubt_add(&zone, block->id);
	}
	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (topo->nodes[i].cpus == MHP_CPUS_UNKNOWN)
			doubt_add(&cpus, (uint64_t)topo->nodes[i].node);
	rc = doubt_hide(topo, &state);
	if (rc == 0)
		rc = doubt_hide(topo, &zone);
	return rc < 0 ? rc : doubt_hide(topo, &cpus);
}
