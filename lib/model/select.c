/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reduces a topology to selected objects. The targets mark the objects that they name; marks then
 * spread down from regions and CXL memory devices to blocks, and up again; unmarked objects are
 * removed.
 */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/model/block.h"
#include "lib/model/block-more.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum part_kind {
	PART_REGION,
	PART_NAMESPACE,
	PART_DAX_REGION,
	PART_DAX,
	PART_BLOCK,
	PART_CXL_MEMDEV,
	PART_CXL_WINDOW,
	PART_CXL_REGION,
	PART_KINDS,
};

/* An array of the topology, whose elements begin with their name, except blocks. */
struct part {
	char *array;
	size_t *nr;
	size_t size;
	bool *marks; /* for each element: whether it stays */
};

struct selection {
	struct mhp_topology *topo;
	struct part parts[PART_KINDS];
};

static void selection_free(struct selection *s)
{
	for (size_t i = 0; i < PART_KINDS; i++)
		free(s->parts[i].marks);
}

#define PART(topo, name)                                                              \
	{                                                                             \
		(char *)(topo)->name, &(topo)->nr_##name, sizeof(*(topo)->name), NULL \
	}

static int selection_init(struct selection *s, struct mhp_topology *topo)
{
	*s = (struct selection){
		.topo = topo,
		.parts = { [PART_REGION] = PART(topo, regions),
			   [PART_NAMESPACE] = PART(topo, namespaces),
			   [PART_DAX_REGION] = PART(topo, dax_regions),
			   [PART_DAX] = PART(topo, dax),
			   [PART_BLOCK] = PART(topo, blocks),
			   [PART_CXL_MEMDEV] = PART(topo, cxl_memdevs),
			   [PART_CXL_WINDOW] = PART(topo, cxl_windows),
			   [PART_CXL_REGION] = PART(topo, cxl_regions) },
	};
	for (size_t i = 0; i < PART_KINDS; i++) {
		s->parts[i].marks = calloc(*s->parts[i].nr + 1, sizeof(bool));
		if (!s->parts[i].marks)
			return -ENOMEM;
	}
	return 0;
}

static void mark_element(struct selection *s, enum part_kind kind, size_t index)
{
	s->parts[kind].marks[index] = true;
}

static void mark_name(struct selection *s, enum part_kind kind, const char *name)
{
	const struct part *part = &s->parts[kind];

	for (size_t i = 0; i < *part->nr; i++)
		if (strcmp(part->array + i * part->size, name) == 0)
			part->marks[i] = true;
}

/* Returns whether the object of that name is marked; false for an empty name. */
static bool is_marked(const struct selection *s, enum part_kind kind, const char *name)
{
	const struct part *part = &s->parts[kind];

	for (size_t i = 0; *name && i < *part->nr; i++)
		if (part->marks[i] && strcmp(part->array + i * part->size, name) == 0)
			return true;
	return false;
}

static void mark_node(struct selection *s, int node)
{
	const struct mhp_topology *topo = s->topo;

	for (size_t i = 0; i < topo->nr_dax; i++)
		if (topo->dax[i].target_node == node)
			mark_element(s, PART_DAX, i);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (block_is_on(&topo->blocks[i], node))
			mark_element(s, PART_BLOCK, i);
}

/* Marks the objects that the target names directly. */
static void mark_named(struct selection *s, const struct target *target)
{
	switch (target->kind) {
	case TARGET_REGION:
		mark_name(s, PART_REGION, target->name);
		break;
	case TARGET_NAMESPACE:
		mark_name(s, PART_NAMESPACE, target->name);
		break;
	case TARGET_DAX_REGION:
		mark_name(s, PART_DAX_REGION, target->name);
		break;
	case TARGET_DAX:
		mark_name(s, PART_DAX, target->name);
		break;
	case TARGET_CXL_REGION:
		mark_name(s, PART_CXL_REGION, target->name);
		break;
	case TARGET_CXL_MEMDEV:
		mark_name(s, PART_CXL_MEMDEV, target->name);
		break;
	case TARGET_NODE:
		mark_node(s, (int)target->first);
		break;
	default:
		for (size_t i = 0; i < s->topo->nr_blocks; i++)
			if (s->topo->blocks[i].id >= target->first &&
			    s->topo->blocks[i].id <= target->last)
				mark_element(s, PART_BLOCK, i);
		break;
	}
}

static bool has_marked_member(const struct selection *s, const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (is_marked(s, PART_CXL_MEMDEV, region->members[i].memdev))
			return true;
	return false;
}

static bool has_serial(const struct mhp_serials *serials, uint64_t serial)
{
	for (unsigned i = 0; i < serials->nr; i++)
		if (serials->numbers[i] == serial)
			return true;
	return false;
}

/* Marks the NVDIMM regions that have the serial number of a marked memory device. */
static void mark_with_serial(struct selection *s)
{
	const struct mhp_topology *topo = s->topo;

	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++) {
		uint64_t serial = topo->cxl_memdevs[i].serial;

		for (size_t k = 0; s->parts[PART_CXL_MEMDEV].marks[i] && k < topo->nr_regions; k++)
			if (has_serial(&topo->regions[k].serials, serial))
				mark_element(s, PART_REGION, k);
	}
}

/* Spreads marks from regions, and from CXL memory devices, down to blocks. */
static void mark_below(struct selection *s)
{
	const struct mhp_topology *topo = s->topo;

	mark_with_serial(s);
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		if (has_marked_member(s, &topo->cxl_regions[i]))
			mark_element(s, PART_CXL_REGION, i);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (is_marked(s, PART_CXL_REGION, topo->dax[i].cxl_region))
			mark_element(s, PART_DAX, i);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (is_marked(s, PART_REGION, topo->namespaces[i].region))
			mark_element(s, PART_NAMESPACE, i);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (is_marked(s, PART_NAMESPACE, topo->dax[i].ns_name) ||
		    is_marked(s, PART_DAX_REGION, topo->dax[i].dax_region))
			mark_element(s, PART_DAX, i);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (is_marked(s, PART_DAX, mhp_block_device(&topo->blocks[i])))
			mark_element(s, PART_BLOCK, i);
}

/* Marks the window of a CXL region, and all its memory devices. */
static void mark_of_region(struct selection *s, const struct mhp_cxl_region *region)
{
	mark_name(s, PART_CXL_WINDOW, region->window);
	for (unsigned i = 0; i < region->nr_members; i++)
		mark_name(s, PART_CXL_MEMDEV, region->members[i].memdev);
}

/* Marks the memory devices whose serial number a marked NVDIMM region or dax device has. */
static void mark_serials(struct selection *s)
{
	const struct mhp_topology *topo = s->topo;

	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++) {
		uint64_t serial = topo->cxl_memdevs[i].serial;

		for (size_t k = 0; k < topo->nr_regions; k++)
			if (s->parts[PART_REGION].marks[k] &&
			    has_serial(&topo->regions[k].serials, serial))
				mark_element(s, PART_CXL_MEMDEV, i);
		for (size_t k = 0; k < topo->nr_dax; k++)
			if (s->parts[PART_DAX].marks[k] &&
			    has_serial(&topo->dax[k].serials, serial))
				mark_element(s, PART_CXL_MEMDEV, i);
	}
}

/* Spreads marks from blocks up to regions, windows and memory devices. */
static void mark_above(struct selection *s)
{
	const struct mhp_topology *topo = s->topo;

	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (s->parts[PART_BLOCK].marks[i])
			mark_name(s, PART_DAX, mhp_block_device(&topo->blocks[i]));
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (s->parts[PART_DAX].marks[i])
			mark_name(s, PART_DAX_REGION, topo->dax[i].dax_region);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (is_marked(s, PART_DAX, topo->namespaces[i].device))
			mark_element(s, PART_NAMESPACE, i);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (s->parts[PART_NAMESPACE].marks[i])
			mark_name(s, PART_REGION, topo->namespaces[i].region);
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (s->parts[PART_DAX].marks[i])
			mark_name(s, PART_CXL_REGION, topo->dax[i].cxl_region);
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		if (s->parts[PART_CXL_REGION].marks[i])
			mark_of_region(s, &topo->cxl_regions[i]);
	mark_serials(s);
}

/* Keeps the marked elements, in order. */
static void keep_marked_of(const struct part *part)
{
	size_t kept = 0;

	for (size_t i = 0; i < *part->nr; i++)
		if (part->marks[i])
			memmove(part->array + kept++ * part->size, part->array + i * part->size,
				part->size);
	*part->nr = kept;
}

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

static void keep_selected_nodes(struct mhp_topology *topo, const struct target *targets,
				size_t nr_targets)
{
	size_t kept = 0;

	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (node_stays(topo, targets, nr_targets, topo->nodes[i].node))
			topo->nodes[kept++] = topo->nodes[i];
	topo->nr_nodes = kept;
}

static void keep_marked(struct selection *s, const struct target *targets, size_t nr_targets)
{
	mark_below(s);
	mark_above(s);
	for (size_t i = 0; i < PART_KINDS; i++)
		keep_marked_of(&s->parts[i]);
	keep_selected_nodes(s->topo, targets, nr_targets);
}

MHP_EXPORT int mhp_topology_select(struct mhp_topology *topo, const char *const *names,
				   size_t nr_names, struct mhp_error *err)
{
	__attribute__((cleanup(selection_free))) struct selection s = { 0 };
	cleanup_free struct target *targets = NULL;
	bool all = nr_names == 0;
	int rc;

	targets = calloc(nr_names + 1, sizeof(*targets));
	if (!targets || selection_init(&s, topo) < 0)
		return err_errno(err, -ENOMEM, "targets");
	for (size_t i = 0; i < nr_names; i++) {
		rc = target_parse(names[i], &targets[i], err);
		if (rc == 0)
			rc = target_resolve_some(topo, &targets[i], err);
		if (rc < 0)
			return rc;
		all |= targets[i].kind == TARGET_ALL;
		if (!all)
			mark_named(&s, &targets[i]);
	}
	if (!all)
		keep_marked(&s, targets, nr_names);
	return 0;
}

/* ---- targets that may be missing --------------------------------------------------------- */

/* Marks the blocks that an address range overlaps. Returns false if there are none. */
static bool mark_overlapping(struct selection *s, const struct target *target)
{
	const struct mhp_topology *topo = s->topo;
	const uint64_t size = topo->memory.block_size;
	bool any = false;

	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (block->start > target->last || block->start + (size - 1) < target->first)
			continue;
		mark_element(s, PART_BLOCK, i);
		any = true;
	}
	return any;
}

/* Marks the existing objects of a target. Returns false if there are none. */
static bool mark_existing(struct selection *s, const struct target *target)
{
	struct target found = *target;

	if (target->kind == TARGET_ADDRESSES)
		return mark_overlapping(s, target);
	if (target_resolve_some(s->topo, &found, NULL) < 0)
		return false;
	if (found.kind != TARGET_ALL)
		mark_named(s, &found);
	return true;
}

int topology_select_there(struct mhp_topology *topo, const struct target *targets,
			  size_t nr_targets, missing_fn missing, void *data)
{
	__attribute__((cleanup(selection_free))) struct selection s = { 0 };
	bool all = false;

	if (selection_init(&s, topo) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < nr_targets; i++) {
		all |= targets[i].kind == TARGET_ALL;
		if (!mark_existing(&s, &targets[i]) && missing)
			missing(targets[i].text, data);
	}
	if (!all)
		keep_marked(&s, targets, nr_targets);
	return 0;
}

/* ---- copying ----------------------------------------------------------------------------- */

static int copy_array(void *to, const void *from, size_t nr, size_t size)
{
	void *copy;

	if (!nr) /* the array stays NULL */
		return 0;
	copy = malloc(nr * size);
	if (!copy)
		return -ENOMEM;
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
	copy->cxl_memdevs = NULL;
	copy->cxl_windows = NULL;
	copy->cxl_regions = NULL;
	copy->dax_regions = NULL;
	copy->blocks = NULL;
	copy->more = (struct arena){ .chunks = NULL };
	copy->onliners = NULL;
	copy->hidden = NULL;
	copy->candidates = (struct candidates){ .nr = 0 };
	copy->drain = (struct drain_facts){ .is_read = false };
	if (COPY(nodes, nr_nodes) < 0 || COPY(regions, nr_regions) < 0 ||
	    COPY(namespaces, nr_namespaces) < 0 || COPY(dax, nr_dax) < 0 ||
	    COPY(cxl_memdevs, nr_cxl_memdevs) < 0 || COPY(cxl_windows, nr_cxl_windows) < 0 ||
	    COPY(cxl_regions, nr_cxl_regions) < 0 || COPY(dax_regions, nr_dax_regions) < 0 ||
	    COPY(blocks, nr_blocks) < 0 || COPY(onliners, nr_onliners) < 0 ||
	    COPY(hidden, nr_hidden) < 0 ||
	    blocks_copy_more(&copy->more, copy->blocks, copy->nr_blocks) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(copy);
	return 0;
}
