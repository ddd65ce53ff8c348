/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists attributes with unknown values as hidden, so that nobody takes them for good values. */
#include "lib/base/error.h"
#include "lib/model/topology.h"

#include <inttypes.h>

/* One attribute, and the objects whose value is unknown. */
struct unknown {
	const char *what;
	const char *why;
	const char *object; /* "memory", "node" */
	uint64_t first;
	size_t nr;
};

static void count_unknown(struct unknown *unknown, uint64_t number)
{
	if (!unknown->nr++)
		unknown->first = number;
}

static int hide_unknown(struct mhp_topology *topo, const struct unknown *unknown)
{
	char why[sizeof(topo->hidden->why)];

	if (!unknown->nr)
		return 0;
	if (unknown->nr == 1)
		str_format(why, "%s: %s%" PRIu64, unknown->why, unknown->object, unknown->first);
	else
		str_format(why, "%s: %s%" PRIu64 " and %zu more", unknown->why, unknown->object,
			   unknown->first, unknown->nr - 1);
	return topology_hide(topo, unknown->what, why);
}

int topology_hide_unknown(struct mhp_topology *topo)
{
	struct unknown state = { .what = "blocks.state",
				 .why = "cannot be read, or is not a known value",
				 .object = "memory" };
	struct unknown zone = { .what = "blocks.zone",
				.why = "cannot be read, or is not a known value",
				.object = "memory" };
	struct unknown cpus = { .what = "nodes.cpus",
				.why = "cannot be read, or is not a list",
				.object = "node" };
	int rc;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (block->state == MHP_BLOCK_UNKNOWN)
			count_unknown(&state, block->id);
		else if (block->state == MHP_BLOCK_ONLINE && block->zone == MHP_ZONE_UNKNOWN)
			count_unknown(&zone, block->id);
	}
	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (topo->nodes[i].nr_cpus == MHP_CPUS_UNKNOWN)
			count_unknown(&cpus, (uint64_t)topo->nodes[i].node);
	rc = hide_unknown(topo, &state);
	if (rc == 0)
		rc = hide_unknown(topo, &zone);
	return rc < 0 ? rc : hide_unknown(topo, &cpus);
}
