/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/node.h"
#include "lib/base/cleanup.h"
#include "lib/base/idset.h"
#include "lib/base/vec.h"
#include "lib/model/topology.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define CPULIST_MAX 8192 /* fits every second of two thousand CPUs */

int cpulist_count(const char *text, unsigned *count)
{
	cleanup_idset struct idset cpus = { 0 };
	int rc = idset_parse(&cpus, text);

	if (rc == 0 && cpus.nr && cpus.runs[cpus.nr - 1].last > INT_MAX)
		rc = -EINVAL;
	*count = rc == 0 ? (unsigned)idset_count(&cpus) : 0;
	return rc;
}

struct node_walk {
	struct mhp_node *nodes;
	size_t nr;
};

static int add_node(const struct root *sys, const char *name, void *data)
{
	struct node_walk *walk = data;
	struct mhp_node *node;
	char cpus[CPULIST_MAX];
	unsigned count;
	uint64_t id;
	int rc;

	if (root_name_id(name, "node", &id) < 0 || id > INT_MAX)
		return 0;
	node = VEC_PUSH(walk->nodes, walk->nr);
	if (!node)
		return -ENOMEM;
	*node = (struct mhp_node){ .node = (int)id, .nr_cpus = MHP_CPUS_UNKNOWN };
	ROOT_PATH(path, KERNEL_NODES "/%s/cpulist", name);
	rc = root_read(sys, path, cpus, sizeof(cpus));
	if (rc == 0)
		rc = cpulist_count(cpus, &count);
	if (rc == 0)
		node->nr_cpus = count;
	return rc == -ENOMEM ? rc : 0;
}

static int by_number(const void *a, const void *b)
{
	return ((const struct mhp_node *)a)->node - ((const struct mhp_node *)b)->node;
}

int node_read_all(const struct root *sys, struct mhp_node **nodes, size_t *nr)
{
	struct node_walk walk = { 0 };
	int rc = root_each(sys, KERNEL_NODES, add_node, &walk);

	if (rc < 0 && rc != -ENOENT) { /* a kernel without NUMA has no nodes */
		free(walk.nodes);
		return rc;
	}
	if (walk.nr)
		qsort(walk.nodes, walk.nr, sizeof(*walk.nodes), by_number);
	*nodes = walk.nodes;
	*nr = walk.nr;
	return 0;
}

bool node_sum_zones(const struct mhp_topology *topo, uint64_t *movable, uint64_t *kernel)
{
	*movable = *kernel = 0;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		*movable += topo->nodes[i].movable_bytes;
		*kernel += topo->nodes[i].kernel_bytes;
	}
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (topo->blocks[i].state == MHP_BLOCK_UNKNOWN ||
		    (topo->blocks[i].state == MHP_BLOCK_ONLINE &&
		     topo->blocks[i].zone == MHP_ZONE_UNKNOWN))
			return false;
	return *kernel && !topo->no_blocks;
}

bool node_ratio_holds(uint64_t movable, uint64_t kernel, unsigned ratio_movable,
		      unsigned ratio_kernel)
{
	/* in 32nds of a GiB, so that nothing overflows */
	return (movable >> 25) * ratio_kernel <= (kernel >> 25) * ratio_movable;
}
