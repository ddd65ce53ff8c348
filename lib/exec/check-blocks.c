/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mhp_check_blocks() reads, counts and judges. Nothing here writes to the kernel. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/base/vec.h"
#include "lib/exec/check-huge.h"
#include "lib/model/plugged.h"
#include "lib/model/block.h"
#include "lib/model/topology.h"
#include "lib/plan/check.h"
#include "lib/sys/kernel.h"
#include "lib/sys/kpage.h"
#include "lib/sys/meminfo.h"
#include "lib/sys/holders/pins.h"
#include "lib/sys/visibility.h"
#include "lib/sys/vmstat.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 30000
#define PINS_MS 5000

struct checking {
	struct mhp_ctx *ctx;
	const struct mhp_topology *topo;
	struct child child;
	struct mhp_block_check *blocks;
	size_t nr_blocks;
	struct mhp_destination *destinations;
	size_t nr_destinations;
	bool unseen;	     /* the targets may have blocks that are not visible */
	bool owners_hidden;  /* there may be pins that are not visible */
	uint64_t known_pins; /* pages that processes have pinned, on any node */
	struct mhp_check *check;
};

static int call_child(struct checking *c, child_fn fn, const void *arg, size_t size, uint64_t msec,
		      struct reply *reply, struct mhp_error *err)
{
	struct child_wait wait = { .deadline = clock_deadline(msec), .watch_fd = -1 };
	struct child_result result = { .cancelled = ctx_cancelled(c->child.ctx) };
	int rc = 0;

	if (!result.cancelled) /* a fast answer would hide the cancel */
		rc = child_call(&c->child, &(struct child_task){ fn, arg, size }, &wait, reply,
				&result, err);
	if (rc == -ECANCELED || result.cancelled)
		return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "check: interrupted");
	if (rc == -ETIMEDOUT)
		return err_set(err, rc, MHP_REASON_DEADLINE, "check: not done after %.0f s",
			       (double)msec / 1000);
	return rc;
}

/* ---- pages ------------------------------------------------------------------------------- */

static int count_piece(struct checking *c, size_t first, struct mhp_error *err)
{
	struct kpage_args args = {
		.pages_per_block = c->topo->memory.block_size / c->topo->memory.page_size,
	};
	cleanup_reply struct reply reply = { 0 };
	struct kpage_counts counts;
	int rc;

	while (args.nr_blocks < KPAGE_BLOCKS && first + args.nr_blocks < c->nr_blocks) {
		args.ids[args.nr_blocks] = c->blocks[first + args.nr_blocks].id;
		args.nr_blocks++;
	}
	rc = call_child(c, kpage_count, &args, sizeof(args), READ_MS, &reply, err);
	if (rc < 0)
		return rc;
	if (reply.len != args.nr_blocks * sizeof(counts))
		return err_errno(err, -EPROTO, "check");
	for (unsigned i = 0; i < args.nr_blocks; i++) {
		struct mhp_block_check *block = &c->blocks[first + i];

		memcpy(&counts, reply.data + i * sizeof(counts), sizeof(counts));
		block->free_pages = counts.free;
		block->movable_pages = counts.movable;
		block->anon_pages = counts.anon;
		block->thp_pages = counts.thp;
		block->unmovable_pages = counts.unmovable;
		block->hugetlb_pages = counts.huge;
		block->driver_pages = counts.driver;
		block->unknown_pages = counts.unknown;
	}
	return 0;
}

static int count_pages(struct checking *c, struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	int rc;

	for (size_t i = 0; i < c->nr_blocks; i += KPAGE_BLOCKS) {
		rc = count_piece(c, i, &why);
		if (rc == -EACCES || rc == -EPERM || rc == -ENOENT) {
			c->check->has_hidden_pages = true;
			return 0;
		}
		if (rc < 0) {
			if (err)
				*err = why;
			return rc;
		}
	}
	return 0;
}

/* Marks the blocks of virtio-mem: pages that its driver keeps do not stop an offline. */
static int mark_virtio_mem(struct checking *c)
{
	cleanup_virtio_mem struct virtio_mem memory = { .nr = 0 };
	const uint64_t size = c->topo->memory.block_size;
	int rc = virtio_mem_read(&c->ctx->sys, &memory);

	for (size_t i = 0; i < c->nr_blocks && rc == 0; i++) {
		const uint64_t start = c->blocks[i].id * size;

		c->blocks[i].is_virtio_mem =
			virtio_mem_has(&memory, (struct mhp_range){ start, start + size });
	}
	return rc;
}

/* ---- pins -------------------------------------------------------------------------------- */

static int compare_id(const void *key, const void *block)
{
	uint64_t id = *(const uint64_t *)key, other = ((const struct mhp_block_check *)block)->id;

	return id < other ? -1 : id > other;
}

static int add_pin(struct checking *c, const struct pin *pin)
{
	struct mhp_block_check *block =
		bsearch(&pin->block, c->blocks, c->nr_blocks, sizeof(*c->blocks), compare_id);
	struct mhp_owner *owner;

	if (!block)
		return 0;
	owner = vec_push(&block->owners, &block->nr_owners, sizeof(*owner));
	if (!owner)
		return -ENOMEM;
	*owner = pin->owner;
	if (pin->owner.confidence == MHP_CONFIDENCE_CERTAIN)
		block->pinned_pages += pin->owner.pages;
	return 0;
}

static int find_pins(struct checking *c, struct mhp_error *err)
{
	struct pins_args args = {
		.pages_per_block = c->topo->memory.block_size / c->topo->memory.page_size,
		.budget_ms = PINS_MS,
	};
	cleanup_reply struct reply reply = { 0 };
	struct pins_head head;
	struct pin pin;
	int rc;

	if (!c->nr_blocks)
		return 0;
	args.first_block = c->blocks[0].id;
	args.last_block = c->blocks[c->nr_blocks - 1].id;
	rc = call_child(c, pins_find, &args, sizeof(args), PINS_MS + 2000, &reply, err);
	if (rc < 0)
		return rc;
	if (reply.len < sizeof(head))
		return err_errno(err, -EPROTO, "pins");
	memcpy(&head, reply.data, sizeof(head));
	c->check->nr_processes = head.cover.processes;
	c->check->nr_unreadable = head.cover.unreadable;
	c->check->is_cut_short = head.cover.is_cut_short;
	c->known_pins = head.pinned_bytes / c->topo->memory.page_size;
	for (size_t i = 0; i < head.nr_pins && rc == 0; i++) {
		memcpy(&pin, reply.data + sizeof(head) + i * sizeof(pin), sizeof(pin));
		rc = add_pin(c, &pin);
	}
	return rc < 0 ? err_errno(err, rc, "check") : 0;
}

/* ---- space ------------------------------------------------------------------------------- */

static struct mhp_destination *get_destination(struct checking *c, int node)
{
	struct mhp_destination *dest;

	for (size_t i = 0; i < c->nr_destinations; i++)
		if (c->destinations[i].node == node)
			return &c->destinations[i];
	dest = VEC_PUSH(c->destinations, c->nr_destinations);
	if (dest)
		*dest = (struct mhp_destination){ .node = node,
						  .pins = MHP_UNKNOWN,
						  .unexplained_pins = MHP_UNKNOWN };
	return dest;
}

/* Returns the available bytes of a node. None are promised if they cannot be read. */
static uint64_t space_on(const struct root *sys, int node)
{
	uint64_t available = meminfo_available(sys, node);

	return available == MHP_UNKNOWN ? 0 : available;
}

/* Adds the node's space to all other nodes; it need not be in the selected topology. */
static int add_node_space(const struct root *sys, const char *name, void *data)
{
	struct checking *c = data;
	uint64_t node, available;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	available = space_on(sys, (int)node);
	for (size_t i = 0; i < c->nr_destinations; i++)
		if (c->destinations[i].node != (int)node)
			c->destinations[i].available_bytes += available;
	return 0;
}

/*
 * Returns whether a block is of several nodes: the kernel never takes it offline, so no page has to
 * move.
 */
static bool is_shared(const struct mhp_block_check *block)
{
	return block->nr_nodes > 1;
}

/* Returns the space that the node has outside the blocks: without another node pages go there. */
static uint64_t space_on_own_node(const struct checking *c, int node)
{
	uint64_t available = space_on(&c->ctx->sys, node), in_blocks = 0;

	for (size_t i = 0; i < c->nr_blocks; i++)
		if (c->blocks[i].node == node)
			in_blocks += c->blocks[i].free_pages * c->topo->memory.page_size;
	return available > in_blocks ? available - in_blocks : 0;
}

/* Counts other nodes first, as the kernel does (mm/memory_hotplug.c:do_migrate_range). */
static int measure_space(struct checking *c)
{
	for (size_t i = 0; i < c->nr_blocks; i++) {
		struct mhp_destination *dest;

		if (is_shared(&c->blocks[i]))
			continue;
		dest = get_destination(c, c->blocks[i].node);
		if (!dest)
			return -ENOMEM;
		if (c->blocks[i].state != MHP_BLOCK_OFFLINE)
			dest->needed_bytes +=
				c->blocks[i].movable_pages * c->topo->memory.page_size;
	}
	root_each(&c->ctx->sys, KERNEL_NODES, add_node_space, c);
	for (size_t i = 0; i < c->nr_destinations; i++)
		if (!c->destinations[i].available_bytes)
			c->destinations[i].available_bytes =
				space_on_own_node(c, c->destinations[i].node);
	return 0;
}

/* ---- pins on the nodes ------------------------------------------------------------------- */

/*
 * Counts the pins of each node. A transfer pins pages for a moment, so this runs before and after
 * the search for owners, and the lower count is kept. The first call also adds the destinations.
 */
static int count_node_pins(struct checking *c)
{
	for (size_t i = 0; i < c->nr_blocks; i++)
		if (!is_shared(&c->blocks[i]) && !get_destination(c, c->blocks[i].node))
			return -ENOMEM;
	for (size_t i = 0; i < c->nr_destinations; i++) {
		struct mhp_destination *dest = &c->destinations[i];
		uint64_t pins;

		if (vmstat_node_pins(&c->ctx->sys, dest->node, &pins) < 0)
			pins = MHP_UNKNOWN;
		if (pins < dest->pins)
			dest->pins = pins;
		dest->unexplained_pins = dest->pins == MHP_UNKNOWN    ? MHP_UNKNOWN
					 : dest->pins > c->known_pins ? dest->pins - c->known_pins
								      : 0;
	}
	return 0;
}

/* ---- what cannot be seen ----------------------------------------------------------------- */

/* Lists parts of the targets that are not visible and may have blocks. */
static void list_unseen_parts(struct checking *c, struct visibility *visibility)
{
	static const char *const matters[] = { "regions", "namespaces", "dax_devices", "blocks" };
	bool ranges = false;

	for (size_t i = 0; i < c->topo->nr_dax; i++)
		ranges |= c->topo->dax[i].mode == MHP_DAX_SYSTEM_RAM && !c->topo->dax[i].has_ranges;
	if (ranges)
		visibility_add(visibility, "dax_devices.blocks",
			       "only root can see which memory blocks a device has");
	for (size_t i = 0; i < c->topo->nr_hidden && !c->ctx->is_copy; i++)
		for (size_t k = 0; k < ARRAY_SIZE(matters); k++)
			if (strcmp(c->topo->hidden[i].what, matters[k]) == 0)
				visibility_add(visibility, matters[k], "%s",
					       c->topo->hidden[i].why);
	c->unseen = visibility->nr > 0;
}

static void list_hidden(struct checking *c)
{
	struct visibility visibility = { 0 };
	unsigned before;

	list_unseen_parts(c, &visibility);
	if (c->check->has_hidden_pages)
		visibility_add(&visibility, "blocks.pages", "%s",
			       c->ctx->is_copy
				       ? "a copied tree does not have the pages of its machine"
				       : "page flags are visible only to root");
	before = visibility.nr;
	if (!c->ctx->is_copy)
		visibility_read(&c->ctx->sys, &visibility);
	/* an unreadable process may just have ended, which hides nothing */
	c->owners_hidden = visibility.nr > before || c->check->is_cut_short;
	if (!c->ctx->is_copy)
		visibility_add_search(&visibility, c->check->nr_processes, c->check->nr_unreadable,
				      c->check->is_cut_short);
	c->check->nr_hidden = visibility.nr;
	memcpy(c->check->hidden, visibility.hidden, sizeof(visibility.hidden));
}

/* ---- verdict ----------------------------------------------------------------------------- */

/* Explains why the targets have no blocks. */
static void explain_no_blocks(struct checking *c)
{
	const struct mhp_dax *dax = c->topo->nr_dax ? &c->topo->dax[0] : NULL;
	char *text = c->check->no_blocks;
	const size_t size = sizeof(c->check->no_blocks);

	if (c->nr_blocks)
		return;
	if (c->unseen)
		snprintf(text, size, "no memory block is visible, but some may exist");
	else if (!dax)
		snprintf(text, size,
			 "there is no memory block, so there is nothing to take "
			 "offline");
	else if (dax->mode == MHP_DAX_SYSTEM_RAM)
		snprintf(text, size, "%s is bound to kmem and holds no memory", dax->name);
	else
		snprintf(text, size, "%s is not memory (%s), so there is nothing to take offline",
			 dax->name, mhp_dax_mode_name(dax->mode));
}

static void judge_all(struct checking *c)
{
	for (size_t i = 0; i < c->nr_blocks; i++) {
		struct mhp_block_check *block = &c->blocks[i];

		check_judge(block, is_shared(block) ? NULL : get_destination(c, block->node),
			    c->check->has_hidden_pages ||
				    (c->owners_hidden && block->movable_pages));
		if (block->verdict > c->check->verdict)
			c->check->verdict = block->verdict;
	}
	if (c->unseen && c->check->verdict < MHP_VERDICT_MAYBE)
		c->check->verdict = MHP_VERDICT_MAYBE;
	explain_no_blocks(c);
}

/* ---- the check --------------------------------------------------------------------------- */

static int copy_blocks(struct checking *c)
{
	c->nr_blocks = c->topo->nr_blocks;
	c->blocks = calloc(c->nr_blocks + 1, sizeof(*c->blocks));
	if (!c->blocks)
		return -ENOMEM;
	for (size_t i = 0; i < c->nr_blocks; i++) {
		c->blocks[i].id = c->topo->blocks[i].id;
		c->blocks[i].state = c->topo->blocks[i].state;
		c->blocks[i].zone = c->topo->blocks[i].zone;
		c->blocks[i].node = c->topo->blocks[i].node;
		c->blocks[i].is_boot_memory = c->topo->blocks[i].is_boot_memory;
		c->blocks[i].can_be_boot_memory = c->topo->blocks[i].can_be_boot_memory;
		c->blocks[i].is_unbacked = c->topo->blocks[i].is_unbacked;
		c->blocks[i].nr_nodes = block_nodes(&c->topo->blocks[i], c->blocks[i].nodes);
	}
	return 0;
}

static int check_all(struct checking *c, struct mhp_error *err)
{
	int rc = copy_blocks(c);

	if (rc == 0 && c->ctx->is_copy)
		c->check->has_hidden_pages = true;
	else if (rc == 0)
		rc = count_pages(c, err);
	if (rc == 0 && !c->check->has_hidden_pages)
		rc = check_huge_pages(&c->ctx->sys, &c->topo->memory, c->blocks, c->nr_blocks,
				      c->check);
	if (rc == 0)
		rc = mark_virtio_mem(c);
	if (rc == 0 && !c->ctx->is_copy)
		rc = count_node_pins(c);
	if (rc == 0 && !c->ctx->is_copy)
		rc = find_pins(c, err);
	if (rc == 0 && !c->ctx->is_copy)
		rc = count_node_pins(c);
	if (rc == 0)
		rc = measure_space(c);
	list_hidden(c);
	if (rc == 0)
		rc = root_lack(&c->ctx->sys);
	if (rc == 0)
		judge_all(c);
	return rc;
}

MHP_EXPORT int mhp_check_blocks(struct mhp_ctx *ctx, const struct mhp_topology *topo,
				struct mhp_check **ret, struct mhp_error *err)
{
	struct checking c = { .ctx = ctx, .topo = topo, .child = CHILD_INIT(ctx) };
	int rc;

	c.check = calloc(1, sizeof(*c.check));
	if (!c.check)
		return err_errno(err, -ENOMEM, "check");
	root_lack_reset(&ctx->sys);
	rc = check_all(&c, err);
	child_stop(&c.child);
	c.check->blocks = c.blocks;
	c.check->nr_blocks = c.blocks ? c.nr_blocks : 0;
	c.check->destinations = c.destinations;
	c.check->nr_destinations = c.nr_destinations;
	if (rc < 0) {
		mhp_check_free(c.check);
		return err && err->reason ? rc : err_errno(err, rc, "check");
	}
	*ret = c.check;
	return 0;
}

MHP_EXPORT void mhp_check_free(struct mhp_check *check)
{
	const struct mhp_block_check *blocks;

	if (!check)
		return;
	blocks = check->blocks;
	for (size_t i = 0; i < check->nr_blocks; i++)
		free_const(blocks[i].owners);
	free_const(check->blocks);
	free_const(check->destinations);
	free_const(check->huge_pages);
	free(check);
}

MHP_EXPORT const struct mhp_block_check *mhp_check_block(const struct mhp_check *check,
							 size_t index)
{
	return item_get(struct mhp_block_check, check->blocks, check->nr_blocks, index);
}

MHP_EXPORT const struct mhp_destination *mhp_check_destination(const struct mhp_check *check,
							       size_t index)
{
	return item_get(struct mhp_destination, check->destinations, check->nr_destinations, index);
}

MHP_EXPORT const struct mhp_huge_page *mhp_check_huge_page(const struct mhp_check *check,
							   size_t index)
{
	return item_get(struct mhp_huge_page, check->huge_pages, check->nr_huge_pages, index);
}

MHP_EXPORT int mhp_block_check_node(const struct mhp_block_check *block, size_t index)
{
	return index < block->nr_nodes ? block->nodes[index] : -1;
}

MHP_EXPORT const struct mhp_hidden *mhp_check_hidden(const struct mhp_check *check, size_t index)
{
	return item_get(struct mhp_hidden, check->hidden, check->nr_hidden, index);
}
