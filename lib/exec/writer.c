/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/writer.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/model/block.h"
#include "lib/sys/dyndbg.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TICK_MS	    250
#define RETRY_MS    50
#define EINTR_TRIES 5
#define RUN_MS	    100 /* after it progress is reported and a cancel takes effect */

struct state_write {
	uint64_t id;
	char word[24];
};

static int write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	const struct state_write *w = arg;

	(void)reply;
	(void)err;
	ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/state", w->id);
	return root_write(&ctx->sys, path, w->word);
}

struct run_write {
	uint64_t first;
	uint64_t last;
	char word[24];
};

/*
 * Writes blocks, as a task, until RUN_MS or an error, which it returns. Replies the time of each
 * written block.
 */
static int write_run(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	const struct run_write *run = arg;
	uint64_t now = clock_msec(), until = now + RUN_MS;
	struct state_write one = { .id = run->first };
	int rc;

	str_copy(one.word, run->word);
	while (one.id <= run->last && now < until) {
		uint64_t start = now;
		uint32_t took;

		rc = write_state(ctx, &one, NULL, err);
		now = clock_msec();
		took = (uint32_t)(now - start);
		if (rc == 0)
			rc = reply_add(reply, &took, sizeof(took));
		if (rc < 0)
			return rc;
		one.id++;
	}
	return 0;
}

/* ---- the kernel log ---------------------------------------------------------------------- */

static void read_log(struct exec *x, struct block_write *w)
{
	struct kmsg_record record;

	while (kmsg_next(&x->kmsg, &record))
		evidence_take(w->evidence, &record);
}

/* Turns on the pr_debug() that has the reason. Ignores errors: the reason is optional. */
void writer_ask_for_reason(struct exec *x)
{
	struct dyndbg_site site;

	if (x->kmsg.fd < 0 || x->settings.changed[SETTING_OFFLINE_REASON])
		return;
	if (dyndbg_find_offline_reason(x->ctx, &site) == 0)
		settings_change(&x->settings, SETTING_OFFLINE_REASON, site.control, site.on,
				site.off, 0, NULL);
}

struct tick {
	struct exec *x;
	struct block_write *w;
	uint64_t reported_s;
};

static void on_tick(void *data, uint64_t elapsed_ms)
{
	struct tick *tick = data;
	char object[32];

	read_log(tick->x, tick->w);
	if (elapsed_ms >= TICK_MS && strcmp(tick->w->word, "offline") == 0) {
		writer_ask_for_reason(tick->x);
		evidence_watch(tick->x, tick->w->evidence);
	}
	if (elapsed_ms / 1000 <= tick->reported_s)
		return;
	tick->reported_s = elapsed_ms / 1000;
	evidence_find_owners(tick->x, tick->w->evidence);
	str_format(object, "memory%" PRIu64, tick->w->id);
	event_retrying(tick->x, tick->w->step, object, elapsed_ms,
		       evidence_stuck(tick->w->evidence), tick->w->evidence->owners);
}

static void record_granularity(struct exec *x, const struct mhp_step *step)
{
	if (!x->undoing)
		x->chains[step->chain].granularity = MHP_GRANULARITY_BLOCKS;
}

/* ---- the write --------------------------------------------------------------------------- */

static int write_once(struct exec *x, struct block_write *w, struct mhp_error *err)
{
	struct tick tick = { .x = x, .w = w };
	struct child_wait wait = {
		.deadline = w->deadline,
		.tick_ms = TICK_MS,
		.tick = on_tick,
		.watch_fd = x->kmsg.fd,
		.data = &tick,
		.ignore_cancel = x->undoing || w->ignore_cancel,
	};
	struct state_write arg = { .id = w->id };

	str_copy(arg.word, w->word);
	child_call(&x->writer, CHILD_TASK(write_state, &arg), &wait, NULL, &w->result, err);
	read_log(x, w);
	return w->result.rc;
}

int writer_block(struct exec *x, struct block_write *w, struct mhp_error *err)
{
	bool offline = strcmp(w->word, "offline") == 0, asked = false;
	int rc;

	record_granularity(x, w->step);
	for (unsigned tries = 0;; tries++) {
		if (tries == 0 && w->refused < 0) { /* the run was the first try */
			rc = w->refused;
			w->result = (struct child_result){ .rc = rc };
		} else {
			rc = write_once(x, w, err);
		}
		w->may_be_ours |= rc != -EINVAL;
		if (w->result.end != CHILD_ANSWERED)
			return rc;
		if (rc < 0 && rc != -EINTR && offline && !asked)
			asked = true; /* retry: it may be a race, and the log then has the reason */
		else if (rc != -EINTR || tries >= EINTR_TRIES)
			return rc;
		if (clock_msec() + RETRY_MS >= w->deadline || ctx_cancelled(x->ctx))
			return rc;
		if (offline)
			writer_ask_for_reason(x);
		clock_sleep(RETRY_MS);
	}
}

static bool is_offline_run(const struct block_run *run)
{
	return strcmp(run->word, "offline") == 0;
}

/*
 * Returns whether the block was online at the scan: a run that brings blocks online ends there, as
 * the kernel refuses it.
 */
static bool was_online(const struct exec *x, uint64_t id)
{
	const struct mhp_block *block = topology_find_block(x->topo, id);

	return block && block->state == MHP_BLOCK_ONLINE;
}

/* Returns the first block that the run has not changed, or the one after the last. */
static uint64_t first_unchanged(const struct exec *x, const struct block_run *run)
{
	bool offline = is_offline_run(run);
	enum mhp_block_state want = offline ? MHP_BLOCK_OFFLINE : MHP_BLOCK_ONLINE, state;
	uint64_t id = run->first;

	while (id <= run->last && (offline || !was_online(x, id)) &&
	       block_read_state(&x->ctx->sys, id, &state) == 0 && state == want)
		id++;
	return id;
}

/*
 * Returns the block at which the run is. The kernel shows which one is going offline: another
 * program may have brought an earlier one back.
 */
static uint64_t current_block(const struct exec *x, const struct block_run *run)
{
	enum mhp_block_state state;

	for (uint64_t id = run->first; is_offline_run(run) && id <= run->last; id++)
		if (block_read_state(&x->ctx->sys, id, &state) == 0 &&
		    state == MHP_BLOCK_GOING_OFFLINE)
			return id;
	return first_unchanged(x, run);
}

struct run_tick {
	struct exec *x;
	struct block_run *run;
	struct block_write slow;
	struct tick tick; /* of the slow block */
};

static void on_run_tick(void *data, uint64_t elapsed_ms)
{
	struct run_tick *t = data;
	char object[32];

	str_format(object, "memory%" PRIu64, first_unchanged(t->x, t->run));
	event_retrying(t->x, t->run->step, object, elapsed_ms, 0, NULL);
}

/* Collects evidence about the block at which the run is. No other follows it: it took too long. */
static void on_offline_tick(void *data, uint64_t elapsed_ms)
{
	struct run_tick *t = data;

	if (t->run->slow == MHP_UNKNOWN) {
		t->run->slow = t->slow.id = current_block(t->x, t->run);
		evidence_begin(t->x, &t->run->evidence, t->slow.id);
	}
	on_tick(&t->tick, elapsed_ms);
}

int writer_run_begin(struct exec *x, struct block_run *run)
{
	struct run_write write = { .first = run->first, .last = run->last };

	record_granularity(x, run->step);
	str_copy(write.word, run->word);
	run->start_ms = clock_msec();
	run->deadline = clock_deadline(x->options->timeout_ms);
	run->slow = MHP_UNKNOWN;
	return child_begin(&x->writer, CHILD_TASK(write_run, &write), NULL);
}

void writer_run_end(struct exec *x, struct block_run *run)
{
	bool offline = is_offline_run(run);
	struct run_tick t = {
		.x = x,
		.run = run,
		.slow = { .step = run->step, .word = run->word, .evidence = &run->evidence },
		.tick = { .x = x, .w = &t.slow },
	};
	struct child_wait wait = {
		.deadline = run->deadline,
		.tick_ms = offline ? TICK_MS : 1000,
		.tick = offline ? on_offline_tick : on_run_tick,
		.watch_fd = -1,
		.data = &t,
	};
	cleanup_reply struct reply reply = { 0 };

	child_await(&x->writer, &wait, run->start_ms, &reply, &run->result, NULL);
	if (run->slow != MHP_UNKNOWN)
		read_log(x, &t.slow);
	run->nr_written = reply.len / sizeof(*run->took_ms);
	if (run->result.end != CHILD_ANSWERED && run->result.end != CHILD_STOPPED)
		run->nr_written = current_block(x, run) - run->first;
	else if (reply.len)
		memcpy(run->took_ms, reply.data,
		       reply.len < sizeof(run->took_ms) ? reply.len : sizeof(run->took_ms));
}
