/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/pool.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#define KILL_MS 400 /* how long to wait for a killed task to end */

#define IDLE SIZE_MAX

struct slot {
	struct child child;
	size_t task;	   /* index, or IDLE */
	uint64_t deadline; /* when to kill it, then when to give up on it */
	bool killed;
};

struct task_pool {
	struct mhp_ctx *ctx;
	struct task_pool_task *tasks;
	size_t nr;
	size_t next;
	struct slot *slots;
	size_t nr_slots;
	struct pollfd *fds; /* one for each slot, then one for a cancel */
	const struct task_pool_watch *watch;
	uint64_t next_tick;
};

static void task_ended(struct task_pool *task_pool, struct slot *slot)
{
	size_t task = slot->task;

	slot->task = IDLE;
	if (task_pool->watch->end)
		task_pool->watch->end(task_pool->watch->data, task);
}

static void start_next(struct task_pool *task_pool, struct slot *slot)
{
	struct task_pool_task *task = &task_pool->tasks[task_pool->next];
	int rc;

	slot->task = task_pool->next++;
	if (task_pool->watch->begin)
		task_pool->watch->begin(task_pool->watch->data, slot->task);
	task->begun = true;
	task->start_ms = clock_msec();
	slot->deadline = clock_deadline(task->timeout_ms);
	slot->killed = false;
	rc = child_begin(&slot->child, &(struct child_task){ task->fn, task->arg, task->arg_size },
			 &task->err);
	if (rc == 0)
		return;
	task->result = (struct child_result){ .end = CHILD_DIED, .rc = rc };
	task_ended(task_pool, slot);
}

static bool fill_slots(struct task_pool *task_pool)
{
	bool busy = false;

	for (size_t i = 0; i < task_pool->nr_slots; i++) {
		while (task_pool->slots[i].task == IDLE && task_pool->next < task_pool->nr &&
		       !ctx_cancelled(task_pool->ctx))
			start_next(task_pool, &task_pool->slots[i]);
		busy = busy || task_pool->slots[i].task != IDLE;
	}
	return busy;
}

/* Sets the fds of the busy slots. Returns their first deadline, or CLOCK_NEVER. */
static uint64_t set_poll_fds(struct task_pool *task_pool)
{
	uint64_t first = CLOCK_NEVER;

	for (size_t i = 0; i < task_pool->nr_slots; i++) {
		const struct slot *slot = &task_pool->slots[i];
		bool busy = slot->task != IDLE;

		task_pool->fds[i] =
			(struct pollfd){ .fd = busy ? slot->child.fd : -1, .events = POLLIN };
		if (busy && slot->deadline < first)
			first = slot->deadline;
	}
	return first;
}

static void wait_for_event(struct task_pool *task_pool)
{
	uint64_t until = set_poll_fds(task_pool);

	if (task_pool->next_tick < until)
		until = task_pool->next_tick;
	task_pool->fds[task_pool->nr_slots] =
		(struct pollfd){ .fd = task_pool->ctx->stop_fd, .events = POLLIN };
	until = child_log_until(&task_pool->ctx->log, until);
	poll(task_pool->fds, task_pool->nr_slots + 1, clock_poll_timeout(until));
	for (size_t i = 0; i < task_pool->nr_slots; i++)
		child_log_forward(&task_pool->slots[i].child.lines, &task_pool->ctx->log);
	if (clock_msec() < task_pool->next_tick)
		return;
	task_pool->next_tick = clock_msec() + task_pool->watch->tick_ms;
	task_pool->watch->tick(task_pool->watch->data);
}

/* Kills a task without asking it to stop: a signal does not interrupt a bind in the kernel. */
static void kill_task(struct slot *slot)
{
	child_signal(&slot->child, SIGKILL);
	slot->killed = true;
	slot->deadline = clock_msec() + KILL_MS;
}

static void reap_killed(struct task_pool *task_pool, struct slot *slot, bool cancelled)
{
	struct task_pool_task *task = &task_pool->tasks[slot->task];
	uint64_t now = clock_msec();

	task->result = (struct child_result){
		.cancelled = cancelled,
		.elapsed_us = (now - task->start_ms) * 1000,
	};
	child_abandon(&slot->child, now < slot->deadline ? slot->deadline - now : 0, &task->reply,
		      &task->result, &task->err);
	task_ended(task_pool, slot);
}

static void receive_answer(struct task_pool *task_pool, struct slot *slot)
{
	struct task_pool_task *task = &task_pool->tasks[slot->task];

	child_finish(&slot->child, CHILD_WAKE_ANSWER, task->start_ms, &task->reply, &task->result,
		     &task->err);
	task_ended(task_pool, slot);
}

static void handle_slots(struct task_pool *task_pool)
{
	for (size_t i = 0; i < task_pool->nr_slots; i++) {
		struct slot *slot = &task_pool->slots[i];
		bool woke = task_pool->fds[i].revents;

		if (slot->task == IDLE || (!woke && clock_msec() < slot->deadline))
			continue;
		if (slot->killed)
			reap_killed(task_pool, slot, false);
		else if (woke)
			receive_answer(task_pool, slot);
		else
			kill_task(slot);
	}
}

/* Lets tasks that end soon finish after a cancel, so that they leave nothing half done. */
static void finish_running(struct task_pool *task_pool)
{
	uint64_t until = clock_msec() + task_pool->watch->finish_ms;

	while (fill_slots(task_pool) && clock_msec() < until) { /* starts no task after a cancel */
		set_poll_fds(task_pool);
		if (poll(task_pool->fds, task_pool->nr_slots, clock_poll_timeout(until)) > 0)
			handle_slots(task_pool);
	}
}

/* Kills all tasks before it waits for any, because a task ends only when its bind is done. */
static void cancel_all(struct task_pool *task_pool)
{
	for (size_t i = 0; i < task_pool->nr_slots; i++)
		if (task_pool->slots[i].task != IDLE)
			kill_task(&task_pool->slots[i]);
	for (size_t i = 0; i < task_pool->nr_slots; i++)
		if (task_pool->slots[i].task != IDLE)
			reap_killed(task_pool, &task_pool->slots[i], true);
}

int task_pool_run(struct mhp_ctx *ctx, struct task_pool_task *tasks, size_t nr, unsigned jobs,
		  const struct task_pool_watch *watch)
{
	size_t nr_slots = jobs && jobs < nr ? jobs : nr;
	cleanup_free struct slot *slots = calloc(nr_slots + 1, sizeof(*slots));
	cleanup_free struct pollfd *fds = calloc(nr_slots + 1, sizeof(*fds));
	struct task_pool task_pool = {
		ctx, tasks, nr,
		0,   slots, nr_slots,
		fds, watch, watch->tick_ms ? clock_msec() + watch->tick_ms : CLOCK_NEVER
	};

	if (!slots || !fds)
		return -ENOMEM;
	for (size_t i = 0; i < nr_slots; i++)
		slots[i] = (struct slot){ .child = CHILD_INIT(ctx), .task = IDLE };
	while (!ctx_cancelled(ctx) && fill_slots(&task_pool)) {
		wait_for_event(&task_pool);
		handle_slots(&task_pool);
	}
	finish_running(&task_pool);
	cancel_all(&task_pool); /* tasks still run only after a cancel */
	for (size_t i = 0; i < nr_slots; i++)
		child_stop(&slots[i].child);
	return 0;
}
