/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mhp_check_pin() reads zones and a process, and judges. Nothing here writes to the kernel. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/plan/pin.h"
#include "lib/sys/holders/pinner.h"
#include "lib/sys/kernel.h"
#include "lib/sys/visibility.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 10000

struct pin_checking {
	struct mhp_ctx *ctx;
	struct mhp_pin_check *check;
	struct pin_space space;
	struct mhp_pin_limit *limits;
	size_t nr_limits;
	struct visibility hidden;
	struct pinner pinner;  /* if check->pid */
	uint64_t placed_bytes; /* that may lie in kernel zones already */
};

static int add_limit(struct pin_checking *c, const struct mhp_pin_limit *limit)
{
	struct mhp_pin_limit *added = VEC_PUSH(c->limits, c->nr_limits);

	if (!added)
		return -ENOMEM;
	*added = *limit;
	return 0;
}

static const char *why_not(int rc)
{
	return rc == -EACCES || rc == -EPERM ? "only root can see that" : strerrordesc_np(-rc);
}

/* ---- the process ------------------------------------------------------------------------- */

static int read_pinner(struct pin_checking *c, struct reply *reply, struct mhp_error *err)
{
	struct child child = CHILD_INIT(c->ctx);
	struct child_wait wait = { .deadline = clock_deadline(READ_MS), .watch_fd = -1 };
	struct child_result result = { .cancelled = ctx_cancelled(c->ctx) };
	int rc = 0;

	if (!result.cancelled)
		rc = child_call(&child, CHILD_TASK(pinner_read, &c->check->pid), &wait, reply,
				&result, err);
	child_stop(&child);
	if (rc == -ECANCELED || result.cancelled)
		return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "check: interrupted");
	if (rc == -ETIMEDOUT)
		return err_set(err, rc, MHP_REASON_DEADLINE,
			       "process %d: its memory could not be read within %d s",
			       c->check->pid, READ_MS / 1000);
	if (rc == 0 && reply->len < sizeof(c->pinner))
		return err_errno(err, -EPROTO, "process %d", c->check->pid);
	return rc;
}

static void use_nodes(struct pin_checking *c, const char *entries)
{
	for (size_t i = 0; i < c->space.nr_nodes; i++) {
		c->space.nodes[i].is_allowed = c->pinner.mems_rc < 0;
		c->space.nodes[i].process_bytes = c->pinner.maps_rc < 0 ? MHP_UNKNOWN : 0;
	}
	for (size_t i = 0; i < c->pinner.nr_nodes; i++) {
		struct pinner_node entry;
		struct mhp_pin_node *node;

		memcpy(&entry, entries + i * sizeof(entry), sizeof(entry));
		node = pin_space_node(&c->space, entry.node);
		if (!node)
			continue;
		node->is_allowed |= entry.is_allowed;
		if (node->process_bytes != MHP_UNKNOWN)
			node->process_bytes = entry.bytes;
		if (node->has_kernel_zone && c->placed_bytes != MHP_UNKNOWN)
			c->placed_bytes += entry.bytes;
	}
}

static int add_memlock(struct pin_checking *c)
{
	const struct memlock *memlock = &c->pinner.memlock;
	struct mhp_pin_limit limit = {
		.kind = MHP_PIN_LIMIT_MEMLOCK,
		.beyond = MHP_PIN_REFUSED,
		.bytes = MHP_UNKNOWN,
		.exceeded_bytes = MHP_UNKNOWN,
	};
	char max[24], used[24];

	if (c->pinner.memlock_rc < 0) {
		visibility_add(&c->hidden, "pin.limits.memlock",
			       "the limit for locked memory of process %d is not known: %s",
			       c->check->pid, why_not(c->pinner.memlock_rc));
		return add_limit(c, &limit);
	}
	if (memlock->is_limited == MHP_TRISTATE_NO)
		return 0;
	limit.bytes = memlock->limit_bytes > memlock->used_bytes
			      ? memlock->limit_bytes - memlock->used_bytes
			      : 0;
	limit.exceeded_bytes = limit.bytes;
	str_format(limit.detail, "RLIMIT_MEMLOCK %s, %s in use",
		   format_size(memlock->limit_bytes, max, sizeof(max)),
		   format_size(memlock->used_bytes, used, sizeof(used)));
	return add_limit(c, &limit);
}

static int add_cgroup(struct pin_checking *c)
{
	const struct pinner *pinner = &c->pinner;
	struct mhp_pin_limit limit = {
		.kind = MHP_PIN_LIMIT_CGROUP,
		.beyond = MHP_PIN_HARMFUL,
		.bytes = MHP_UNKNOWN,
		.exceeded_bytes = MHP_UNKNOWN,
	};
	char left[24], path[128];

	if (pinner->cgroup_rc == 0)
		return 0;
	if (pinner->cgroup_rc < 0) {
		visibility_add(&c->hidden, "pin.limits.cgroup",
			       "the memory limits of the cgroups of process %d are not known: %s",
			       c->check->pid,
			       pinner->cgroup_rc == -EOPNOTSUPP ? "they are of version 1"
								: why_not(pinner->cgroup_rc));
		return add_limit(c, &limit);
	}
	limit.bytes = pinner->cgroup.bytes;
	if (pinner->maps_rc == 0) /* memory that exists is charged already */
		limit.exceeded_bytes = limit.bytes + pinner->resident_bytes;
	str_format(limit.detail, "memory.max of %s leaves %s",
		   text_escape(pinner->cgroup.path, path, sizeof(path)),
		   format_size(limit.bytes, left, sizeof(left)));
	return add_limit(c, &limit);
}

static int use_process(struct pin_checking *c, struct mhp_error *err)
{
	cleanup_reply struct reply reply = { 0 };
	int rc = read_pinner(c, &reply, err);

	if (rc < 0)
		return rc;
	memcpy(&c->pinner, reply.data, sizeof(c->pinner));
	if (reply.len < sizeof(c->pinner) + c->pinner.nr_nodes * sizeof(struct pinner_node))
		return err_errno(err, -EPROTO, "process %d", c->check->pid);
	str_copy(c->check->comm, c->pinner.comm);
	if (c->pinner.maps_rc < 0) {
		c->placed_bytes = MHP_UNKNOWN;
		visibility_add(&c->hidden, "pin.nodes.process_bytes",
			       "the nodes of the memory of process %d are not known: %s",
			       c->check->pid, why_not(c->pinner.maps_rc));
	}
	use_nodes(c, reply.data + sizeof(c->pinner));
	return 0;
}

/* ---- the check --------------------------------------------------------------------------- */

/* Returns an error for a node that is not there, if it is certain that it is not. */
static int find_node(struct pin_checking *c, struct mhp_error *err)
{
	int rc;

	ROOT_PATH(path, KERNEL_NODES "/node%d", c->check->node);
	rc = root_exists(&c->ctx->sys, path);
	if (rc == 0 && !pin_space_node(&c->space, c->check->node))
		return err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "no node %d",
			       c->check->node);
	return 0;
}

static int read_space(struct pin_checking *c)
{
	int rc = pin_space_read(&c->ctx->sys, &c->space);

	if (root_is_lack(rc))
		return rc;
	if (rc < 0)
		visibility_add(&c->hidden, "pin.zones", "the zones are not known: %s", why_not(rc));
	for (size_t i = 0; i < c->space.nr_zones; i++)
		if (c->space.zones[i].space_bytes == MHP_UNKNOWN)
			visibility_add(&c->hidden, "pin.zones",
				       "/proc/zoneinfo lacks values of zone %s of node%d",
				       mhp_zone_name(c->space.zones[i].zone),
				       c->space.zones[i].node);
	return 0;
}

static int add_limits(struct pin_checking *c)
{
	struct mhp_pin_limit limit = pin_limit_zones(&c->space, c->placed_bytes);
	int rc;

	if (!c->space.nr_zones)
		limit.bytes = limit.exceeded_bytes = MHP_UNKNOWN;
	if (c->check->pid && c->pinner.mems_rc < 0) {
		limit.bytes = limit.exceeded_bytes = MHP_UNKNOWN;
		visibility_add(&c->hidden, "pin.nodes.allowed",
			       "the allowed nodes of process %d are not known: %s", c->check->pid,
			       why_not(c->pinner.mems_rc));
	}
	rc = add_limit(c, &limit);
	if (rc == 0 && c->check->node >= 0 && pin_limit_node(&c->space, c->check->node, &limit))
		rc = add_limit(c, &limit);
	if (rc == 0 && c->check->pid)
		rc = add_memlock(c);
	if (rc == 0 && c->check->pid)
		rc = add_cgroup(c);
	return rc;
}

static int check_all(struct pin_checking *c, struct mhp_error *err)
{
	int rc = read_space(c);

	if (rc == 0 && c->check->node >= 0)
		rc = find_node(c, err);
	if (rc == 0 && c->check->pid)
		rc = use_process(c, err);
	if (rc == 0)
		rc = add_limits(c);
	if (rc == 0 && c->check->node >= 0) {
		pin_space_order(&c->ctx->sys, &c->space, c->check->node);
		pin_place(&c->space, c->check->size);
	}
	if (rc == 0)
		rc = root_lack(&c->ctx->sys);
	if (rc == 0)
		pin_judge(c->check, c->limits, c->nr_limits);
	return rc;
}

MHP_EXPORT int mhp_check_pin(struct mhp_ctx *ctx, uint64_t size, int node, int pid,
			     struct mhp_pin_check **ret, struct mhp_error *err)
{
	struct pin_checking c = { .ctx = ctx };
	int rc;

	c.check = calloc(1, sizeof(*c.check));
	if (!c.check)
		return err_errno(err, -ENOMEM, "check");
	c.check->size = size;
	c.check->node = node;
	c.check->pid = pid;
	root_lack_reset(&ctx->sys);
	rc = check_all(&c, err);
	c.check->limits = c.limits;
	c.check->nr_limits = c.nr_limits;
	c.check->nodes = c.space.nodes;
	c.check->nr_nodes = c.space.nr_nodes;
	c.check->zones = c.space.zones;
	c.check->nr_zones = c.space.nr_zones;
	c.check->nr_hidden = c.hidden.nr;
	memcpy(c.check->hidden, c.hidden.hidden, sizeof(c.check->hidden));
	if (rc < 0) {
		mhp_pin_check_free(c.check);
		return err && err->reason ? rc : err_errno(err, rc, "check");
	}
	*ret = c.check;
	return 0;
}

MHP_EXPORT void mhp_pin_check_free(struct mhp_pin_check *check)
{
	if (!check)
		return;
	free_const(check->limits);
	free_const(check->nodes);
	free_const(check->zones);
	free(check);
}
