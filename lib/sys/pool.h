/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several tasks at once, each in a child of its own (lib/sys/child.h). */
#pragma once

#include "lib/sys/child.h"

struct task_pool_task {
	child_fn fn;
	const void *arg; /* lives until the task has ended */
	size_t arg_size;
	uint64_t timeout_ms; /* from when it is begun; 0: for ever */
	/* what came of it */
	bool begun;
	uint64_t start_ms;
	struct reply reply; /* free with reply_free() */
	struct child_result result;
	struct mhp_error err;
};

struct task_pool_watch {
	void (*begin)(void *data,
		      size_t index); /* right before a task begins; its arg may change */
	void (*end)(void *data, size_t index);
	void (*tick)(void *data);
	uint64_t tick_ms;   /* 0: never */
	uint64_t finish_ms; /* how long those at work may go on after a cancel */
	void *data;
};

/*
 * Run the tasks, at most jobs at once (0: all), in their order. At its deadline a task is killed,
 * and holds up none of the others. A cancel begins no further one and ends those at work within
 * half a second after finish_ms. What cannot be ended is CHILD_STUCK and may still take effect. 0,
 * or -ENOMEM before anything was begun.
 */
int task_pool_run(struct mhp_ctx *ctx, struct task_pool_task *tasks, size_t nr, unsigned jobs,
		  const struct task_pool_watch *watch);
