/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes all blocks of a dax device by one write to its state, if the kernel has one. The kernel
 * does this under one lock, so that no other process interferes, and undoes it if a block fails. It
 * is only an attempt: the steps check each block afterwards, and change the remaining ones singly.
 */
#include "lib/base/error.h"
#include "lib/exec/device-work.h"
#include "lib/exec/block-work.h"
#include "lib/exec/event.h"
#include "lib/exec/step.h"
#include "lib/model/block.h"
#include "lib/sys/vmstat.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Returns true once for each device with a state; false: go block by block. */
static bool begin_attempt(struct device_work *work, struct exec *x, const struct mhp_step *step)
{
	struct chain_state *state = &x->chains[step->chain];

	if (state->whole_tried || ctx_cancelled(x->ctx))
		return false;
	state->whole_tried = true;
	return work_begin(work, x, step) == 0 && work_has_state(work);
}

/* ---- offline ----------------------------------------------------------------------------- */

/*
 * Returns whether the node has pins: at a pinned page the kernel waits, then undoes all earlier
 * blocks.
 */
static bool has_known_pins(const struct device_work *work)
{
	uint64_t pins;
	size_t first = 0;
	int node;

	while (!work->blocks[first].is_there)
		first++;
	node = block_read_node(&work->x->ctx->sys, work->blocks[first].id);
	return node >= 0 && vmstat_node_pins(&work->x->ctx->sys, node, &pins) == 0 && pins > 0;
}

/* Returns whether all online blocks are movable: a kernel page makes the kernel refuse. */
static bool can_unplug(const struct device_work *work)
{
	if (work->state == MHP_DAX_STATE_UNPLUGGED || !work->nr_online || work_has_unplanned(work))
		return false;
	/* the undo would bring all blocks online */
	if (work->x->options->roll_back && work->nr_online < work->nr)
		return false;
	for (size_t i = 0; i < work->nr; i++) {
		const struct device_block *block = &work->blocks[i];

		if (!block->is_there || block->state == MHP_BLOCK_OFFLINE)
			continue;
		if (block->state != MHP_BLOCK_ONLINE || block->zone != MHP_ZONE_MOVABLE ||
		    !work_means(work, block->id))
			return false;
	}
	return !has_known_pins(work);
}

/* Counts the blocks that were online before and are not now. *first is the first of them. */
static size_t count_lost(const struct device_work *work, uint64_t *first)
{
	size_t nr = 0;

	for (size_t i = 0; i < work->nr; i++) {
		enum mhp_block_state state = MHP_BLOCK_UNKNOWN;
		const struct device_block *block = &work->blocks[i];
		int rc = block_read_state(&work->x->ctx->sys, block->id, &state);

		if (block->state != MHP_BLOCK_ONLINE || (rc == 0 && state != MHP_BLOCK_OFFLINE))
			continue;
		if (!nr++)
			*first = block->id;
	}
	return nr;
}

/* Warns about these blocks, which the kernel reports only in its log. */
static void warn_of_lost(const struct device_work *work, size_t lost, uint64_t first)
{
	if (lost)
		event_warning(work->x,
			      "%s: %zu of its blocks, memory%" PRIu64
			      " the first, were not brought back online by the kernel",
			      work->chain->device, lost, first);
}

/* Handles a stopped write: the kernel has undone it. True: the other blocks go singly. */
static bool handle_stop(const struct device_work *work, struct device_write *w, bool *changed,
			int *rc)
{
	struct chain_state *state = &work->x->chains[work->step->chain];
	bool held = w->on_block && w->result.end != CHILD_STUCK && !w->result.cancelled;
	uint64_t first = 0;
	size_t lost = 0;

	if (w->result.end != CHILD_STUCK)
		lost = count_lost(work, &first);
	warn_of_lost(work, lost, first);
	*changed = lost > 0 || w->result.end == CHILD_STUCK;
	*rc = work_report_stopped(work, w);
	state->has_held = held;
	state->held = w->block;
	if (held && !work->x->options->roll_back)
		return true;
	state->whole_ended = true;
	return false;
}

static bool handle_refusal(const struct device_work *work, const struct device_write *w,
			   bool *changed, int *rc, struct mhp_error *err)
{
	bool is_other = *rc == -ESTALE || w->result.end == CHILD_DIED;
	uint64_t first = 0;
	size_t lost = count_lost(work, &first);
	char text[128];

	warn_of_lost(work, lost, first);
	*changed = lost > 0;
	if (!is_other) {
		event_warning(work->x,
			      "%s: the kernel does not remove it as a whole (%s), so its "
			      "blocks go offline one by one",
			      work->chain->device, strerror_r(-*rc, text, sizeof(text)));
		*rc = 0;
		return true;
	}
	work->x->chains[work->step->chain].whole_ended = true;
	*rc = work_report_refused(work, w, *rc, err);
	return false;
}

bool device_offline(struct exec *x, const struct mhp_step *step, bool *changed, int *rc)
{
	cleanup_work struct device_work work = { 0 };
	struct mhp_error err = { 0 };
	struct device_write w;
	bool goes_on = true;

	*rc = 0;
	if (x->chains[step->chain].whole_ended)
		return false;
	if (!begin_attempt(&work, x, step) || !can_unplug(&work))
		return true;
	work_prepare(&work, "unplugged", &w);
	*rc = device_write(x, &w, &err);
	if (work_is_answered(&w) && *rc >= 0) {
		*changed = true;
		work_set_granularity(&work);
		*rc = work_note(&work, true);
		goes_on = *rc == 0;
	} else if (work_is_answered(&w) || w.result.end == CHILD_DIED) {
		goes_on = handle_refusal(&work, &w, changed, rc, &err);
	} else {
		goes_on = handle_stop(&work, &w, changed, rc);
	}
	evidence_end(&w.evidence);
	return goes_on;
}

/* ---- online ------------------------------------------------------------------------------ */

/*
 * Returns a word for zone auto. Without blocks the kernel does not show which zone it would choose:
 * contig_zones gives a node without memory a kernel zone; for auto_movable, where a ratio decides,
 * movable is allowed.
 */
static const char *word_for_auto(const struct device_work *work)
{
	const struct mhp_topology *topo = work->x->topo;
	const struct mhp_dax *dax = topology_find_dax(topo, work->chain->device);
	const struct mhp_node *node = dax ? topology_find_node(topo, dax->target_node) : NULL;

	if (strcmp(topo->memory.online_policy, "auto_movable") == 0 ||
	    (node && node->movable_bytes && !node->kernel_bytes))
		return "online_movable";
	return "online_kernel";
}

/* Returns the word to write. Not `online`, which decides for each block. NULL: change singly. */
static const char *state_word(const struct device_work *work)
{
	switch (work->step->zone) {
	case MHP_ZONE_REQUEST_MOVABLE:
		return "online_movable";
	case MHP_ZONE_REQUEST_KERNEL:
		return "online_kernel";
	default:
		return work->nr_there ? NULL : word_for_auto(work);
	}
}

/* Returns whether no block is online and the plan wants all blocks that exist. */
static bool can_plug(const struct device_work *work)
{
	if (work->nr_online || work_has_unplanned(work) || !state_word(work))
		return false;
	/* the undo would leave the device without the blocks that are offline now */
	if (work->x->options->roll_back && work->nr_there)
		return false;
	for (size_t i = 0; i < work->nr; i++)
		if (work->blocks[i].is_there && !work_means(work, work->blocks[i].id))
			return false;
	return true;
}

static void warn_of_stale(const struct device_work *work)
{
	if (work->state == MHP_DAX_STATE_UNPLUGGED || work->state == MHP_DAX_STATE_OFFLINE)
		return;
	event_warning(work->x, "%s: its state is %s, and none of its blocks is online",
		      work->chain->device, mhp_dax_state_name(work->state));
}

/* Writes the word, after unplugged if needed. *unplugged: the old blocks are removed. */
static int plug_device(const struct device_work *work, const char *word, struct device_write *w,
		       bool *unplugged, struct mhp_error *err)
{
	int rc;

	*unplugged = work->state == MHP_DAX_STATE_UNPLUGGED;
	if (!*unplugged) { /* the kernel accepts online words only in this state */
		work_prepare(work, "unplugged", w);
		rc = device_write(work->x, w, err);
		if (!work_is_answered(w) || rc < 0)
			return rc;
		*unplugged = true;
		evidence_end(&w->evidence);
	}
	work_prepare(work, word, w);
	return device_write(work->x, w, err);
}

static int report_no_blocks(const struct device_work *work, const struct device_write *w)
{
	struct mhp_error err = { 0 };

	err_set(&err, -EIO, MHP_REASON_KERNEL,
		"%s: the kernel accepted %s, but none of its %zu memory blocks exists",
		work->chain->device, w->what.word, work->nr);
	err_hint(&err, -EIO, "the kernel log says why");
	return exec_fail(work->x, work->step, work->chain->device, &err, "", w->elapsed_ms);
}

/* Reads the blocks after the write: the kernel reports success even if it did only part of it. */
static bool handle_plug(struct device_work *work, struct device_write *w, bool unplugged,
			bool *changed, int *rc, struct mhp_error *err)
{
	bool is_failed = !work_is_answered(w) || *rc < 0;
	size_t nr_before = work->nr_there;
	int rc_write = *rc;

	*rc = work_note(work, work->state == MHP_DAX_STATE_UNPLUGGED);
	work_read(work);
	*changed = work->nr_online || (unplugged && nr_before) || work->nr_there < nr_before ||
		   w->result.end == CHILD_STUCK;
	if (*rc < 0)
		return false;
	if (work->nr_online)
		work_set_granularity(work);
	if (!is_failed && work->nr_there)
		return true;
	if (!is_failed)
		*rc = report_no_blocks(work, w);
	else if (work_is_answered(w) && work->nr_there && rc_write != -ESTALE)
		return true; /* the blocks that exist can still go online singly */
	else
		*rc = work_is_answered(w) || w->result.end == CHILD_DIED
			      ? work_report_refused(work, w, rc_write, err)
			      : work_report_stopped(work, w);
	work->x->chains[work->step->chain].whole_ended = true;
	return false;
}

bool device_online(struct exec *x, const struct mhp_step *step, bool *changed, int *rc)
{
	cleanup_work struct device_work work = { 0 };
	struct mhp_error err = { 0 };
	struct device_write w;
	bool unplugged, goes_on;

	*rc = 0;
	if (x->chains[step->chain].whole_ended)
		return false;
	if (!begin_attempt(&work, x, step) || !can_plug(&work))
		return true;
	warn_of_stale(&work);
	*rc = plug_device(&work, state_word(&work), &w, &unplugged, &err);
	goes_on = handle_plug(&work, &w, unplugged, changed, rc, &err);
	evidence_end(&w.evidence);
	return goes_on;
}

/* ---- undo -------------------------------------------------------------------------------- */

static int undo_remaining(const struct device_work *work, const struct done *done)
{
	bool was_online = done->step->type == MHP_STEP_OFFLINE_BLOCK;
	int rc_all = 0, rc;

	for (size_t i = 0; i < work->nr; i++) {
		const struct device_block *block = &work->blocks[i];
		struct done one = *done;

		one.block = block->id;
		if (!block->is_there && !was_online)
			continue;
		if (block->is_there && (block->state == MHP_BLOCK_ONLINE) == was_online &&
		    block->state != MHP_BLOCK_UNKNOWN)
			continue;
		rc = block_undo(work->x, &one);
		rc_all = rc < 0 ? rc : rc_all;
	}
	return rc_all;
}

int undo_device(struct exec *x, const struct done *done)
{
	bool was_online = done->step->type == MHP_STEP_OFFLINE_BLOCK;
	cleanup_work struct device_work work = { 0 };
	struct mhp_error err = { 0 };
	struct device_write w = { 0 };
	bool unplugged;

	if (work_begin(&work, x, done->step) < 0) {
		err_errno(&err, -ENOMEM, "%s", x->object);
		return exec_fail(x, done->step, x->object, &err, "", 0);
	}
	if (work_has_state(&work) && was_online && !work.nr_online) {
		plug_device(&work,
			    done->zone == MHP_ZONE_MOVABLE ? "online_movable" : "online_kernel", &w,
			    &unplugged, &err);
	} else if (work_has_state(&work) && !was_online) {
		work_prepare(&work, "unplugged", &w);
		device_write(x, &w, &err);
	}
	evidence_end(&w.evidence);
	work_read(&work);
	return undo_remaining(&work, done);
}
