/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/gang.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#define KILL_MS 400 /* how long a killed task may take to go */

#define IDLE SIZE_MAX

struct slot {
	struct child child;
	size_t task;	   /* or IDLE */
	uint64_t deadline; /* to be killed, or to be gone after that */
	bool killed;
};

struct gang {
	struct mhp_ctx *ctx;
	struct gang_task *tasks;
	size_t nr;
	size_t next;
	struct slot *slots;
	size_t nr_slots;
	struct pollfd *fds; /* one for each slot, the last for a cancel */
	const struct gang_watch *watch;
	uint64_t next_tick;
};

static void task_ended(struct gang *gang, struct slot *slot)
{
	size_t task = slot->task;

	slot->task = IDLE;
	if (gang->watch->end)
		gang->watch->end(gang->watch->data, task);
}

static void begin_next(struct gang *gang, struct slot *slot)
{
	struct gang_task *task = &gang->tasks[gang->next];
	int rc;

	slot->task = gang->next++;
	if (gang->watch->begin)
		gang->watch->begin(gang->watch->data, slot->task);
	task->begun = true;
	task->start_ms = clock_msec();
	slot->deadline = clock_deadline(task->timeout_ms);
	slot->killed = false;
	rc = child_begin(&slot->child, task->fn, task->arg, task->arg_size, &task->err);
	if (rc == 0)
		return;
	task->result = (struct child_result){ .end = CHILD_DIED, .rc = rc };
	task_ended(gang, slot);
}

static bool fill_slots(struct gang *gang)
{
	bool busy = false;

	for (size_t i = 0; i < gang->nr_slots; i++) {
		while (gang->slots[i].task == IDLE && gang->next < gang->nr &&
		       !ctx_cancelled(gang->ctx))
			begin_next(gang, &gang->slots[i]);
		busy = busy || gang->slots[i].task != IDLE;
	}
	return busy;
}

/* Fill in the fds of those at work; the first of their deadlines, or CLOCK_NEVER. */
static uint64_t watch_slots(struct gang *gang)
{
	uint64_t first = CLOCK_NEVER;

	for (size_t i = 0; i < gang->nr_slots; i++) {
		const struct slot *slot = &gang->slots[i];
		bool busy = slot->task != IDLE;

		gang->fds[i] =
			(struct pollfd){ .fd = busy ? slot->child.fd : -1, .events = POLLIN };
		if (busy && slot->deadline < first)
			first = slot->deadline;
	}
	return first;
}

static void await_any(struct gang *gang)
{
	uint64_t until = watch_slots(gang);

	if (gang->next_tick < until)
		until = gang->next_tick;
	gang->fds[gang->nr_slots] = (struct pollfd){ .fd = gang->ctx->cancel_fd, .events = POLLIN };
	poll(gang->fds, gang->nr_slots + 1, clock_poll_timeout(until));
	if (clock_msec() < gang->next_tick)
		return;
	gang->next_tick = clock_msec() + gang->watch->tick_ms;
	gang->watch->tick(gang->watch->data);
}

/* A signal does not make a task answer that asks the kernel to bind, so none is asked to stop. */
static void kill_task(struct slot *slot)
{
	child_signal(&slot->child, SIGKILL);
	slot->killed = true;
	slot->deadline = clock_msec() + KILL_MS;
}

static void bury(struct gang *gang, struct slot *slot, bool cancelled)
{
	struct gang_task *task = &gang->tasks[slot->task];
	uint64_t now = clock_msec();

	task->result = (struct child_result){
		.cancelled = cancelled,
		.elapsed_us = (now - task->start_ms) * 1000,
	};
	child_abandon(&slot->child, now < slot->deadline ? slot->deadline - now : 0, &task->reply,
		      &task->result, &task->err);
	task_ended(gang, slot);
}

static void take_answer(struct gang *gang, struct slot *slot)
{
	struct gang_task *task = &gang->tasks[slot->task];

	child_finish(&slot->child, CHILD_WAKE_ANSWER, task->start_ms, &task->reply, &task->result,
		     &task->err);
	task_ended(gang, slot);
}

static void look_after(struct gang *gang)
{
	for (size_t i = 0; i < gang->nr_slots; i++) {
		struct slot *slot = &gang->slots[i];
		bool woke = gang->fds[i].revents;

		if (slot->task == IDLE || (!woke && clock_msec() < slot->deadline))
			continue;
		if (slot->killed)
			bury(gang, slot, false);
		else if (woke)
			take_answer(gang, slot);
		else
			kill_task(slot);
	}
}

/* Those that are done with it soon need not leave something half made. */
static void let_finish(struct gang *gang)
{
	uint64_t until = clock_msec() + gang->watch->finish_ms;

	while (fill_slots(gang) && clock_msec() < until) { /* begins none after a cancel */
		watch_slots(gang);
		if (poll(gang->fds, gang->nr_slots, clock_poll_timeout(until)) > 0)
			look_after(gang);
	}
}

/* All are killed before any is waited for: a bind ends when it is done, whatever the signal. */
static void cancel_all(struct gang *gang)
{
	for (size_t i = 0; i < gang->nr_slots; i++)
		if (gang->slots[i].task != IDLE)
			kill_task(&gang->slots[i]);
	for (size_t i = 0; i < gang->nr_slots; i++)
		if (gang->slots[i].task != IDLE)
			bury(gang, &gang->slots[i], true);
}

int gang_run(struct mhp_ctx *ctx, struct gang_task *tasks, size_t nr, unsigned jobs,
	     const struct gang_watch *watch)
{
	size_t nr_slots = jobs && jobs < nr ? jobs : nr;
	cleanup_free struct slot *slots = calloc(nr_slots + 1, sizeof(*slots));
	cleanup_free struct pollfd *fds = calloc(nr_slots + 1, sizeof(*fds));
	struct gang gang = {
		ctx, tasks, nr,
		0,   slots, nr_slots,
		fds, watch, watch->tick_ms ? clock_msec() + watch->tick_ms : CLOCK_NEVER
	};

	if (!slots || !fds)
		return -ENOMEM;
	for (size_t i = 0; i < nr_slots; i++)
		slots[i] = (struct slot){ .child = CHILD_INIT(ctx), .task = IDLE };
	while (!ctx_cancelled(ctx) && fill_slots(&gang)) {
		await_any(&gang);
		look_after(&gang);
	}
	let_finish(&gang);
	cancel_all(&gang); /* nothing is at work but after a cancel */
	for (size_t i = 0; i < nr_slots; i++)
		child_stop(&slots[i].child);
	return 0;
}
