/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps online_block and offline_block: for the whole device, a run of blocks, or one by one. */
#include "lib/exec/block-work.h"
#include "lib/exec/event.h"
#include "lib/exec/huge-target.h"
#include "lib/exec/step.h"
#include "lib/model/block.h"
#include "lib/model/zone.h"

#include <errno.h>

struct online_work {
	struct exec *x;
	struct mhp_step *step;
	uint64_t seen; /* the first block that was not read back */
	uint64_t next; /* the first block that was not written */
	uint64_t last;
	bool changed;
};

/*
 * Reads back written blocks up to the first that is not in the wanted state: the state that was
 * read counts. It runs while the writer already writes the next run.
 */
static int read_back(struct online_work *work, uint64_t end)
{
	struct exec *x = work->x;
	uint64_t before = work->seen;
	int rc = 0;

	for (; work->seen < end && rc == 0; work->seen++) {
		struct done done = { .block = work->seen, .zone = MHP_ZONE_NONE };
		struct mhp_block block;

		if (block_read(&x->ctx->sys, work->seen, &block) < 0 ||
		    block.state != MHP_BLOCK_ONLINE ||
		    !zone_satisfies(block.zone, work->step->zone))
			break;
		x->progress.blocks++;
		rc = exec_changed(x, work->step, &done);
	}
	if (work->seen > before)
		event_progress(x, work->step);
	return rc;
}

/*
 * Retries a block that is not as it was written. An online block is recorded for the undo, as it
 * was offline before, even if another process has changed it since.
 */
static int retry_block(struct online_work *work, bool only_note)
{
	struct done done = { .block = work->seen, .zone = MHP_ZONE_NONE };
	enum mhp_block_state state;
	uint64_t id = work->seen++;

	if (block_read_state(&work->x->ctx->sys, id, &state) == 0 && state == MHP_BLOCK_ONLINE &&
	    exec_changed(work->x, work->step, &done) < 0)
		return -ENOMEM;
	return only_note ? 0 : block_each(work->x, work->step, id, id, &work->changed);
}

/* Verifies all written blocks; after a failure that ends the step it only records them. */
static int verify_written(struct online_work *work, int rc_all)
{
	int rc = 0;

	while (work->seen < work->next && rc != -ENOMEM) {
		rc = read_back(work, work->next);
		if (rc == 0 && work->seen < work->next)
			rc = retry_block(work, block_must_stop(work->x, rc_all));
		rc_all = rc < 0 ? rc : rc_all;
	}
	return rc_all;
}

enum run_end {
	RUN_CLEAN,   /* the run wrote all blocks that it had time for */
	RUN_REFUSED, /* the next block is changed singly; also if no run was started */
	RUN_SILENT,  /* the next block gave no answer */
};

static enum run_end run_end(const struct online_work *work, const struct block_run *run)
{
	if (work->next > work->last)
		return RUN_CLEAN;
	if (run->result.end == CHILD_KILLED || run->result.end == CHILD_STUCK)
		return RUN_SILENT;
	if (work->next == run->first || run->result.end != CHILD_ANSWERED)
		return RUN_REFUSED;
	return RUN_CLEAN;
}

/* Changes singly, or reports, the block at which a run has ended. */
static int finish_stopped(struct online_work *work, struct block_run *run, enum run_end end)
{
	uint64_t id = work->next++;
	int rc;

	work->seen = work->next;
	if (end != RUN_SILENT)
		return block_each(work->x, work->step, id, id, &work->changed);
	rc = block_end_run(work->x, run, id, MHP_ZONE_NONE, &work->changed);
	event_progress(work->x, work->step);
	return rc;
}

static bool begin_run(const struct online_work *work, struct block_run *run)
{
	enum mhp_block_state state;

	return block_read_state(&work->x->ctx->sys, run->first, &state) == 0 &&
	       state == MHP_BLOCK_OFFLINE && writer_run_begin(work->x, run) == 0;
}

/*
 * Brings a run of blocks online: as many as the kernel accepts in a short time, so that progress
 * and a cancel are not delayed. Reads back the previous run during this one. A block that stops the
 * run is then changed singly, with its own deadline and retries.
 */
static int online_run(struct online_work *work)
{
	struct block_run run = {
		.step = work->step,
		.first = work->next,
		.last = work->last,
		.word = zone_request_word(work->step->zone),
	};
	bool has_begun = begin_run(work, &run);
	int rc = read_back(work, work->next), rc_next;
	bool is_verified = work->seen == work->next;
	enum run_end end;

	if (has_begun) {
		writer_run_end(work->x, &run);
		work->next += run.nr_written;
	}
	work->changed = work->changed || work->next > run.first;
	end = run_end(work, &run);
	if (rc == 0 && (!is_verified || end != RUN_CLEAN || work->next > work->last))
		rc = verify_written(work, 0);
	if (rc == -ENOMEM || end == RUN_CLEAN)
		return rc;
	if (end == RUN_REFUSED && (block_was_cancelled(work->x) || block_must_stop(work->x, rc)))
		return rc;
	rc_next = finish_stopped(work, &run, end);
	return rc_next < 0 ? rc_next : rc;
}

static int online_blocks(struct exec *x, struct mhp_step *step, uint64_t first, uint64_t last,
			 bool *changed)
{
	struct online_work work = {
		.x = x, .step = step, .seen = first, .next = first, .last = last
	};
	int rc_all = 0, rc = 0;

	while (work.next <= last && !block_was_cancelled(x) && !block_must_stop(x, rc)) {
		rc = online_run(&work);
		rc_all = rc < 0 ? rc : rc_all;
	}
	if (rc != -ENOMEM)
		rc_all = verify_written(&work, rc_all);
	*changed |= work.changed;
	return rc_all;
}

/* ---- offline ------------------------------------------------------------------------------- */

/* The blocks of a run share its deadline: with less time, each block has its own. */
#define RUN_TIMEOUT_MS 1000

#define ZONES (2 * BLOCK_RUN_MAX) /* of the blocks of a run, and of those after it */

struct offline_work {
	struct exec *x;
	struct mhp_step *step;
	uint64_t next;		    /* the first block that was not written */
	uint64_t ready;		    /* the first block that was not looked at */
	enum mhp_zone zones[ZONES]; /* by the number of the block: before the write */
	bool has_runs;
	bool changed;
};

/*
 * Looks ahead, up to that block, for blocks that need no look of their own right before the write:
 * they are online, in one zone, and nobody has reported them.
 */
static void look_ahead(struct offline_work *work, uint64_t end)
{
	struct exec *x = work->x;
	struct mhp_block block;

	if (work->ready < work->next)
		work->ready = work->next;
	for (; work->has_runs && work->ready <= work->step->last_block && work->ready < end;
	     work->ready++) {
		if (block_is_held(x, work->step, work->ready) ||
		    block_read(&x->ctx->sys, work->ready, &block) < 0 ||
		    block.state != MHP_BLOCK_ONLINE || block.zone == MHP_ZONE_MIXED)
			break;
		work->zones[work->ready % ZONES] = block.zone;
	}
}

static uint64_t end_of_run(const struct offline_work *work)
{
	uint64_t end = work->next + BLOCK_RUN_MAX;

	return work->ready < end ? work->ready : end;
}

/* Ends the work on the next block, which the run has written or got no answer for. */
static int end_next(struct offline_work *work, struct block_run *run)
{
	uint64_t id = work->next++;

	return block_end_run(work->x, run, id, work->zones[id % ZONES], &work->changed);
}

/* Changes the next block singly, with its own deadline and retries. */
static int offline_singly(struct offline_work *work)
{
	uint64_t id = work->next++;

	return block_each(work->x, work->step, id, id, &work->changed);
}

/* Ends the work on the block at which the run has ended, unless only its time was over. */
static int finish_run(struct offline_work *work, struct block_run *run)
{
	if (run->result.end == CHILD_DIED)
		return offline_singly(work);
	if (run->result.end != CHILD_ANSWERED)
		return end_next(work, run);
	if (run->result.rc < 0 && !block_was_cancelled(work->x))
		return block_retry(work->x, run, work->next++, &work->changed);
	return 0;
}

/*
 * Takes a run of blocks offline: as many as the kernel accepts in a short time, so that progress
 * and a cancel are not delayed. Looks at the blocks after it while it is written, then reads it
 * back. A block that the kernel refuses is then changed singly; one that gives no answer has used
 * up its time.
 */
static int offline_run(struct offline_work *work)
{
	struct exec *x = work->x;
	struct block_run run = {
		.step = work->step,
		.first = work->next,
		.last = end_of_run(work) - 1,
		.word = "offline",
	};
	int rc_all = 0, rc = 0;

	if (writer_run_begin(x, &run) < 0)
		return offline_singly(work);
	look_ahead(work, run.last + 1 + BLOCK_RUN_MAX);
	writer_run_end(x, &run);
	for (uint64_t i = 0; i < run.nr_written && rc != -ENOMEM; i++) {
		rc = end_next(work, &run);
		rc_all = rc < 0 ? rc : rc_all;
	}
	if (rc != -ENOMEM && work->next <= run.last) {
		rc = finish_run(work, &run);
		rc_all = rc < 0 ? rc : rc_all;
	}
	event_progress(x, work->step);
	evidence_end(&run.evidence);
	return rc_all;
}

static int offline_blocks(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct offline_work work = {
		.x = x,
		.step = step,
		.next = step->first_block,
		.has_runs = step->first_block < step->last_block && !huge_target_is_possible(x),
	};
	int rc_all = 0, rc = 0;

	if (x->options->timeout_ms && x->options->timeout_ms < RUN_TIMEOUT_MS)
		work.has_runs = false;
	while (work.next <= step->last_block && !block_was_cancelled(x) &&
	       !block_must_stop(x, rc)) {
		look_ahead(&work, work.next + BLOCK_RUN_MAX);
		rc = work.ready > work.next ? offline_run(&work) : offline_singly(&work);
		rc_all = rc < 0 ? rc : rc_all;
	}
	*changed |= work.changed;
	return rc_all;
}

/* ---- the steps ----------------------------------------------------------------------------- */

int step_offline_block(struct exec *x, struct mhp_step *step, bool *changed)
{
	int rc, rc_rest;

	if (!device_offline(x, step, changed, &rc))
		return rc;
	rc_rest = offline_blocks(x, step, changed);
	return rc_rest < 0 ? rc_rest : rc;
}

/* Uses the blocks of the chain, which are known by now even if the step was a forecast. */
int step_online_block(struct exec *x, struct mhp_step *step, bool *changed)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	int rc_all, rc;

	if (!device_online(x, step, changed, &rc_all))
		return rc_all;
	for (size_t i = 0; i < chain->blocks.nr; i++) {
		const struct idrun *run = &chain->blocks.runs[i];
		uint64_t first = run->first > step->first_block ? run->first : step->first_block;
		uint64_t last = run->last < step->last_block ? run->last : step->last_block;

		if (first > last)
			continue;
		rc = online_blocks(x, step, first, last, changed);
		if (rc < 0)
			rc_all = rc;
		if (block_must_stop(x, rc))
			break;
	}
	return rc_all;
}
