/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A separate process for system calls that may never return.
 *
 * A write to memoryN/state can spin in the kernel forever, reads of some nvdimm attributes sleep
 * until another namespace's memmap is initialised, and a write that waits for the hotplug lock is
 * restarted by the kernel after a signal whatever the handler says. So all of these run in a child:
 * it is asked to stop with a signal (an offline backs off with EINTR and leaves the block online),
 * then it is killed. If even SIGKILL does not end it, the caller continues without it.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/child-log.h"
#include "lib/sys/ctx.h"

#include <stdbool.h>
#include <sys/types.h>

#define REPLY_SMALL 1024

/*
 * Bytes that a task sends back. The answer of a task that changes something is small and needs no
 * allocation: without memory to report success, it would look like a task that died.
 */
struct reply {
	char *data;
	size_t len;
	size_t size;
	_Alignas(16) char small[REPLY_SMALL]; /* data points here while it is large enough */
};

int reply_add(struct reply *reply, const void *data, size_t len); /* returns 0 or -ENOMEM */
void reply_free(struct reply *reply);
#define cleanup_reply __attribute__((cleanup(reply_free)))

/*
 * Runs in the child. Returns 0 (or more) or a negative errno, with *err filled if there are
 * details. arg is a copy of the caller's data and contains no pointers.
 */
typedef int (*child_fn)(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err);

#define CHILD_ARG_MAX 4096

/* A task and its argument, which is copied. */
struct child_task {
	child_fn fn;
	const void *arg; /* borrowed for the call, or NULL */
	size_t arg_size; /* at most CHILD_ARG_MAX */
};

/* The task whose argument is *arg. */
#define CHILD_TASK(fn_, arg_) \
	(&(struct child_task){ .fn = (fn_), .arg = (arg_), .arg_size = sizeof(*(arg_)) })

#define CHILD_COMM "mhpctl-writer"

struct child {
	struct mhp_ctx *ctx;
	pid_t pid; /* 0: no child runs */
	int fd;
	int pidfd;   /* -1: none, because too many files are open */
	int keep_fd; /* a file of the caller that its tasks use; -1: none */
	int (*open_pidfd)(pid_t pid, unsigned flags); /* a test may replace it to fail */
	struct child_log lines;
};

/* Calls pidfd_open(2). */
int child_open_pidfd(pid_t pid, unsigned flags);

#define CHILD_INIT(ctx_)                                 \
	((struct child){ .ctx = (ctx_),                  \
			 .fd = -1,                       \
			 .pidfd = -1,                    \
			 .keep_fd = -1,                  \
			 .open_pidfd = child_open_pidfd, \
			 .lines = CHILD_LOG_NONE })

struct child_wait {
	uint64_t deadline; /* by clock_msec(), or CLOCK_NEVER */
	uint64_t tick_ms;  /* how often tick is called; 0: never */
	void (*tick)(void *data, uint64_t elapsed_ms);
	int watch_fd; /* another fd; tick is called when it is readable; -1: none */
	void *data;
	bool ignore_cancel; /* to restore a setting even after a cancel */
};

enum child_end {
	CHILD_ANSWERED = 0,
	CHILD_STOPPED, /* answered after it was asked to stop */
	CHILD_KILLED,  /* was killed without an answer */
	CHILD_STUCK,   /* SIGKILL did not end it; its write may still take effect */
	CHILD_DIED,    /* ended by itself: it crashed, or another process killed it */
};

struct child_result {
	enum child_end end;
	bool cancelled; /* stopped by mhp_ctx_cancel(), not by the deadline */
	int rc;		/* return value of the task; -ETIMEDOUT or -ECANCELED without an answer */
	uint64_t elapsed_us;
};

/*
 * Runs a task in the child, and starts the child if none runs. A child runs one task at a time.
 * Always fills *result. *err is the error of the task, or the reason why it gave no answer. Returns
 * result->rc.
 */
int child_call(struct child *child, const struct child_task *task, const struct child_wait *wait,
	       struct reply *reply, struct child_result *result, struct mhp_error *err);

/* The reason why a wait for an answer ended. */
enum child_wake {
	CHILD_WAKE_ANSWER,
	CHILD_WAKE_DEADLINE,
	CHILD_WAKE_CANCEL,
};

/*
 * Split child_call() in two, for callers that wait for several children: between them, child->fd
 * becomes readable. start is the clock_msec() at which the task started. child_begin() returns 0 or
 * a negative errno if the task cannot start.
 */
int child_begin(struct child *child, const struct child_task *task, struct mhp_error *err);
void child_finish(struct child *child, enum child_wake wake, uint64_t start, struct reply *reply,
		  struct child_result *result, struct mhp_error *err);

/* Waits like child_call() and calls child_finish(). Returns result->rc. */
int child_await(struct child *child, const struct child_wait *wait, uint64_t start,
		struct reply *reply, struct child_result *result, struct mhp_error *err);

/*
 * Kills a child that runs a task, waits this long for its end, and sets end and rc of the result.
 * If the child answered before it died, the result is CHILD_STOPPED with that answer.
 */
void child_abandon(struct child *child, uint64_t msec, struct reply *reply,
		   struct child_result *result, struct mhp_error *err);

/* Sends a signal to the process of a running child. */
void child_signal(const struct child *child, int signo);

/* Kills the child. Never blocks: a child that does not die is abandoned. */
void child_stop(struct child *child);
