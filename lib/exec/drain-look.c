/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/drain-look.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/exec/space.h"
#include "lib/sys/buddyinfo.h"
#include "lib/sys/kernel.h"
#include "lib/sys/meminfo.h"
#include "lib/sys/page-content.h"
#include "lib/sys/zoneinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 30000

struct looking {
	struct mhp_ctx *ctx;
	const struct mhp_topology *topo;
	const struct mhp_plan *plan;
	struct drain_facts *facts;
	struct child child;
	struct page_content content;
	struct idset sources; /* nodes of the blocks */
};

static int call_child(struct looking *look, const struct child_task *task, struct reply *reply,
		      struct mhp_error *err)
{
	struct child_wait wait = { .deadline = clock_deadline(READ_MS), .watch_fd = -1 };
	struct child_result result = { .cancelled = ctx_cancelled(look->ctx) };
	int rc = -ECANCELED;

	if (!result.cancelled)
		rc = child_call(&look->child, task, &wait, reply, &result, err);
	if (rc == -ECANCELED || result.cancelled)
		return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "drain: interrupted");
	if (rc == -ETIMEDOUT)
		return err_set(err, rc, MHP_REASON_DEADLINE, "not read after %d s", READ_MS / 1000);
	return rc;
}

/* Returns whether an error says nothing about the machine, so that it ends the look. */
static bool is_end(int rc)
{
	return root_is_lack(rc) || rc == -ECANCELED;
}

/* ---- pages ------------------------------------------------------------------------------- */

static int read_batch(struct looking *look, struct kpage_args *args, struct mhp_error *err)
{
	cleanup_reply struct reply reply = { 0 };
	struct page_content content;
	int rc = 0;

	if (args->nr_blocks)
		rc = call_child(look, CHILD_TASK(page_content_read, args), &reply, err);
	if (rc == 0 && args->nr_blocks) {
		if (reply.len != sizeof(content))
			return err_errno(err, -EPROTO, "/proc/kpageflags");
		memcpy(&content, reply.data, sizeof(content));
		page_content_add(&look->content, &content);
	}
	args->nr_blocks = 0;
	return rc;
}

static int add_block(struct looking *look, struct kpage_args *args, uint64_t id,
		     struct mhp_error *err)
{
	const struct mhp_block *block = topology_find_block(look->topo, id);

	if (!block || block->state != MHP_BLOCK_ONLINE)
		return 0;
	if (block->node >= 0 &&
	    idset_add(&look->sources, (uint64_t)block->node, (uint64_t)block->node) < 0)
		return err_errno(err, -ENOMEM, "drain");
	args->ids[args->nr_blocks++] = id;
	return args->nr_blocks == KPAGE_BLOCKS ? read_batch(look, args, err) : 0;
}

static int read_pages(struct looking *look, struct mhp_error *err)
{
	struct kpage_args args = {
		.pages_per_block = look->topo->memory.block_size / look->topo->memory.page_size,
	};
	int rc = 0;

	for (size_t i = 0; i < look->plan->nr_steps; i++) {
		const struct mhp_step *step = &look->plan->steps[i];

		if (step->type != MHP_STEP_OFFLINE_BLOCK)
			continue;
		look->facts->is_read = true;
		for (uint64_t id = step->first_block; id <= step->last_block && rc == 0; id++)
			rc = add_block(look, &args, id, err);
	}
	return rc < 0 ? rc : read_batch(look, &args, err);
}

static void set_pages(struct looking *look)
{
	const uint64_t size = look->topo->memory.page_size;
	struct mhp_drain_state *state = &look->facts->state;

	state->used_bytes = look->content.used * size;
	state->clean_bytes = look->content.clean * size;
	state->dirty_bytes = look->content.dirty * size;
	state->anon_bytes = look->content.anon * size;
	state->thp_bytes = look->content.thp * size;
}

/* ---- cgroups ----------------------------------------------------------------------------- */

static int by_file_pages(const void *a, const void *b)
{
	const struct drain_group *x = a, *y = b;

	if (x->file_bytes != y->file_bytes)
		return x->file_bytes < y->file_bytes ? 1 : -1;
	return (x->cgroup.inode > y->cgroup.inode) - (x->cgroup.inode < y->cgroup.inode);
}

static int take_groups(struct looking *look, const struct reply *reply)
{
	const uint64_t size = look->topo->memory.page_size;
	struct drain_facts *facts = look->facts;

	facts->has_more_groups = look->content.is_cut;
	if (reply->len != look->content.nr_groups * sizeof(struct cgroup_found))
		return -EPROTO;
	facts->groups = calloc(look->content.nr_groups + 1, sizeof(*facts->groups));
	if (!facts->groups)
		return -ENOMEM;
	for (unsigned i = 0; i < look->content.nr_groups; i++) {
		struct drain_group *group = &facts->groups[facts->nr_groups++];

		memcpy(&group->cgroup, reply->data + i * sizeof(group->cgroup),
		       sizeof(group->cgroup));
		group->file_bytes = look->content.groups[i].file * size;
		group->anon_bytes = look->content.groups[i].anon * size;
	}
	qsort(facts->groups, facts->nr_groups, sizeof(*facts->groups), by_file_pages);
	return 0;
}

/* Finds the cgroups that the pages are charged to. */
static int read_groups(struct looking *look, struct mhp_error *err)
{
	struct cgroup_inodes inodes = { .nr = look->content.nr_groups };
	cleanup_reply struct reply reply = { 0 };
	struct mhp_error why = { 0 };
	int rc;

	_Static_assert(PAGE_GROUPS_MAX <= CGROUPS_MAX, "one answer for all cgroups");
	if (!look->content.has_groups) {
		str_copy(look->facts->no_groups,
			 "the kernel does not show the cgroups of pages (/proc/kpagecgroup)");
		return 0;
	}
	for (unsigned i = 0; i < inodes.nr; i++)
		inodes.inodes[i] = look->content.groups[i].inode;
	rc = call_child(look, CHILD_TASK(cgroup_tree_find, &inodes), &reply, &why);
	if (rc == 0)
		rc = take_groups(look, &reply);
	if (rc == -ENOMEM || rc == -EPROTO)
		err_errno(&why, rc, "/" KERNEL_CGROUPS);
	if (is_end(rc) && err)
		*err = why;
	str_format(look->facts->no_groups, "%.150s", rc < 0 ? why.message : "");
	return is_end(rc) ? rc : 0;
}

/* ---- space ------------------------------------------------------------------------------- */

static struct drain_node *find_node(const struct looking *look, int node)
{
	for (size_t i = 0; i < look->facts->nr_nodes; i++)
		if (look->facts->nodes[i].node == node)
			return &look->facts->nodes[i];
	return NULL;
}

static void add_zone(const struct buddyinfo *zone, void *data)
{
	struct looking *look = data;
	struct drain_node *node = find_node(look, zone->node);
	const uint64_t size = look->topo->memory.page_size;

	for (unsigned order = 0; node && order < zone->nr_orders; order++) {
		uint64_t bytes = (zone->blocks[order] << order) * size;

		node->free_bytes += bytes;
		if (size << order >= look->facts->huge_page_size)
			node->huge_bytes += bytes;
	}
}

struct reserve {
	const struct looking *look;
	uint64_t pages;
};

static void add_watermark(const struct zoneinfo *zone, void *data)
{
	struct reserve *reserve = data;

	if (find_node(reserve->look, zone->node))
		reserve->pages += zone->high;
}

static int add_node(const struct root *sys, const char *name, void *data)
{
	struct looking *look = data;
	struct drain_node *node;
	uint64_t number;

	if (root_name_id(name, "node", &number) < 0 || number > INT32_MAX)
		return 0;
	node = VEC_PUSH(look->facts->nodes, look->facts->nr_nodes);
	if (!node)
		return -ENOMEM;
	ROOT_PATH(compact, KERNEL_NODES "/%s/compact", name);
	node->node = (int)number;
	node->can_compact = root_exists(sys, compact) > 0;
	return 0;
}

/* Keeps the nodes that pages move to: the others, or if there is none these. */
static void keep_targets(struct looking *look, bool is_own_node)
{
	struct drain_facts *facts = look->facts;
	size_t kept = 0;

	for (size_t i = 0; i < facts->nr_nodes; i++)
		if (idset_has(&look->sources, (uint64_t)facts->nodes[i].node) == is_own_node)
			facts->nodes[kept++] = facts->nodes[i];
	facts->nr_nodes = kept;
}

static int read_space(struct looking *look, struct mhp_error *err)
{
	const struct root *sys = &look->ctx->sys;
	const uint64_t size = look->topo->memory.page_size;
	struct mhp_drain_state *state = &look->facts->state;
	struct reserve reserve = { .look = look };
	struct space space;
	int rc = root_each(sys, KERNEL_NODES, add_node, look);

	if (root_is_lack(rc))
		return err_errno(err, rc, "/" KERNEL_NODES);
	if (rc < 0 || !space_measure(sys, &look->sources, &space))
		return 0;
	keep_targets(look, space.is_own_node);
	if (root_read_u64(sys, KERNEL_PMD_SIZE, 10, &look->facts->huge_page_size) < 0 ||
	    buddyinfo_each(sys, add_zone, look) < 0)
		look->facts->huge_page_size = 0;
	if (zoneinfo_each(sys, add_watermark, &reserve) < 0)
		return 0;
	if (space.is_own_node) /* free pages of the blocks leave with them */
		reserve.pages += look->content.free;
	state->available_bytes =
		space.bytes > reserve.pages * size ? space.bytes - reserve.pages * size : 0;
	if (state->used_bytes != MHP_UNKNOWN)
		state->short_bytes = state->used_bytes > state->available_bytes
					     ? state->used_bytes - state->available_bytes
					     : 0;
	return 0;
}

/* ---- settings and swap ------------------------------------------------------------------- */

static enum mhp_tristate read_demotion(const struct root *sys)
{
	char text[16];
	int rc = root_read(sys, KERNEL_DEMOTION, text, sizeof(text));

	if (rc == -ENOENT || strcmp(text, "false") == 0)
		return MHP_TRISTATE_NO;
	return strcmp(text, "true") == 0 ? MHP_TRISTATE_YES : MHP_TRISTATE_UNKNOWN;
}

static void read_machine(struct looking *look)
{
	const struct root *sys = &look->ctx->sys;
	struct drain_facts *facts = look->facts;
	int can_drop = root_exists(sys, KERNEL_DROP_CACHES);
	struct meminfo info;
	uint64_t left;

	facts->demotion = read_demotion(sys);
	facts->can_drop = can_drop > 0	  ? MHP_TRISTATE_YES
			  : can_drop == 0 ? MHP_TRISTATE_NO
					  : MHP_TRISTATE_UNKNOWN;
	if (meminfo_read(sys, &info) < 0 || info.swap_total == MHP_UNKNOWN ||
	    info.swap_free == MHP_UNKNOWN)
		return;
	left = DRAIN_SWAP_LEFT(info.swap_total);
	facts->swap_bytes = info.swap_free > left ? info.swap_free - left : 0;
}

static int look_at_all(struct looking *look, struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	int rc = read_pages(look, &why);

	if (!look->facts->is_read)
		return 0;
	if (is_end(rc)) {
		if (err)
			*err = why;
		return rc;
	}
	if (rc == 0)
		set_pages(look);
	else
		str_format(look->facts->no_pages, "%.150s", why.message);
	if (rc == 0)
		rc = read_groups(look, err);
	if (is_end(rc))
		return rc;
	read_machine(look);
	return read_space(look, err);
}

int drain_look(struct mhp_ctx *ctx, const struct mhp_topology *topo, const struct mhp_plan *plan,
	       struct drain_facts *facts, struct mhp_error *err)
{
	struct looking look = {
		.ctx = ctx, .topo = topo, .plan = plan, .facts = facts, .child = CHILD_INIT(ctx)
	};
	int rc;

	*facts = (struct drain_facts){
		.state = { MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN,
			   MHP_UNKNOWN, MHP_UNKNOWN },
		.swap_bytes = MHP_UNKNOWN,
	};
	rc = look_at_all(&look, err);
	child_stop(&look.child);
	idset_free(&look.sources);
	return rc;
}
