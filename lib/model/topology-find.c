/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lookups in a topology, and freeing it. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/vec.h"
#include "lib/model/block.h"
#include "lib/model/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIND(array, nr, test)                   \
	for (size_t i = 0; i < topo->nr; i++)   \
		if (test)                       \
			return &topo->array[i]; \
	return NULL

const struct mhp_region *topology_find_region(const struct mhp_topology *topo, const char *name)
{
	FIND(regions, nr_regions, strcmp(topo->regions[i].name, name) == 0);
}

const struct mhp_namespace *topology_find_namespace(const struct mhp_topology *topo,
						    const char *name)
{
	FIND(namespaces, nr_namespaces, strcmp(topo->namespaces[i].name, name) == 0);
}

const struct mhp_dax *topology_find_dax(const struct mhp_topology *topo, const char *name)
{
	FIND(dax, nr_dax, strcmp(topo->dax[i].name, name) == 0);
}

const struct mhp_cxl_memdev *topology_find_cxl_memdev(const struct mhp_topology *topo,
						      const char *name)
{
	FIND(cxl_memdevs, nr_cxl_memdevs, strcmp(topo->cxl_memdevs[i].name, name) == 0);
}

const struct mhp_cxl_region *topology_find_cxl_region(const struct mhp_topology *topo,
						      const char *name)
{
	FIND(cxl_regions, nr_cxl_regions, strcmp(topo->cxl_regions[i].name, name) == 0);
}

/* Compares serial numbers where the region is not known, and for persistent memory. */
bool topology_dax_has_memdev(const struct mhp_topology *topo, const struct mhp_dax *dax,
			     const char *memdev)
{
	const struct mhp_cxl_region *region = topology_find_cxl_region(topo, dax->cxl_region);
	const struct mhp_cxl_memdev *device = topology_find_cxl_memdev(topo, memdev);

	for (unsigned i = 0; region && i < region->nr_members; i++)
		if (strcmp(region->members[i].memdev, memdev) == 0)
			return true;
	for (unsigned i = 0; device && device->serial != MHP_UNKNOWN && i < dax->serials.nr; i++)
		if (dax->serials.numbers[i] == device->serial)
			return true;
	return false;
}

const struct mhp_dax_region *topology_find_dax_region(const struct mhp_topology *topo,
						      const char *name)
{
	FIND(dax_regions, nr_dax_regions,
	     strcmp(topo->dax_regions[i].name, name) == 0 ||
		     strcmp(topo->dax_regions[i].device, name) == 0 ||
		     (*name && strcmp(topo->dax_regions[i].cxl_region, name) == 0));
}

const struct mhp_node *topology_find_node(const struct mhp_topology *topo, int node)
{
	if (node >= 0 && (size_t)node < topo->nr_nodes && topo->nodes[node].node == node)
		return &topo->nodes[node]; /* most machines have no gap before it */
	FIND(nodes, nr_nodes, topo->nodes[i].node == node);
}

const struct mhp_block *topology_find_block(const struct mhp_topology *topo, uint64_t id)
{
	return block_find(topo->blocks, topo->nr_blocks, id);
}

#define GETTER(type, name, array, nr)                                                      \
	MHP_EXPORT const struct type *mhp_topology_##name(const struct mhp_topology *topo, \
							  size_t index)                    \
	{                                                                                  \
		return index < topo->nr ? &topo->array[index] : NULL;                      \
	}

GETTER(mhp_node, node, nodes, nr_nodes)
GETTER(mhp_region, region, regions, nr_regions)
GETTER(mhp_namespace, namespace, namespaces, nr_namespaces)
GETTER(mhp_dax, dax, dax, nr_dax)
GETTER(mhp_cxl_memdev, cxl_memdev, cxl_memdevs, nr_cxl_memdevs)
GETTER(mhp_cxl_window, cxl_window, cxl_windows, nr_cxl_windows)
GETTER(mhp_cxl_region, cxl_region, cxl_regions, nr_cxl_regions)
GETTER(mhp_dax_region, dax_region, dax_regions, nr_dax_regions)
GETTER(mhp_block, block, blocks, nr_blocks)
GETTER(mhp_onliner, onliner, onliners, nr_onliners)
GETTER(mhp_hidden, hidden, hidden, nr_hidden)

MHP_EXPORT const struct mhp_memory *mhp_topology_memory(const struct mhp_topology *topo)
{
	return &topo->memory;
}

int topology_hide(struct mhp_topology *topo, const char *what, const char *why)
{
	struct mhp_hidden *hidden = VEC_PUSH(topo->hidden, topo->nr_hidden);

	if (!hidden)
		return -ENOMEM;
	str_copy(hidden->what, what);
	str_copy(hidden->why, why);
	return 0;
}

MHP_EXPORT void mhp_topology_free(struct mhp_topology *topo)
{
	if (!topo)
		return;
	free(topo->nodes);
	free(topo->regions);
	free(topo->namespaces);
	free(topo->dax);
	free(topo->cxl_memdevs);
	free(topo->cxl_windows);
	free(topo->cxl_regions);
	free(topo->dax_regions);
	free(topo->blocks);
	arena_free(&topo->more);
	candidates_free(&topo->candidates);
	drain_facts_free(&topo->drain);
	free(topo->onliners);
	free(topo->hidden);
	free(topo);
}

const char *topology_why_hidden(const struct mhp_topology *topo, const char *kind)
{
	for (size_t i = 0; i < topo->nr_hidden; i++)
		if (strcmp(topo->hidden[i].what, kind) == 0)
			return topo->hidden[i].why;
	return NULL;
}

const char *topology_why_part_hidden(const struct mhp_topology *topo, const char **part)
{
	static const char *const parts[] = { "dax_devices", "dax_regions", "namespaces",
					     "regions",	    "cxl_memdevs", "cxl_regions" };
	const char *why = NULL;

	*part = "";
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !why; i++) {
		why = topology_why_hidden(topo, parts[i]);
		*part = why ? parts[i] : "";
	}
	return why;
}

bool topology_is_empty_region(const struct mhp_topology *topo, const struct mhp_namespace *ns)
{
	const struct mhp_region *region = topology_find_region(topo, ns->region);

	return region && !region->has_labels && ns->mode == MHP_NAMESPACE_RAW && !ns->is_forced_raw;
}
