/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/exec.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/exec/event.h"
#include "lib/plan/failure.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS	   60000
#define MS_PER_GIB 1000

/* A block may change twice: to fix its zone, or after another process has changed it. */
#define CHANGES_PER_BLOCK 2

/* Space is reserved for this many failed blocks; more are added while there is memory. */
#define BLOCKS_RESERVED 64

/* ---- init and free ----------------------------------------------------------------------- */

static void count_total(struct exec *x)
{
	x->progress = (struct progress){ .start_ms = clock_msec() };
	for (size_t i = 0; i < x->plan->nr_steps; i++) {
		const struct mhp_step *step = &x->plan->steps[i];

		if (is_block_step(step->type))
			x->progress.total += step->last_block - step->first_block + 1;
	}
}

static int reserve_failures(struct exec *x)
{
	uint64_t blocks = x->progress.total < BLOCKS_RESERVED ? x->progress.total : BLOCKS_RESERVED;

	return failures_reserve(&x->failures, x->plan->nr_failures + x->plan->nr_steps + blocks);
}

int exec_init(struct exec *x, struct mhp_ctx *ctx, struct mhp_plan *plan,
	      const struct mhp_topology *topo, const struct mhp_run_options *options)
{
	*x = (struct exec){
		.ctx = ctx,
		.plan = plan,
		.topo = topo,
		.options = options,
		.emitter = { options, clock_msec() },
		.writer = CHILD_INIT(ctx),
		.object = "",
	};
	settings_init(&x->settings, ctx);
	x->settings.probe_ms = options->timeout_ms;
	kmsg_open(ctx, &x->kmsg); /* optional: without it fewer reasons are known */
	count_total(x);
	x->chains = calloc(plan->nr_chains + 1, sizeof(*x->chains));
	if (!x->chains || reserve_failures(x) < 0)
		return -ENOMEM;
	return exec_reserve(x, plan->nr_steps + x->progress.total * CHANGES_PER_BLOCK);
}

void exec_free(struct exec *x)
{
	child_stop(&x->writer);
	settings_free(&x->settings);
	kmsg_close(&x->kmsg);
	free(x->chains);
	free(x->done);
	failures_clear(&x->failures);
}

/* ---- services for the steps -------------------------------------------------------------- */

int exec_fail_with(struct exec *x, const struct mhp_step *step, const struct mhp_failure *failure)
{
	const struct mhp_error *err = &failure->error;
	struct mhp_failure reported = *failure;

	reported.has_step = true;
	reported.step = step->type;
	if (err->reason == MHP_REASON_INTERRUPTED)
		x->interrupted = true;
	if (step->chain != MHP_NO_CHAIN && !is_block_step(step->type))
		x->chains[step->chain].is_broken = true;
	if (step->chain != MHP_NO_CHAIN && !x->chains[step->chain].failed) {
		x->chains[step->chain].failed = true;
		x->chains[step->chain].reason = err->reason;
	}
	event_failure(x, step, &reported);
	failures_add(&x->failures, &reported);
	return err->errnum && err->errnum != ENOMEM ? -err->errnum : -EIO;
}

int exec_fail(struct exec *x, const struct mhp_step *step, const char *target,
	      const struct mhp_error *err, const char *kernel_reason, uint64_t elapsed_ms)
{
	struct mhp_failure failure;

	failure_init(&failure, target, err);
	failure.elapsed_ms = elapsed_ms;
	str_copy(failure.kernel_reason, kernel_reason);
	return exec_fail_with(x, step, &failure);
}

int exec_reserve(struct exec *x, uint64_t nr)
{
	if (!x->options->roll_back)
		return 0;
	return VEC_RESERVE(x->done, x->nr_done + nr, x->done_space);
}

int exec_changed(struct exec *x, const struct mhp_step *step, const struct done *done)
{
	struct done *noted;

	if (x->undoing || !x->options->roll_back)
		return 0;
	if (exec_reserve(x, 1) < 0)
		return -ENOMEM;
	noted = &x->done[x->nr_done++];
	*noted = *done;
	noted->step = step;
	noted->chain = step->chain;
	return 0;
}

uint64_t exec_deadline(const struct exec *x, uint64_t bytes)
{
	uint64_t msec = STEP_MS + (bytes >> 30) * MS_PER_GIB;

	if (!x->options->timeout_ms)
		return CLOCK_NEVER;
	return clock_deadline(msec > x->options->timeout_ms ? msec : x->options->timeout_ms);
}

/* Returns false for any other rc: the task never started (lib/sys/child.c:child_finish). */
bool exec_has_died(const struct child_result *result)
{
	return result->end == CHILD_DIED && result->rc == -EPIPE;
}

int exec_explain(const struct child_result *result, const char *object, struct mhp_error *err)
{
	const char *how = result->end == CHILD_STUCK ? "; the kernel still works on it" : "";

	if (exec_has_died(result))
		return err_set(err, result->rc, MHP_REASON_KERNEL,
			       "%s: its worker process ended without an answer", object);
	if (result->end == CHILD_ANSWERED || result->end == CHILD_DIED)
		return result->rc;
	if (result->end == CHILD_STOPPED && result->rc >= 0)
		return result->rc; /* it finished just in time */
	if (result->cancelled)
		return err_set(err, -EINTR, MHP_REASON_INTERRUPTED, "%s: interrupted%s", object,
			       how);
	return err_set(err, -ETIMEDOUT,
		       result->end == CHILD_STUCK ? MHP_REASON_STUCK : MHP_REASON_DEADLINE,
		       "%s: not done after %.1f s%s", object, (double)result->elapsed_us / 1e6,
		       how);
}

bool exec_is_unclear(const struct child_result *result, int rc, struct mhp_error *err)
{
	if (rc >= 0 ||
	    !(exec_has_died(result) || result->end == CHILD_KILLED || result->end == CHILD_STUCK))
		return false;
	err_hint(err, rc,
		 "it may be half done: see mhpctl list; run the same command again to continue");
	return true;
}

int exec_explain_task(const struct task_pool_task *task, const char *object, struct mhp_error *err)
{
	if (!task->begun)
		return err_set(err, -EINTR, MHP_REASON_INTERRUPTED,
			       "%s: interrupted before its turn", object);
	return exec_explain(&task->result, object, err);
}

int exec_call(struct exec *x, const struct exec_task *task, struct reply *reply,
	      struct child_result *result, struct mhp_error *err)
{
	struct child_wait wait = {
		.deadline = exec_deadline(x, task->bytes),
		.watch_fd = -1,
		.ignore_cancel = x->undoing,
	};

	child_call(&x->writer, &(struct child_task){ task->fn, task->arg, task->arg_size }, &wait,
		   reply, result, err);
	return exec_explain(result, x->object, err);
}

int exec_read_dax(struct exec *x, const char *name, struct mhp_dax *dax, struct mhp_error *err)
{
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	int rc = exec_call(x, &(struct exec_task){ dax_scan, NULL, 0, 0 }, &reply, &result, err);

	if (rc < 0)
		return rc;
	for (size_t at = 0; at + sizeof(*dax) <= reply.len; at += sizeof(*dax)) {
		memcpy(dax, reply.data + at, sizeof(*dax));
		if (strcmp(dax->name, name) == 0)
			return 0;
	}
	return err_set(err, -ENODEV, MHP_REASON_NO_SUCH_TARGET, "%s: no longer exists", name);
}

void exec_identity(const struct exec *x, uint32_t chain_index, const char *name,
		   struct nd_identity *identity)
{
	const struct mhp_namespace *ns = topology_find_namespace(x->topo, name);
	const struct chain *chain = &x->plan->chains[chain_index];
	const struct mhp_region *region = ns ? topology_find_region(x->topo, ns->region) : NULL;

	*identity = (struct nd_identity){ .start = MHP_UNKNOWN, .mode = ND_ANY_MODE };
	if (*chain->id && strcmp(chain->ns_name, name) == 0) { /* created by this run */
		str_copy(identity->id, chain->id);
		identity->raw_size = chain->raw_size;
	} else if (ns) {
		str_copy(identity->id, ns->id);
		str_copy(identity->region, ns->region);
		identity->raw_size = ns->raw_size;
		identity->start = ns->start;
		/* without a label the id is in the info block, which is read only while enabled */
		identity->id_unknown = !ns->is_enabled && !(region && region->has_labels);
		/* this run may have changed the mode */
		if (!x->chains[chain_index].changed &&
		    (ns->is_enabled || ns->mode != MHP_NAMESPACE_RAW))
			identity->mode = (int)ns->mode;
	} else {
		return;
	}
	str_copy(identity->name, name);
}

bool exec_name_onliners(const struct exec *x, bool is_added, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < x->topo->nr_onliners && len < size; i++) {
		const struct mhp_onliner *onliner = &x->topo->onliners[i];

		if (!is_added && onliner->kind == MHP_ONLINER_KERNEL_POLICY)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s%s (%s)", len ? ", " : "",
					onliner->is_uncertain ? "perhaps " : "",
					mhp_onliner_kind_name(onliner->kind), onliner->where);
	}
	return len > 0;
}

/* Returns whether the undo knows a change of the step. */
static bool can_undo(const struct exec *x, const struct mhp_step *step)
{
	for (size_t i = 0; i < x->nr_done; i++)
		if (x->done[i].step == step)
			return true;
	return false;
}

void exec_step_done(struct exec *x, const struct mhp_step *step, bool changed, bool failed,
		    uint64_t took_ms)
{
	if (step->chain != MHP_NO_CHAIN) {
		if (changed && x->options->roll_back && !can_undo(x, step))
			x->chains[step->chain].is_kept = true;
		x->chains[step->chain].nr_ended++;
		x->chains[step->chain].changed |= changed;
		if (failed && !x->chains[step->chain].failed) { /* nobody has said why */
			x->chains[step->chain].failed = true;
			x->chains[step->chain].reason = MHP_REASON_OUT_OF_MEMORY;
		}
	}
	event_step(x, step, MHP_EVENT_STEP_DONE, changed, failed, took_ms);
}
