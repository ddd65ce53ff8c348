/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/device-write.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/exec/writer.h"
#include "lib/model/block.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define TICK_MS	     250
#define RETRY_MS     50
#define EINTR_TRIES  5
#define ASK_EVERY_MS 20

/* Time that a write has to undo its changes after it was asked to stop. */
#define BACK_MS		10000
#define BACK_MS_PER_GIB 1000
#define NOT_BEGUN_MS	1000 /* it waits for another writer and has nothing to undo */

/* Returns true if the word takes the device offline and removes its memory. */
static bool is_unplug(const struct device_write *w)
{
	return strcmp(w->what.word, "unplugged") == 0;
}

/* ---- progress ---------------------------------------------------------------------------- */

static bool is_finished(const struct device_write *w, int rc, enum mhp_block_state state)
{
	if (is_unplug(w))
		return rc == -ENOENT || (rc == 0 && state == MHP_BLOCK_OFFLINE);
	return rc == 0 && state == MHP_BLOCK_ONLINE;
}

static bool is_counted(const struct device_write *w, const struct device_block *block)
{
	return !is_unplug(w) || (block->is_there && block->state != MHP_BLOCK_OFFLINE);
}

/* Moves w->at past finished blocks; the kernel works in the order of addresses. */
static void skip_finished(struct exec *x, struct device_write *w)
{
	size_t before = w->at;
	enum mhp_block_state state = MHP_BLOCK_UNKNOWN;
	int rc = -ENOENT;

	for (; w->at < w->nr; w->at++) {
		rc = block_read_state(&x->ctx->sys, w->blocks[w->at].id, &state);
		if (!is_finished(w, rc, state))
			break;
		w->done += is_counted(w, &w->blocks[w->at]);
	}
	w->on_block = w->at < w->nr && rc == 0 && state == MHP_BLOCK_GOING_OFFLINE;
	w->has_begun = w->has_begun || w->on_block || w->at > before ||
		       (rc == 0 && !w->blocks[0].is_there);
	if (w->at == before)
		return;
	w->since_ms = clock_msec();
	w->reported_s = 0;
	if (w->at < w->nr)
		evidence_begin(x, &w->evidence, w->blocks[w->at].id);
}

static void report_progress(struct exec *x, const struct device_write *w)
{
	uint64_t before = x->progress.blocks;

	x->progress.blocks += w->done;
	if (x->progress.blocks <= x->progress.total)
		event_progress(x, w->step);
	x->progress.blocks = before;
}

static void report_retrying(struct exec *x, struct device_write *w, uint64_t msec)
{
	char object[MHP_NAME_MAX];

	str_copy(object, w->what.who.name);
	if (w->at < w->nr)
		str_format(object, "memory%" PRIu64, w->blocks[w->at].id);
	evidence_find_owners(x, &w->evidence);
	event_retrying(x, w->step, object, msec, evidence_stuck(&w->evidence), w->evidence.owners);
}

static void poll_progress(struct exec *x, struct device_write *w)
{
	struct kmsg_record record;
	uint64_t msec;

	skip_finished(x, w); /* first, so that log records go to the evidence of the right block */
	while (kmsg_next(&x->kmsg, &record))
		evidence_take(&w->evidence, &record);
	report_progress(x, w);
	msec = clock_msec() - w->since_ms;
	if (w->on_block && msec >= TICK_MS) {
		writer_ask_for_reason(x);
		evidence_watch(x, &w->evidence);
	}
	if (msec / 1000 <= w->reported_s)
		return;
	w->reported_s = msec / 1000;
	report_retrying(x, w, msec);
}

/* ---- wait and stop ----------------------------------------------------------------------- */

static uint64_t bytes_of(const struct exec *x, const struct device_write *w)
{
	return w->nr * x->topo->memory.block_size;
}

/* Returns the deadline: per block while blocks go offline, else for the kernel's add or remove. */
static uint64_t current_deadline(const struct exec *x, const struct device_write *w)
{
	uint64_t all = exec_deadline(x, bytes_of(x, w));

	if (all == CLOCK_NEVER)
		return CLOCK_NEVER;
	if (is_unplug(w) && w->at < w->nr)
		return w->since_ms + x->options->timeout_ms;
	return w->since_ms + (all - clock_msec());
}

static enum child_wake await_answer(struct exec *x, struct device_write *w)
{
	uint64_t next_tick = w->start_ms + TICK_MS;

	for (;;) {
		uint64_t deadline = current_deadline(x, w);
		struct pollfd fds[] = {
			{ .fd = x->writer.fd, .events = POLLIN },
			{ .fd = x->undoing ? -1 : x->ctx->stop_fd, .events = POLLIN },
			{ .fd = x->kmsg.fd, .events = POLLIN },
		};

		clock_poll(fds, 3, next_tick < deadline ? next_tick : deadline);
		if (fds[0].revents)
			return CHILD_WAKE_ANSWER;
		poll_progress(x, w);
		if (fds[1].revents)
			return CHILD_WAKE_CANCEL;
		if (clock_msec() >= current_deadline(x, w))
			return CHILD_WAKE_DEADLINE;
		if (clock_msec() >= next_tick)
			next_tick = clock_msec() + TICK_MS;
	}
}

/*
 * Sends signals until the write answers. A signal ends an offline, and the kernel then brings the
 * blocks online again that it had taken offline; that cannot be interrupted and takes about as long
 * as any online of these blocks. Repeats, as a signal right before the start of the write is lost.
 */
static bool answers_when_asked(struct exec *x, const struct device_write *w)
{
	uint64_t msec =
		w->has_begun ? BACK_MS + (bytes_of(x, w) >> 30) * BACK_MS_PER_GIB : NOT_BEGUN_MS;
	uint64_t until = clock_msec() + msec;

	while (clock_msec() < until) {
		struct pollfd pfd = { .fd = x->writer.fd, .events = POLLIN };

		child_signal(&x->writer, SIGUSR1);
		if (clock_poll(&pfd, 1, clock_deadline(ASK_EVERY_MS)) > 0)
			return true;
	}
	return false;
}

static void stop_write(struct exec *x, struct device_write *w, enum child_wake why,
		       struct mhp_error *err)
{
	bool answers = answers_when_asked(x, w);

	child_finish(&x->writer, answers ? CHILD_WAKE_ANSWER : why, w->start_ms, NULL, &w->result,
		     err);
	if (answers && w->result.end == CHILD_ANSWERED)
		w->result.end = CHILD_STOPPED;
	w->result.cancelled = why == CHILD_WAKE_CANCEL;
}

static int write_once(struct exec *x, struct device_write *w, struct mhp_error *err)
{
	enum child_wake wake;
	int rc;

	w->start_ms = w->since_ms = clock_msec();
	w->at = 0;
	w->done = 0;
	if (w->nr)
		evidence_begin(x, &w->evidence, w->blocks[0].id);
	skip_finished(x, w); /* blocks that were offline before */
	w->has_begun = false;
	rc = child_begin(&x->writer, CHILD_TASK(dax_write_state, &w->what), err);
	if (rc < 0) {
		w->result = (struct child_result){ .end = CHILD_DIED, .rc = rc };
		return rc;
	}
	wake = await_answer(x, w);
	w->block_ms = clock_msec() - w->since_ms;
	if (w->at < w->nr)
		w->block = w->blocks[w->at].id;
	if (wake == CHILD_WAKE_ANSWER)
		child_finish(&x->writer, wake, w->start_ms, NULL, &w->result, err);
	else
		stop_write(x, w, wake, err);
	w->elapsed_ms = clock_msec() - w->start_ms;
	return w->result.rc;
}

int device_write(struct exec *x, struct device_write *w, struct mhp_error *err)
{
	struct kmsg_record record;
	int rc;

	for (unsigned tries = 0;; tries++) {
		rc = write_once(x, w, err);
		while (kmsg_next(&x->kmsg, &record))
			evidence_take(&w->evidence, &record);
		/* many things interrupt the kernel like a signal */
		if (rc != -EINTR || w->result.end != CHILD_ANSWERED || tries >= EINTR_TRIES ||
		    (ctx_cancelled(x->ctx) && !x->undoing))
			return rc;
		clock_sleep(RETRY_MS);
	}
}
