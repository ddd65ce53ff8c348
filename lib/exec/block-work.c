/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/block-work.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/exec/huge-target.h"
#include "lib/exec/final-state.h"
#include "lib/exec/refused.h"
#include "lib/exec/zone-keep.h"
#include "lib/model/block.h"
#include "lib/model/zone.h"
#include "lib/plan/failure.h"
#include "lib/plan/receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ZONE_REPAIRS 3
#define SLOW_MS	     1000 /* a retrying event has been sent by then */

/* The work on one block. */
struct block_work {
	const struct mhp_step *step;
	char name[32];
	struct mhp_block before;
	struct mhp_block now;
	bool changed;
	int refused;	  /* how a run was refused at this block */
	bool is_put_back; /* the write undoes a change of zone that failed */
	bool is_of_run;	  /* the run reports the progress */
	uint64_t start_ms;
	uint64_t deadline;
	struct evidence evidence;
};

/* ---- failures ---------------------------------------------------------------------------- */

static int set_no_answer(const struct block_work *work, const struct block_write *w,
			 struct mhp_error *err)
{
	double seconds = (double)(clock_msec() - work->start_ms) / 1000;

	if (w->result.end == CHILD_STUCK) {
		err_set(err, -ETIMEDOUT, MHP_REASON_STUCK,
			"%s: %s: the kernel has not finished the write after %.1f s", work->name,
			w->word, seconds);
		return -ETIMEDOUT;
	}
	if (w->result.cancelled)
		return err_set(err, -EINTR, MHP_REASON_INTERRUPTED, "%s: %s interrupted",
			       work->name, w->word);
	return err_set(err, w->result.end == CHILD_STOPPED ? -EINTR : -ETIMEDOUT,
		       MHP_REASON_DEADLINE, "%s: %s did not succeed in %.1f s", work->name, w->word,
		       seconds);
}

static int set_refused(const struct block_work *work, const struct block_write *w, int rc,
		       struct mhp_error *err)
{
	const struct refusal *refusal = &work->evidence.refusal;
	enum mhp_reason reason = refused_reason(refusal, rc, w->word);
	const char *words = refusal->words;
	char text[128];

	if (refusal->says)
		err_set(err, rc, reason, "%s: %s failed: %s", work->name, w->word, refusal->says);
	else
		err_set(err, rc, reason, "%s: %s failed: %s%s%s%s", work->name, w->word,
			strerror_r(-rc, text, sizeof(text)), *words ? " (" : "", words,
			*words ? ")" : "");
	return refusal->hint ? err_hint(err, rc, "%s", refusal->hint) : rc;
}

/* Sets the failure that another process reversed the change before it was read back. */
static int set_reversed(const struct exec *x, struct block_work *work, enum mhp_block_state want,
			struct mhp_error *err)
{
	const char *now = mhp_block_state_name(work->now.state);

	work->changed = true;
	if (want != MHP_BLOCK_OFFLINE)
		return err_set(err, -EIO, MHP_REASON_WENT_AWAY,
			       "%s: was brought online, and is %s again at once", work->name, now);
	err_set(err, -EIO, MHP_REASON_CAME_BACK, "%s: was taken offline, and is %s again at once",
		work->name, now);
	return final_state_hint_back(x, err, -EIO);
}

/*
 * Sets the failure that the block existed when the steps were planned, and does not exist any more.
 */
static int set_vanished(const struct block_work *work, struct mhp_error *err)
{
	err_set(err, -ENOENT, MHP_REASON_WENT_AWAY, "%s: no longer exists", work->name);
	return err_hint(err, -ENOENT,
			"its device was removed or unplugged; mhpctl list shows what is left");
}

/*
 * Reads back the block after a write. The state that was read counts, not the result of the write:
 * EINVAL means that another process was faster, unless an earlier try had another answer: that one
 * may have done it.
 */
static int judge_write(struct exec *x, struct block_work *work, const struct block_write *w,
		       enum mhp_block_state want, struct mhp_error *err)
{
	int rc = w->result.rc;
	int rc_read = block_read(&x->ctx->sys, work->before.id, &work->now);

	if (rc_read == -ENOENT && want == MHP_BLOCK_OFFLINE) { /* removed: as good as offline */
		work->changed |= rc == 0;
		return 0;
	}
	if (rc_read == -ENOENT)
		return set_vanished(work, err);
	if (rc_read < 0)
		return err_errno(err, rc_read, "%s", work->name);
	if (work->now.state == want) {
		work->changed |= w->may_be_ours;
		return 0;
	}
	if (w->result.end == CHILD_DIED)
		return rc;
	if (w->result.end != CHILD_ANSWERED)
		return set_no_answer(work, w, err);
	if (rc == 0)
		return set_reversed(x, work, want, err);
	return set_refused(work, w, rc, err);
}

/* Writes the state and reads it back. */
static int write_block(struct exec *x, struct block_work *work, const char *word,
		       enum mhp_block_state want, struct mhp_error *err)
{
	struct block_write w = {
		.step = work->step,
		.id = work->before.id,
		.word = word,
		.deadline = work->deadline,
		.evidence = &work->evidence,
		.ignore_cancel = work->is_put_back,
		.refused = work->refused,
	};

	evidence_begin(x, &work->evidence, work->before.id);
	writer_block(x, &w, err);
	return judge_write(x, work, &w, want, err);
}

static void begin_work(const struct exec *x, struct block_work *work, const struct mhp_step *step,
		       uint64_t id)
{
	*work = (struct block_work){ .step = step, .start_ms = clock_msec() };
	work->deadline = clock_deadline(x->options->timeout_ms);
	work->before.id = id;
	str_format(work->name, "memory%" PRIu64, id);
	evidence_begin(x, &work->evidence, id);
}

/* ---- online ------------------------------------------------------------------------------ */

/*
 * Sets the failure of a block in a wrong zone. rc: error of the offline that should leave the zone;
 * 0: another process brought it back there.
 */
static int set_wrong_zone(const struct exec *x, const struct block_work *work,
			  enum mhp_zone_request want, int rc, struct mhp_error *err)
{
	char who[160], buf[128];
	const char *text = rc < 0 ? strerror_r(-rc, buf, sizeof(buf)) : "";

	err_set(err, rc, MHP_REASON_WRONG_ZONE, "%s: is online in zone %s, not %s%s%s", work->name,
		mhp_zone_name(work->now.zone), mhp_zone_request_name(want),
		rc < 0 ? ", and cannot leave it: " : "", text);
	if (exec_name_onliners(x, true, who, sizeof(who)))
		err_hint(err, rc, "%s brings memory online on this machine; turn that off%s", who,
			 rc < 0 ? ": the block can get another zone when it is added again, by "
				  "replugging the device or rebooting"
				: ", then run this again");
	else if (rc < 0)
		err_hint(err, rc,
			 "it was already online there; its zone can change once it is empty: "
			 "mhpctl check %s shows its content",
			 work->name);
	return rc < 0 ? rc : -EIO;
}

/* Returns the request that brings a block to the zone, as far as a request can. */
static enum mhp_zone_request request_of(enum mhp_zone zone)
{
	return zone == MHP_ZONE_MOVABLE ? MHP_ZONE_REQUEST_MOVABLE : MHP_ZONE_REQUEST_KERNEL;
}

/*
 * Brings a block whose new zone failed back online in its old zone, and says how that ended, as far
 * as its state can be read.
 */
static int put_back(struct exec *x, struct block_work *work, int rc, struct mhp_error *err)
{
	bool is_away = work->now.state == MHP_BLOCK_OFFLINE || work->now.state == MHP_BLOCK_UNKNOWN;
	enum mhp_zone_request old = request_of(work->before.zone);
	const struct mhp_error first = *err;
	struct mhp_error why = { 0 };

	if (work->before.state != MHP_BLOCK_ONLINE || !is_away || err->reason == MHP_REASON_STUCK ||
	    err->reason == MHP_REASON_WENT_AWAY)
		return rc;
	work->is_put_back = true;
	work->deadline = clock_deadline(x->options->timeout_ms);
	if (write_block(x, work, zone_request_word(old), MHP_BLOCK_ONLINE, &why) == 0)
		err_set(err, rc, first.reason, "%s; it is online again in zone %s", first.message,
			mhp_zone_name(work->now.zone));
	else if (work->now.state == MHP_BLOCK_OFFLINE)
		err_set(err, rc, first.reason, "%s; it stays offline, as its old zone fails too",
			first.message);
	else
		err_set(err, rc, first.reason, "%s; whether it is online again is not known: %s",
			first.message, why.message);
	return err_hint(err, rc, "%s", first.hint);
}

static int move_to_zone(struct exec *x, struct block_work *work, enum mhp_zone_request zone,
			struct mhp_error *err)
{
	int rc = 0;

	if (work->now.state == MHP_BLOCK_ONLINE)
		rc = zone_keep_check(x, &work->now, zone, err);
	if (rc == 0 && work->now.state == MHP_BLOCK_ONLINE) /* cheap while the block is empty */
		rc = write_block(x, work, "offline", MHP_BLOCK_OFFLINE, err);
	return rc < 0 ? rc : write_block(x, work, zone_request_word(zone), MHP_BLOCK_ONLINE, err);
}

static int online_one(struct exec *x, struct block_work *work, enum mhp_zone_request zone,
		      struct mhp_error *err)
{
	int rc = block_read(&x->ctx->sys, work->before.id, &work->before);

	if (rc == -ENOENT)
		return set_vanished(work, err);
	if (rc < 0)
		return err_errno(err, rc, "%s", work->name);
	work->now = work->before;
	for (int tries = 0; tries <= ZONE_REPAIRS; tries++) {
		if (work->now.state == MHP_BLOCK_ONLINE && zone_satisfies(work->now.zone, zone))
			return 0;
		if (work->now.state == MHP_BLOCK_ONLINE && tries == ZONE_REPAIRS)
			break;
		rc = move_to_zone(x, work, zone, err);
		if (rc < 0 && work->now.state == MHP_BLOCK_ONLINE && err->errnum == EBUSY)
			break; /* in use: the wrong zone is the failure */
		if (rc < 0)
			return put_back(x, work, rc, err);
	}
	return set_wrong_zone(x, work, zone, rc, err);
}

/* ---- offline ----------------------------------------------------------------------------- */

static int offline_one(struct exec *x, struct block_work *work, struct mhp_error *err)
{
	int rc = block_read(&x->ctx->sys, work->before.id, &work->before);

	if (rc == -ENOENT) /* somebody removed it: as good as offline */
		return 0;
	if (rc < 0)
		return err_errno(err, rc, "%s", work->name);
	if (work->before.state == MHP_BLOCK_OFFLINE)
		return 0;
	if (work->before.zone == MHP_ZONE_MIXED)
		return err_set(err, -EINVAL, MHP_REASON_MIXED_ZONES,
			       "%s: spans several zones or nodes", work->name);
	rc = huge_target_check(x, &work->evidence, work->name, err);
	if (rc < 0)
		return rc;
	return write_block(x, work, "offline", MHP_BLOCK_OFFLINE, err);
}

/* ---- the steps --------------------------------------------------------------------------- */

/* Reports the failure, with what is known about the pages and their owners. */
static int report_failure(struct exec *x, const struct mhp_step *step, struct block_work *work,
			  const struct mhp_error *err)
{
	struct mhp_failure failure;

	failure_init(&failure, work->name, err);
	failure.elapsed_ms = clock_msec() - work->start_ms;
	diagnose(x, &work->evidence, &failure);
	return exec_fail_with(x, step, &failure);
}

/* Writes the time of a block that the plan chose to its receipt. */
static void record_time(struct exec *x, const struct block_work *work)
{
	struct mhp_receipt_block *block = receipt_find(x->plan->receipt, work->before.id);

	if (block)
		block->took_ms = clock_msec() - work->start_ms;
}

/* Records what has changed, and reports a failure. Returns that, or -ENOMEM. */
static int finish(struct exec *x, struct block_work *work, int rc, const struct mhp_error *err)
{
	const struct mhp_step *step = work->step;

	record_time(x, work);
	if (work->changed) {
		struct done done = { .block = work->before.id, .zone = work->before.zone };
		int rc_record = exec_changed(x, step, &done);

		if (rc_record < 0) {
			evidence_end(&work->evidence);
			return rc_record;
		}
	}
	if (rc < 0)
		rc = report_failure(x, step, work, err);
	else if (step->type == MHP_STEP_OFFLINE_BLOCK && evidence_was_held(&work->evidence) &&
		 clock_msec() - work->start_ms >= SLOW_MS)
		event_warning(x, "%s: went offline after %.1f s, its last page was released",
			      work->name, (double)(clock_msec() - work->start_ms) / 1000);
	evidence_end(&work->evidence);
	x->progress.blocks++;
	if (!work->is_of_run)
		event_progress(x, step);
	return rc;
}

static int change_block(struct exec *x, const struct mhp_step *step, uint64_t id, int refused,
			bool *changed)
{
	bool online = step->type == MHP_STEP_ONLINE_BLOCK;
	struct mhp_error err = { 0 };
	struct block_work work;
	int rc;

	begin_work(x, &work, step, id);
	work.refused = refused;
	rc = online ? online_one(x, &work, step->zone, &err) : offline_one(x, &work, &err);
	*changed |= work.changed;
	return finish(x, &work, rc, &err);
}

bool block_was_cancelled(struct exec *x)
{
	x->interrupted = x->interrupted || ctx_cancelled(x->ctx);
	return x->interrupted;
}

bool block_must_stop(const struct exec *x, int rc)
{
	return x->interrupted || rc == -ENOMEM || (rc < 0 && x->options->roll_back);
}

bool block_is_held(const struct exec *x, const struct mhp_step *step, uint64_t id)
{
	const struct chain_state *state = &x->chains[step->chain];

	return state->has_held && state->held == id;
}

static bool skip_held(struct exec *x, const struct mhp_step *step, uint64_t id)
{
	if (!block_is_held(x, step, id))
		return false;
	x->progress.blocks++;
	event_progress(x, step);
	return true;
}

int block_each(struct exec *x, struct mhp_step *step, uint64_t first, uint64_t last, bool *changed)
{
	int rc_all = 0, rc;

	for (uint64_t id = first; id <= last && !block_was_cancelled(x); id++) {
		if (skip_held(x, step, id))
			continue;
		rc = change_block(x, step, id, 0, changed);
		if (rc < 0)
			rc_all = rc;
		if (block_must_stop(x, rc))
			break;
	}
	return rc_all;
}

int block_retry(struct exec *x, const struct block_run *run, uint64_t id, bool *changed)
{
	return change_block(x, run->step, id, run->result.rc, changed);
}

int block_end_run(struct exec *x, struct block_run *run, uint64_t id, enum mhp_zone zone,
		  bool *changed)
{
	bool online = run->step->type == MHP_STEP_ONLINE_BLOCK;
	struct block_write w = { .word = run->word, .may_be_ours = true };
	uint64_t index = id - run->first;
	struct mhp_error err = { 0 };
	struct block_work work;
	int rc;

	begin_work(x, &work, run->step, id);
	work.is_of_run = true;
	work.before.zone = zone;
	if (index >= run->nr_written) {
		w.result = run->result;
		work.start_ms = run->start_ms;
	} else if (index < BLOCK_RUN_MAX) {
		work.start_ms -= run->took_ms[index];
	}
	if (id == run->slow) {
		work.evidence = run->evidence;
		run->evidence = (struct evidence){ 0 };
	}
	rc = judge_write(x, &work, &w, online ? MHP_BLOCK_ONLINE : MHP_BLOCK_OFFLINE, &err);
	*changed |= work.changed;
	return finish(x, &work, rc, &err);
}

int block_undo(struct exec *x, const struct done *done)
{
	bool was_online = done->step->type == MHP_STEP_OFFLINE_BLOCK;
	struct mhp_error err = { 0 };
	struct block_work work;
	int rc;

	begin_work(x, &work, done->step, done->block);
	/* a block that only changed its zone goes back online in its old zone */
	if (done->zone != MHP_ZONE_NONE)
		was_online = true;
	rc = was_online ? online_one(x, &work, request_of(done->zone), &err)
			: offline_one(x, &work, &err);
	if (rc < 0)
		report_failure(x, done->step, &work, &err);
	evidence_end(&work.evidence);
	return rc;
}
