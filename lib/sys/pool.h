/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs several tasks in parallel, each in its own child (lib/sys/child.h). */
#pragma once

#include "lib/sys/child.h"

struct task_pool_task {
	child_fn fn;
	const void *arg; /* must live until the task ends */
	size_t arg_size;
	uint64_t timeout_ms; /* from the start of the task; 0: no limit */
	/* results */
	bool begun;
	uint64_t start_ms;
	struct reply reply; /* freed with reply_free() */
	struct child_result result;
	struct mhp_error err;
};

struct task_pool_watch {
	void (*begin)(void *data,
		      size_t index); /* right before a task starts; may change its arg */
	void (*end)(void *data, size_t index);
	void (*tick)(void *data);
	uint64_t tick_ms;   /* 0: never */
	uint64_t finish_ms; /* how long running tasks may continue after a cancel */
	void *data;
};

/*
 * Runs the tasks in order, at most jobs in parallel (0: all). Kills a task at its deadline, without
 * delay for the others. After a cancel, starts no task and ends the running ones within half a
 * second after finish_ms. A task that cannot be ended is CHILD_STUCK and may still take effect.
 * Returns 0, or -ENOMEM before any task starts.
 */
int task_pool_run(struct mhp_ctx *ctx, struct task_pool_task *tasks, size_t nr, unsigned jobs,
		  const struct task_pool_watch *watch);
