/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/change.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/export.h"

#include <errno.h>
#include <string.h>

MHP_EXPORT const char *mhp_change_kind_name(enum mhp_change_kind kind)
{
	static const char *const names[NR_CHANGE_KINDS] = {
		[MHP_CHANGE_READY] = "ready",
		[MHP_CHANGE_BLOCKS] = "blocks",
		[MHP_CHANGE_DEVICE] = "device",
		[MHP_CHANGE_NAMESPACE] = "namespace",
		[MHP_CHANGE_REGION] = "region",
		[MHP_CHANGE_NODE] = "node",
		[MHP_CHANGE_POLICY] = "policy",
		[MHP_CHANGE_OVERFLOW] = "overflow",
		[MHP_CHANGE_RUN] = "policy_run",
		[MHP_CHANGE_RECOVERY] = "recover_run",
		[MHP_CHANGE_CXL_MEMDEV] = "cxl_memdev",
		[MHP_CHANGE_CXL_REGION] = "cxl_region",
		[MHP_CHANGE_PIN] = "pin",
		[MHP_CHANGE_PIN_LOST] = "pin_lost",
		[MHP_CHANGE_PIN_STAYS] = "pin_stays",
		[MHP_CHANGE_PIN_PROCESS] = "pin_process",
		[MHP_CHANGE_PIN_NODE] = "pin_node",
	};

	return kind < NR_CHANGE_KINDS ? names[kind] : "unknown";
}

MHP_EXPORT const char *mhp_change_action_name(enum mhp_change_action action)
{
	static const char *const names[NR_ACTIONS] = {
		[MHP_ACTION_CHANGED] = "changed", [MHP_ACTION_ADDED] = "added",
		[MHP_ACTION_REMOVED] = "removed", [MHP_ACTION_ONLINE] = "online",
		[MHP_ACTION_OFFLINE] = "offline", [MHP_ACTION_TOGGLED] = "toggled",
		[MHP_ACTION_STARTED] = "started", [MHP_ACTION_ENDED] = "ended",
	};

	return action < NR_ACTIONS ? names[action] : "unknown";
}

/* ---- selection ---------------------------------------------------------------------------- */

/* Returns whether a block was selected, in the scan before or in the scan after. */
static bool is_named_block(const struct comparison *cmp, uint64_t id)
{
	return !cmp->before_named || topology_find_block(cmp->before_named, id) ||
	       topology_find_block(cmp->after_named, id);
}

static bool is_named_node(const struct comparison *cmp, int node)
{
	return !cmp->before_named || topology_find_node(cmp->before_named, node) ||
	       topology_find_node(cmp->after_named, node);
}

/* ---- blocks ------------------------------------------------------------------------------ */

struct block_pair {
	const struct mhp_block *before; /* or NULL */
	const struct mhp_block *after;	/* or NULL */
};

static bool is_online(const struct mhp_block *block)
{
	return block->state == MHP_BLOCK_ONLINE || block->state == MHP_BLOCK_GOING_OFFLINE;
}

/* Ignores the zone of a block that is going offline: the kernel shows none. */
static bool same_block(const struct mhp_block *a, const struct mhp_block *b)
{
	bool is_on_way = a->state == MHP_BLOCK_GOING_OFFLINE || b->state == MHP_BLOCK_GOING_OFFLINE;

	return (is_on_way || a->zone == b->zone) && a->node == b->node &&
	       strcmp(mhp_block_device(a), mhp_block_device(b)) == 0;
}

static bool same_nodes(const struct mhp_block *a, const struct mhp_block *b)
{
	if (a->node != b->node || a->nr_nodes != b->nr_nodes)
		return false;
	for (unsigned i = 0; i < a->nr_nodes; i++)
		if (mhp_block_node(a, i) != mhp_block_node(b, i))
			return false;
	return true;
}

/* Returns false if there is nothing to report about the block. */
static bool block_action(const struct comparison *cmp, const struct block_pair *pair,
			 enum mhp_change_action *action)
{
	const struct mhp_block *a = pair->after, *b = pair->before;
	const struct mhp_block *any = a ? a : b;

	if (!any || !is_named_block(cmp, any->id))
		return false;
	if (!a)
		*action = MHP_ACTION_REMOVED;
	else if (!b)
		*action = MHP_ACTION_ADDED;
	else if (is_online(a) != is_online(b))
		*action = is_online(a) ? MHP_ACTION_ONLINE : MHP_ACTION_OFFLINE;
	else if (!same_block(a, b))
		*action = MHP_ACTION_CHANGED;
	else if (cmp->online && idset_has(cmp->online, a->id) && idset_has(cmp->offline, a->id))
		*action = MHP_ACTION_TOGGLED;
	else
		return false;
	return true;
}

/* Equal changes of adjacent blocks, which are reported as one. */
struct block_run {
	struct mhp_change change; /* block NULL: the run is empty */
	const struct comparison *cmp;
};

static int report_run(struct block_run *run)
{
	struct mhp_change *change = &run->change;

	if (!change->block)
		return 0;
	change->bytes =
		(change->last_block - change->first_block + 1) * run->cmp->after->memory.block_size;
	return run->cmp->fn(change, run->cmp->data);
}

static bool continues_run(const struct block_run *run, const struct mhp_block *block,
			  enum mhp_change_action action)
{
	const struct mhp_block *first = run->change.block;

	return first && run->change.action == action && block->id == run->change.last_block + 1 &&
	       block->state == first->state && block->zone == first->zone &&
	       same_nodes(block, first) &&
	       strcmp(mhp_block_device(block), mhp_block_device(first)) == 0;
}

static int run_add(struct block_run *run, const struct mhp_block *block,
		   enum mhp_change_action action)
{
	int rc;

	if (continues_run(run, block, action)) {
		run->change.last_block = block->id;
		return 0;
	}
	rc = report_run(run);
	run->change = (struct mhp_change){
		.kind = MHP_CHANGE_BLOCKS,
		.action = action,
		.first_block = block->id,
		.last_block = block->id,
		.block = block,
	};
	return rc;
}

/* Compares both scans in one pass, as blocks ascend in both. */
static int block_changes(const struct comparison *cmp)
{
	const struct mhp_topology *before = cmp->before, *after = cmp->after;
	struct block_run run = { .cmp = cmp };
	size_t b = 0, a = 0;
	int rc = 0;

	while (rc == 0 && (b < before->nr_blocks || a < after->nr_blocks)) {
		const struct mhp_block *old = b < before->nr_blocks ? &before->blocks[b] : NULL;
		const struct mhp_block *new = a < after->nr_blocks ? &after->blocks[a] : NULL;
		enum mhp_change_action action;
		struct block_pair pair;

		pair.before = old && (!new || old->id <= new->id) ? old : NULL;
		pair.after = new && (!old || new->id <= old->id) ? new : NULL;
		b += pair.before != NULL;
		a += pair.after != NULL;
		if (block_action(cmp, &pair, &action))
			rc = run_add(&run, pair.after ? pair.after : pair.before, action);
	}
	return rc ? rc : report_run(&run);
}

/* ---- regions, namespaces, devices --------------------------------------------------------- */

/* An array of the topology whose elements begin with their name. */
struct part {
	enum mhp_change_kind kind;
	const char *hidden; /* its name among the hidden items of a scan */
	size_t array;
	size_t nr;
	size_t size;
	bool (*same)(const void *a, const void *b);
};

static bool same_region(const void *before, const void *after)
{
	const struct mhp_region *a = after, *b = before;

	return a->size == b->size && a->available_bytes == b->available_bytes &&
	       a->has_labels == b->has_labels && a->is_enabled == b->is_enabled &&
	       a->is_read_only == b->is_read_only;
}

static bool same_namespace(const void *before, const void *after)
{
	const struct mhp_namespace *a = after, *b = before;

	return a->mode == b->mode && a->map == b->map && a->size == b->size &&
	       a->is_enabled == b->is_enabled && strcmp(a->uuid, b->uuid) == 0 &&
	       strcmp(a->label, b->label) == 0 && strcmp(a->device, b->device) == 0 &&
	       strcmp(a->blockdev, b->blockdev) == 0;
}

static bool same_dax(const void *before, const void *after)
{
	const struct mhp_dax *a = after, *b = before;

	return a->mode == b->mode && a->state == b->state && strcmp(a->driver, b->driver) == 0 &&
	       a->size == b->size && a->target_node == b->target_node &&
	       strcmp(a->ns_name, b->ns_name) == 0;
}

static bool same_memdev(const void *before, const void *after)
{
	const struct mhp_cxl_memdev *a = after, *b = before;

	return a->serial == b->serial && a->is_enabled == b->is_enabled &&
	       a->ram_bytes == b->ram_bytes && a->ram_used_bytes == b->ram_used_bytes &&
	       a->pmem_bytes == b->pmem_bytes && a->pmem_used_bytes == b->pmem_used_bytes &&
	       a->free_decoders == b->free_decoders &&
	       a->bridge_free_decoders == b->bridge_free_decoders &&
	       strcmp(a->bus_address, b->bus_address) == 0 &&
	       strcmp(a->firmware, b->firmware) == 0 && strcmp(a->security, b->security) == 0;
}

static bool same_member(const struct mhp_cxl_member *a, const struct mhp_cxl_member *b)
{
	return a->serial == b->serial && strcmp(a->decoder, b->decoder) == 0 &&
	       strcmp(a->memdev, b->memdev) == 0;
}

static bool same_cxl_region(const void *before, const void *after)
{
	const struct mhp_cxl_region *a = after, *b = before;

	for (unsigned i = 0; i < a->nr_members && i < b->nr_members; i++)
		if (!same_member(&a->members[i], &b->members[i]))
			return false;
	return a->state == b->state && a->start == b->start && a->size == b->size &&
	       a->ways == b->ways && a->granularity == b->granularity &&
	       a->nr_members == b->nr_members && a->online_bytes == b->online_bytes &&
	       a->unbacked_bytes == b->unbacked_bytes && a->is_locked == b->is_locked &&
	       a->is_from_firmware == b->is_from_firmware && strcmp(a->type, b->type) == 0 &&
	       strcmp(a->uuid, b->uuid) == 0 && strcmp(a->window, b->window) == 0 &&
	       strcmp(a->dax_region, b->dax_region) == 0;
}

#define PART(k, array_, nr_, type, same_, hidden_)                                                \
	{                                                                                         \
		.kind = (k), .hidden = (hidden_), .array = offsetof(struct mhp_topology, array_), \
		.nr = offsetof(struct mhp_topology, nr_), .size = sizeof(struct type),            \
		.same = (same_)                                                                   \
	}

static const struct part parts[] = {
	PART(MHP_CHANGE_REGION, regions, nr_regions, mhp_region, same_region, "regions"),
	PART(MHP_CHANGE_NAMESPACE, namespaces, nr_namespaces, mhp_namespace, same_namespace,
	     "namespaces"),
	PART(MHP_CHANGE_CXL_MEMDEV, cxl_memdevs, nr_cxl_memdevs, mhp_cxl_memdev, same_memdev,
	     "cxl_memdevs"),
	PART(MHP_CHANGE_CXL_REGION, cxl_regions, nr_cxl_regions, mhp_cxl_region, same_cxl_region,
	     "cxl_regions"),
	PART(MHP_CHANGE_DEVICE, dax, nr_dax, mhp_dax, same_dax, "dax_devices"),
};

static char *part_array(const struct mhp_topology *topo, const struct part *part)
{
	return *(char *const *)((const char *)topo + part->array);
}

static size_t part_nr(const struct mhp_topology *topo, const struct part *part)
{
	return *(const size_t *)((const char *)topo + part->nr);
}

static const void *part_find(const struct mhp_topology *topo, const struct part *part,
			     const char *name)
{
	for (size_t i = 0; i < part_nr(topo, part); i++) {
		const char *element = part_array(topo, part) + i * part->size;

		if (strcmp(element, name) == 0)
			return element;
	}
	return NULL;
}

static int report_part(const struct comparison *cmp, const struct part *part,
		       enum mhp_change_action action, const void *element)
{
	struct mhp_change change = { .kind = part->kind, .action = action, .name = element };

	if (cmp->before_named && !part_find(cmp->before_named, part, element) &&
	    !part_find(cmp->after_named, part, element))
		return 0;
	if (part->kind == MHP_CHANGE_REGION)
		change.region = element;
	else if (part->kind == MHP_CHANGE_NAMESPACE)
		change.ns = element;
	else if (part->kind == MHP_CHANGE_CXL_MEMDEV)
		change.cxl_memdev = element;
	else if (part->kind == MHP_CHANGE_CXL_REGION)
		change.cxl_region = element;
	else
		change.dax = element;
	return cmp->fn(&change, cmp->data);
}

static int part_changes(const struct comparison *cmp, const struct part *part)
{
	const struct mhp_topology *before = cmp->before, *after = cmp->after;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < part_nr(before, part); i++) {
		const char *old = part_array(before, part) + i * part->size;

		if (!part_find(after, part, old))
			rc = report_part(cmp, part, MHP_ACTION_REMOVED, old);
	}
	for (size_t i = 0; rc == 0 && i < part_nr(after, part); i++) {
		const char *new = part_array(after, part) + i * part->size;
		const void *old = part_find(before, part, new);

		if (!old)
			rc = report_part(cmp, part, MHP_ACTION_ADDED, new);
		else if (!part->same(old, new))
			rc = report_part(cmp, part, MHP_ACTION_CHANGED, new);
	}
	return rc;
}

/* ---- nodes and the policy of the kernel --------------------------------------------------- */

static int report_node(const struct comparison *cmp, const struct mhp_node *node,
		       enum mhp_change_action action)
{
	struct mhp_change change = { .kind = MHP_CHANGE_NODE, .action = action, .node = node };

	return is_named_node(cmp, node->node) ? cmp->fn(&change, cmp->data) : 0;
}

/* Ignores the free memory of a node, which changes all the time. */
static bool same_node(const struct mhp_node *a, const struct mhp_node *b)
{
	return a->nr_cpus == b->nr_cpus && a->online_bytes == b->online_bytes &&
	       a->offline_bytes == b->offline_bytes && a->movable_bytes == b->movable_bytes &&
	       a->kernel_bytes == b->kernel_bytes;
}

static int node_changes(const struct comparison *cmp)
{
	const struct mhp_topology *before = cmp->before, *after = cmp->after;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < before->nr_nodes; i++)
		if (!topology_find_node(after, before->nodes[i].node))
			rc = report_node(cmp, &before->nodes[i], MHP_ACTION_REMOVED);
	for (size_t i = 0; rc == 0 && i < after->nr_nodes; i++) {
		const struct mhp_node *new = &after->nodes[i];
		const struct mhp_node *old = topology_find_node(before, new->node);

		if (!old)
			rc = report_node(cmp, new, MHP_ACTION_ADDED);
		else if (!same_node(old, new))
			rc = report_node(cmp, new, MHP_ACTION_CHANGED);
	}
	return rc;
}

static int policy_changes(const struct comparison *cmp)
{
	const struct mhp_memory *old = &cmp->before->memory, *new = &cmp->after->memory;
	struct mhp_change change = { .kind = MHP_CHANGE_POLICY, .memory = new };

	if (strcmp(old->auto_online_blocks, new->auto_online_blocks) == 0)
		return 0;
	return cmp->fn(&change, cmp->data);
}

/* ---- whole topologies ---------------------------------------------------------------------- */

static bool is_hidden(const struct mhp_topology *topo, const struct part *part)
{
	for (size_t i = 0; i < topo->nr_hidden; i++)
		if (strcmp(topo->hidden[i].what, part->hidden) == 0)
			return true;
	return false;
}

int topology_changes(const struct comparison *cmp)
{
	int rc = policy_changes(cmp);

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++)
		if (!is_hidden(cmp->before, &parts[i]) && !is_hidden(cmp->after, &parts[i]))
			rc = part_changes(cmp, &parts[i]);
	if (rc == 0)
		rc = block_changes(cmp);
	return rc ? rc : node_changes(cmp);
}

static void unhide_part(struct mhp_topology *topo, const struct part *part)
{
	size_t kept = 0;

	for (size_t i = 0; i < topo->nr_hidden; i++)
		if (strcmp(topo->hidden[i].what, part->hidden) != 0)
			topo->hidden[kept++] = topo->hidden[i];
	topo->nr_hidden = kept;
}

/* Copies an array. If there is no memory for it, the part stays hidden and is not compared. */
static void copy_part(struct mhp_topology *to, const struct mhp_topology *from,
		      const struct part *part)
{
	size_t size = part_nr(from, part) * part->size;
	char **array = (char **)((char *)to + part->array);
	char *copy = malloc(size + 1);

	if (!copy)
		return;
	if (size)
		memcpy(copy, part_array(from, part), size);
	free(*array);
	*array = copy;
	*(size_t *)((char *)to + part->nr) = part_nr(from, part);
	unhide_part(to, part);
}

int topology_keep_hidden(struct mhp_topology *after, const struct mhp_topology *before)
{
	bool kept = false;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!is_hidden(after, &parts[i]) || is_hidden(before, &parts[i]))
			continue;
		copy_part(after, before, &parts[i]);
		kept = true;
	}
	if (kept && topology_count(after) < 0)
		return -ENOMEM;
	return kept;
}
