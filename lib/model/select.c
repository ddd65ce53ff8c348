/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Narrows a topology to what a caller named. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/model/block.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One flag an object: does it stay? */
struct marks {
	bool *regions;
	bool *namespaces;
	bool *dax;
	bool *blocks;
};

static void marks_free(struct marks *marks)
{
	free(marks->regions);
	free(marks->namespaces);
	free(marks->dax);
	free(marks->blocks);
}

static int marks_alloc(struct marks *marks, const struct mhp_topology *topo)
{
	marks->regions = calloc(topo->nr_regions + 1, sizeof(bool));
	marks->namespaces = calloc(topo->nr_namespaces + 1, sizeof(bool));
	marks->dax = calloc(topo->nr_dax + 1, sizeof(bool));
	marks->blocks = calloc(topo->nr_blocks + 1, sizeof(bool));
	return marks->regions && marks->namespaces && marks->dax && marks->blocks ? 0 : -ENOMEM;
}

#define MARK(array, nr, test)                 \
	for (size_t i = 0; i < topo->nr; i++) \
		if (test)                     \
	marks->array[i] = true

/* What the target itself names. */
static void mark_named(const struct mhp_topology *topo, const struct target *target,
		       struct marks *marks)
{
	switch (target->kind) {
	case TARGET_REGION:
		MARK(regions, nr_regions, strcmp(topo->regions[i].name, target->name) == 0);
		break;
	case TARGET_NAMESPACE:
		MARK(namespaces, nr_namespaces,
		     strcmp(topo->namespaces[i].name, target->name) == 0);
		break;
	case TARGET_DAX:
		MARK(dax, nr_dax, strcmp(topo->dax[i].name, target->name) == 0);
		break;
	case TARGET_NODE:
		MARK(dax, nr_dax, topo->dax[i].target_node == (int)target->first);
		MARK(blocks, nr_blocks, block_is_on(&topo->blocks[i], (int)target->first));
		break;
	default:
		MARK(blocks, nr_blocks,
		     topo->blocks[i].id >= target->first && topo->blocks[i].id <= target->last);
		break;
	}
}

/* Is the object of that name (in this array) marked? */
#define MARKED(array, nr, wanted)                                                              \
	({                                                                                     \
		bool is_marked = false;                                                        \
                                                                                               \
		for (size_t k = 0; *(wanted) && k < topo->nr; k++)                             \
			is_marked |=                                                           \
				marks->array[k] && strcmp(topo->array[k].name, (wanted)) == 0; \
		is_marked;                                                                     \
	})

static void mark_below(const struct mhp_topology *topo, struct marks *marks)
{
	MARK(namespaces, nr_namespaces, MARKED(regions, nr_regions, topo->namespaces[i].region));
	MARK(dax, nr_dax, MARKED(namespaces, nr_namespaces, topo->dax[i].namespace_));
	MARK(blocks, nr_blocks, MARKED(dax, nr_dax, topo->blocks[i].device));
}

/* The device that a marked block belongs to. */
static bool holds_marked_block(const struct mhp_topology *topo, const struct marks *marks,
			       const char *device)
{
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (marks->blocks[i] && strcmp(topo->blocks[i].device, device) == 0)
			return true;
	return false;
}

static void mark_above(const struct mhp_topology *topo, struct marks *marks)
{
	MARK(dax, nr_dax, holds_marked_block(topo, marks, topo->dax[i].name));
	MARK(namespaces, nr_namespaces, MARKED(dax, nr_dax, topo->namespaces[i].device));
	for (size_t k = 0; k < topo->nr_namespaces; k++)
		if (marks->namespaces[k])
			MARK(regions, nr_regions,
			     strcmp(topo->regions[i].name, topo->namespaces[k].region) == 0);
}

/* Keep the marked elements, in order. */
#define NARROW(array, nr)                                             \
	do {                                                          \
		size_t kept = 0;                                      \
                                                                      \
		for (size_t i = 0; i < topo->nr; i++)                 \
			if (marks->array[i])                          \
				topo->array[kept++] = topo->array[i]; \
		topo->nr = kept;                                      \
	} while (0)

static bool node_stays(const struct mhp_topology *topo, const struct target *targets, size_t nr,
		       int node)
{
	for (size_t i = 0; i < nr; i++)
		if (targets[i].kind == TARGET_NODE && targets[i].first == (uint64_t)node)
			return true;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (block_is_on(&topo->blocks[i], node))
			return true;
	return false;
}

static void narrow_nodes(struct mhp_topology *topo, const struct target *targets, size_t nr_targets)
{
	size_t kept = 0;

	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (node_stays(topo, targets, nr_targets, topo->nodes[i].node))
			topo->nodes[kept++] = topo->nodes[i];
	topo->nr_nodes = kept;
}

/* A CXL device that is wholly in regions stands behind the dax devices of these, by its serial. */
static bool is_behind(const struct mhp_topology *topo, const struct mhp_memdev *memdev)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		for (unsigned k = 0; k < topo->dax[i].serials.nr; k++)
			if (topo->dax[i].serials.numbers[k] == memdev->serial)
				return true;
	return false;
}

static void narrow_memdevs(struct mhp_topology *topo)
{
	size_t kept = 0;

	for (size_t i = 0; i < topo->nr_memdevs; i++)
		if (is_behind(topo, &topo->memdevs[i]))
			topo->memdevs[kept++] = topo->memdevs[i];
	topo->nr_memdevs = kept;
}

static void narrow(struct mhp_topology *topo, const struct marks *marks)
{
	NARROW(blocks, nr_blocks);
	NARROW(dax, nr_dax);
	NARROW(namespaces, nr_namespaces);
	NARROW(regions, nr_regions);
	narrow_memdevs(topo);
}

static void keep_marked(struct mhp_topology *topo, struct marks *marks,
			const struct target *targets, size_t nr_targets)
{
	mark_below(topo, marks);
	mark_above(topo, marks);
	narrow(topo, marks);
	narrow_nodes(topo, targets, nr_targets);
}

MHP_EXPORT int mhp_topology_select(struct mhp_topology *topo, const char *const *names,
				   size_t nr_names, struct mhp_error *err)
{
	__attribute__((cleanup(marks_free))) struct marks marks = { 0 };
	cleanup_free struct target *targets = NULL;
	bool all = nr_names == 0;
	int rc;

	targets = calloc(nr_names + 1, sizeof(*targets));
	if (!targets || marks_alloc(&marks, topo) < 0)
		return err_errno(err, -ENOMEM, "targets");
	for (size_t i = 0; i < nr_names; i++) {
		rc = target_parse(names[i], &targets[i], err);
		if (rc == 0)
			rc = target_resolve_some(topo, &targets[i], err);
		if (rc < 0)
			return rc;
		all |= targets[i].kind == TARGET_ALL;
		if (!all)
			mark_named(topo, &targets[i], &marks);
	}
	if (!all)
		keep_marked(topo, &marks, targets, nr_names);
	return 0;
}

/* ---- targets that may be missing --------------------------------------------------------- */

/* Marks the blocks that an address range touches. Returns false where there are none. */
static bool mark_touched(const struct mhp_topology *topo, const struct target *target,
			 struct marks *marks)
{
	const uint64_t size = topo->memory.block_size;
	bool any = false;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (block->start > target->last || block->start + (size - 1) < target->first)
			continue;
		marks->blocks[i] = true;
		any = true;
	}
	return any;
}

/* Marks what there is of a target. Returns false where there is nothing. */
static bool mark_there(const struct mhp_topology *topo, const struct target *target,
		       struct marks *marks)
{
	struct target found = *target;

	if (target->kind == TARGET_ADDRESSES)
		return mark_touched(topo, target, marks);
	if (target_resolve_some(topo, &found, NULL) < 0)
		return false;
	if (found.kind != TARGET_ALL)
		mark_named(topo, &found, marks);
	return true;
}

int topology_select_there(struct mhp_topology *topo, const struct target *targets,
			  size_t nr_targets, missing_fn missing, void *data)
{
	__attribute__((cleanup(marks_free))) struct marks marks = { 0 };
	bool all = false;

	if (marks_alloc(&marks, topo) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < nr_targets; i++) {
		all |= targets[i].kind == TARGET_ALL;
		if (!mark_there(topo, &targets[i], &marks) && missing)
			missing(targets[i].text, data);
	}
	if (!all)
		keep_marked(topo, &marks, targets, nr_targets);
	return 0;
}

/* ---- a copy to narrow -------------------------------------------------------------------- */

static int copy_array(void *to, const void *from, size_t nr, size_t size)
{
	void *copy = nr ? malloc(nr * size) : NULL;

	if (nr && !copy)
		return -ENOMEM;
	if (nr)
		memcpy(copy, from, nr * size);
	memcpy(to, &copy, sizeof(copy));
	return 0;
}

#define COPY(array, nr) copy_array(&copy->array, topo->array, topo->nr, sizeof(*topo->array))

int topology_copy(const struct mhp_topology *topo, struct mhp_topology **ret)
{
	cleanup_topology struct mhp_topology *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *topo;
	copy->nodes = NULL;
	copy->regions = NULL;
	copy->namespaces = NULL;
	copy->dax = NULL;
	copy->memdevs = NULL;
	copy->blocks = NULL;
	copy->onliners = NULL;
	copy->hidden = NULL;
	if (COPY(nodes, nr_nodes) < 0 || COPY(regions, nr_regions) < 0 ||
	    COPY(namespaces, nr_namespaces) < 0 || COPY(dax, nr_dax) < 0 ||
	    COPY(memdevs, nr_memdevs) < 0 || COPY(blocks, nr_blocks) < 0 ||
	    COPY(onliners, nr_onliners) < 0 || COPY(hidden, nr_hidden) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(copy);
	return 0;
}
