/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/device-work.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/exec/step.h"
#include "lib/model/block.h"
#include "lib/plan/failure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void work_end(const struct device_work *work)
{
	free(work->blocks);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void read_one_block(struct device_work *work, uint64_t id)
{
	struct device_block *block = &work->blocks[work->nr++];
	struct mhp_block now;
	int rc = block_read(&work->x->ctx->sys, id, &now);

	*block = (struct device_block){
		.id = id,
		.is_there = rc != -ENOENT,
		.state = rc < 0 ? MHP_BLOCK_UNKNOWN : now.state,
		.zone = rc < 0 ? MHP_ZONE_UNKNOWN : now.zone,
	};
	work->nr_there += block->is_there;
	work->nr_online += block->is_there && block->state != MHP_BLOCK_OFFLINE;
}

void work_read(struct device_work *work)
{
	const struct idset *set = &work->chain->blocks;

	work->nr = work->nr_there = work->nr_online = 0;
	for (size_t i = 0; i < set->nr; i++)
		for (uint64_t id = set->runs[i].first; id <= set->runs[i].last; id++)
			read_one_block(work, id);
}

static bool is_known(enum mhp_dax_state state)
{
	return state != MHP_DAX_STATE_NONE && state != MHP_DAX_STATE_UNKNOWN;
}

int work_begin(struct device_work *work, struct exec *x, const struct mhp_step *step)
{
	*work = (struct device_work){ .x = x,
				      .step = step,
				      .chain = &x->plan->chains[step->chain] };
	if (*work->chain->device)
		work->state = dax_read_state(&x->ctx->sys, work->chain->device);
	work->blocks = calloc(idset_count(&work->chain->blocks) + 1, sizeof(*work->blocks));
	if (!work->blocks)
		return -ENOMEM;
	if (is_known(work->state))
		work_read(work);
	return 0;
}

bool work_has_state(const struct device_work *work)
{
	return work->nr && is_known(work->state);
}

bool work_means(const struct device_work *work, uint64_t id)
{
	const struct mhp_plan *plan = work->x->plan;

	for (size_t i = 0; i < plan->nr_steps; i++) {
		const struct mhp_step *step = &plan->steps[i];

		if (step->type == work->step->type && step->chain == work->step->chain &&
		    id >= step->first_block && id <= step->last_block)
			return true;
	}
	return false;
}

bool work_has_unplanned(const struct device_work *work)
{
	const struct exec *x = work->x;
	const struct mhp_dax *dax = topology_find_dax(x->topo, work->chain->device);
	enum mhp_block_state state;
	uint64_t first, nr;

	for (unsigned i = 0; dax && i < dax->nr_ranges; i++) {
		nr = range_whole_blocks(dax->ranges[i], x->topo->memory.block_size, &first);
		for (uint64_t id = first; id < first + nr; id++)
			if (!idset_has(&work->chain->blocks, id) &&
			    block_read_state(&x->ctx->sys, id, &state) != -ENOENT)
				return true;
	}
	return false;
}

/* ---- reporting --------------------------------------------------------------------------- */

int work_note(const struct device_work *work, bool whole)
{
	struct done done = { .whole = whole, .zone = MHP_ZONE_NONE };
	bool online = work->step->type == MHP_STEP_ONLINE_BLOCK;

	if (whole) {
		done.zone = online ? MHP_ZONE_NONE : work->blocks[0].zone;
		return exec_changed(work->x, work->step, &done);
	}
	for (size_t i = 0; i < work->nr; i++) {
		const struct device_block *block = &work->blocks[i];

		done.block = block->id;
		done.zone = online ? MHP_ZONE_NONE : block->zone;
		if (block->is_there && (block->state == MHP_BLOCK_OFFLINE) == online &&
		    exec_changed(work->x, work->step, &done) < 0)
			return -ENOMEM;
	}
	return 0;
}

void work_set_granularity(const struct device_work *work)
{
	if (!work->x->undoing)
		work->x->chains[work->step->chain].granularity = MHP_GRANULARITY_DEVICE;
}

static int set_no_answer(const struct device_work *work, const struct device_write *w,
			 const char *object, struct mhp_error *err)
{
	double seconds = (double)w->elapsed_ms / 1000;

	if (w->result.end == CHILD_STUCK) {
		err_set(err, -ETIMEDOUT, MHP_REASON_STUCK,
			"%s: %s: the kernel has not finished the write after %.1f s",
			work->chain->device, w->what.word, seconds);
		if (w->has_begun)
			return -ETIMEDOUT;
		return err_hint(err, -ETIMEDOUT,
				"another process is writing the state of %s and must finish "
				"first",
				work->chain->device);
	}
	if (w->result.cancelled)
		return err_set(err, -EINTR, MHP_REASON_INTERRUPTED, "%s: %s interrupted", object,
			       w->on_block ? "offline" : w->what.word);
	if (w->on_block)
		seconds = (double)w->block_ms / 1000;
	return err_set(err, w->result.end == CHILD_STOPPED ? -EINTR : -ETIMEDOUT,
		       MHP_REASON_DEADLINE, "%s: %s did not succeed in %.1f s", object,
		       w->on_block ? "offline" : w->what.word, seconds);
}

int work_report_stopped(const struct device_work *work, struct device_write *w)
{
	char target[MHP_NAME_MAX];
	struct mhp_failure failure;
	struct mhp_error err = { 0 };

	str_copy(target, work->chain->device);
	if (w->on_block)
		str_format(target, "memory%" PRIu64, w->block);
	set_no_answer(work, w, target, &err);
	failure_init(&failure, target, &err);
	failure.elapsed_ms = w->on_block ? w->block_ms : w->elapsed_ms;
	if (w->on_block)
		diagnose(work->x, &w->evidence, &failure);
	return exec_fail_with(work->x, work->step, &failure);
}

int work_report_refused(const struct device_work *work, const struct device_write *w, int rc,
			struct mhp_error *err)
{
	char text[128];

	if (!err->reason)
		err_set(err, rc, MHP_REASON_KERNEL, "%s: %s failed: %s", work->chain->device,
			w->what.word, strerror_r(-rc, text, sizeof(text)));
	return exec_fail(work->x, work->step, work->chain->device, err, "", w->elapsed_ms);
}

/* ---- writing ----------------------------------------------------------------------------- */

void work_prepare(const struct device_work *work, const char *word, struct device_write *w)
{
	*w = (struct device_write){
		.step = work->step,
		.blocks = work->blocks,
		.nr = work->nr,
	};
	str_copy(w->what.word, word);
	step_bind_args(work->x, work->step, work->chain->device, &w->what.who);
}

bool work_is_answered(const struct device_write *w)
{
	return w->result.end == CHILD_ANSWERED ||
	       (w->result.end == CHILD_STOPPED && w->result.rc >= 0); /* just in time */
}
