/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of its own for whatever may not come back.
 *
 * A write to memoryN/state can spin in the kernel for ever, reads of some nvdimm attributes sleep
 * until another namespace's memmap is initialised, and a write that waits for the hotplug lock is
 * restarted by the kernel after a signal whatever the handler says. So all of these run in a
 * child: it is asked to stop with a signal (an offline backs off with EINTR and leaves the block
 * online), then killed, and if even that does not end it we go on without it.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/child-log.h"
#include "lib/sys/ctx.h"

#include <stdbool.h>
#include <sys/types.h>

#define REPLY_SMALL 1024

/*
 * Bytes that a task sends back. What a task that changes something says is small, and finds its
 * place without memory of its own: that it could not be told would pass for a task that died.
 */
struct reply {
	char *data;
	size_t len;
	size_t size;
	_Alignas(16) char small[REPLY_SMALL]; /* data points here as long as it is enough */
};

int reply_add(struct reply *reply, const void *data, size_t len); /* 0 or -ENOMEM */
void reply_free(struct reply *reply);
#define cleanup_reply __attribute__((cleanup(reply_free)))

/*
 * Runs in the child. Returns 0 (or more) or a negative errno, with *err filled where it knows
 * more. arg is a copy of what the caller gave: plain data without pointers.
 */
typedef int (*child_fn)(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err);

#define CHILD_ARG_MAX 4096
#define CHILD_COMM    "mhpctl-writer"

struct child {
	struct mhp_ctx *ctx;
	pid_t pid; /* 0: none is running */
	int fd;
	int pidfd;				      /* -1: none, as there are too many files */
	int (*open_pidfd)(pid_t pid, unsigned flags); /* a test may refuse it */
	struct child_log lines;
};

/* pidfd_open(2) */
int child_open_pidfd(pid_t pid, unsigned flags);

#define CHILD_INIT(ctx_)                                 \
	((struct child){ .ctx = (ctx_),                  \
			 .fd = -1,                       \
			 .pidfd = -1,                    \
			 .open_pidfd = child_open_pidfd, \
			 .lines = CHILD_LOG_NONE })

struct child_wait {
	uint64_t deadline; /* clock_msec(), or CLOCK_NEVER */
	uint64_t tick_ms;  /* how often tick is called meanwhile; 0: never */
	void (*tick)(void *data, uint64_t elapsed_ms);
	int watch_fd; /* one more fd whose input calls tick at once; -1: none */
	void *data;
	bool ignore_cancel; /* to put something back that must not stay as it is */
};

enum child_end {
	CHILD_ANSWERED = 0,
	CHILD_STOPPED, /* answered after it was asked to stop */
	CHILD_KILLED,  /* died at the deadline without an answer */
	CHILD_STUCK,   /* not even SIGKILL ended it; it may still take effect */
	CHILD_DIED,    /* ended by itself: a crash, or killed by somebody else */
};

struct child_result {
	enum child_end end;
	bool cancelled; /* it was stopped because of mhp_ctx_cancel(), not by the deadline */
	int rc;		/* what the task returned; -ETIMEDOUT or -ECANCELED if it gave no answer */
	uint64_t elapsed_us;
};

/*
 * Run a task in the child, which is started where none runs. One at a time. The result is always
 * filled; err is that of the task, or says why there is none. Returns result->rc.
 */
int child_call(struct child *child, child_fn fn, const void *arg, size_t arg_size,
	       const struct child_wait *wait, struct reply *reply, struct child_result *result,
	       struct mhp_error *err);

/* Why the wait for an answer ended. */
enum child_wake {
	CHILD_WAKE_ANSWER,
	CHILD_WAKE_DEADLINE,
	CHILD_WAKE_CANCEL,
};

/*
 * child_call() in two halves, for who waits for several at once: between them child->fd becomes
 * readable. start is when the task was begun, by clock_msec(). 0, or why it cannot begin.
 */
int child_begin(struct child *child, child_fn fn, const void *arg, size_t arg_size,
		struct mhp_error *err);
void child_finish(struct child *child, enum child_wake wake, uint64_t start, struct reply *reply,
		  struct child_result *result, struct mhp_error *err);

/* The second half with the wait of child_call() in front of it. Returns result->rc. */
int child_await(struct child *child, const struct child_wait *wait, uint64_t start,
		struct reply *reply, struct child_result *result, struct mhp_error *err);

/*
 * Kill a child at work, and say in end and rc of the result what became of it after so long. One
 * that had answered before it died is CHILD_STOPPED, with its answer.
 */
void child_abandon(struct child *child, uint64_t msec, struct reply *reply,
		   struct child_result *result, struct mhp_error *err);

/* Send a signal to the process of a child that runs. */
void child_signal(const struct child *child, int signo);

/* End the child. Never blocks: one that does not die is left behind. */
void child_stop(struct child *child);
