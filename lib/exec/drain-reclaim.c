/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/drain-reclaim.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/meminfo.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* One write: short enough that the limits below are looked at often. */
#define PIECE (64ULL << 20)

/* Reclaim ends below these, and below the swap that is left free. */
#define AVAILABLE_MIN(total) ((total) / 64)
#define PRESSURE_MAX	     1000 /* waits of tasks, in hundredths of a percent of the time */

/* Writes in a row that free less than they should, before nothing more is expected. */
#define TRIES 3

struct reclaiming {
	struct exec *x;
	const struct drain_group *group;
	struct mhp_drain_action *action;
	uint64_t deadline;
	uint64_t done;
	bool keep_anon;	   /* file pages only, by the kernel */
	bool may_swap;	   /* as seen before this piece */
	bool has_swap;	   /* the machine has some, or may have */
	unsigned nr_short; /* pieces in a row that freed less */
	char why[192];	   /* it ends early */
};

static void stop(struct reclaiming *r, const char *why)
{
	str_copy(r->why, why);
}

/* Ends it if the tasks of the cgroup wait for memory, or if whether they do cannot be read. */
static bool can_bear(struct reclaiming *r)
{
	uint64_t pressure = 0;
	int rc = cgroup_pressure(&r->x->ctx->sys, r->group->cgroup.path, &pressure);

	if (rc == -ENOENT || rc == -EOPNOTSUPP) /* a kernel without such files, or psi=0 */
		return true;
	if (rc < 0 || pressure >= PRESSURE_MAX)
		stop(r, rc < 0 ? "whether its tasks wait for memory cannot be read"
			       : "its tasks wait for memory too often");
	return !*r->why;
}

/* Looks at the machine before each piece. */
static bool may_continue(struct reclaiming *r)
{
	const struct root *sys = &r->x->ctx->sys;
	struct meminfo info;

	if (ctx_cancelled(r->x->ctx))
		r->x->interrupted = true;
	if (r->x->interrupted)
		return stop(r, "interrupted"), false;
	if (clock_msec() >= r->deadline)
		return stop(r, "no time is left for it"), false;
	meminfo_read(sys, &info);
	r->has_swap = info.swap_total != 0;
	r->may_swap = info.swap_total && info.swap_total != MHP_UNKNOWN &&
		      info.swap_free != MHP_UNKNOWN &&
		      info.swap_free > DRAIN_SWAP_LEFT(info.swap_total);
	if (info.total == MHP_UNKNOWN || info.available == MHP_UNKNOWN)
		return stop(r, "the available memory of the machine is not known"), false;
	if (info.available < AVAILABLE_MIN(info.total))
		return stop(r, "the machine has too little available memory"), false;
	if (!can_bear(r))
		return false;
	if (!r->group->file_bytes && r->may_swap)
		r->keep_anon = false;
	if (!r->keep_anon && r->has_swap && !r->may_swap)
		return stop(r, "too little swap is free"), false;
	return true;
}

/* Takes anonymous memory too from now on, if it may go to swap. */
static void turn_to_anon(struct reclaiming *r)
{
	if (!r->may_swap)
		stop(r, r->has_swap ? "the rest is anonymous, and too little swap is free"
				    : "the rest is anonymous, and there is no swap");
	r->keep_anon = false;
	r->nr_short = 0;
}

/* Takes the answer EINVAL: this kernel has no way to keep anonymous memory. */
static void take_invalid(struct reclaiming *r)
{
	if (!r->keep_anon)
		stop(r, "the kernel refuses it: Invalid argument");
	r->keep_anon = false; /* ends before the next piece if there is too little swap */
}

static void take_answer(struct reclaiming *r, int rc, uint64_t asked, uint64_t gained,
			const char *message)
{
	if (rc == -EINVAL) {
		take_invalid(r);
		return;
	}
	r->done += rc == 0 || gained > asked ? asked : gained;
	if (rc == 0)
		r->nr_short = 0;
	else if (rc != -EAGAIN && rc != -EINTR)
		stop(r, message);
	else if (rc == -EAGAIN && r->keep_anon) /* no file page is left */
		turn_to_anon(r);
	else if (gained < asked / 2 && ++r->nr_short >= TRIES)
		stop(r, "the kernel cannot reclaim more of it");
}

/* Reclaims one piece. The size of the cgroup shows what a partial success has freed. */
static void reclaim_piece(struct reclaiming *r)
{
	const struct root *sys = &r->x->ctx->sys;
	const char *path = r->group->cgroup.path;
	uint64_t left = r->action->asked_bytes - r->done, before = 0, after = 0;
	struct cgroup_reclaim reclaim = {
		.inode = r->group->cgroup.inode,
		.bytes = left < PIECE ? left : PIECE,
		.keep_anon = r->keep_anon,
	};
	struct child_wait wait = { .deadline = r->deadline, .watch_fd = -1 };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	str_copy(reclaim.path, path);
	if (cgroup_memory(sys, path, &before) < 0)
		before = 0;
	child_call(&r->x->writer, CHILD_TASK(cgroup_reclaim, &reclaim), &wait, NULL, &result, &err);
	rc = exec_explain(&result, r->action->target, &err);
	if (cgroup_memory(sys, path, &after) < 0)
		after = before;
	take_answer(r, rc, reclaim.bytes, before > after ? before - after : 0, err.message);
}

void drain_reclaim(struct exec *x, const struct drain_group *group, uint64_t deadline,
		   struct mhp_drain_action *action)
{
	const struct root *sys = &x->ctx->sys;
	struct reclaiming r = {
		.x = x,
		.group = group,
		.action = action,
		.deadline = deadline,
		.keep_anon = true,
	};

	if (cgroup_memory(sys, group->cgroup.path, &action->before_bytes) < 0)
		action->before_bytes = MHP_UNKNOWN;
	while (r.done < action->asked_bytes && !*r.why && may_continue(&r))
		reclaim_piece(&r);
	if (cgroup_memory(sys, group->cgroup.path, &action->after_bytes) < 0)
		action->after_bytes = MHP_UNKNOWN;
	action->done_bytes = r.done;
	action->status = r.done >= action->asked_bytes ? MHP_DRAIN_DONE
			 : r.done		       ? MHP_DRAIN_PARTIAL
						       : MHP_DRAIN_FAILED;
	str_copy(action->why, r.why);
}
