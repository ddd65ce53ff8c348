/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the state of memory blocks in a process that can be stopped. */
#pragma once

#include "lib/exec/diagnose.h"
#include "lib/exec/exec.h"

struct block_write {
	const struct mhp_step *step; /* for the events */
	uint64_t id;
	const char *word;	    /* online, online_movable, online_kernel, offline */
	uint64_t deadline;	    /* clock_msec() */
	struct evidence *evidence;  /* filled: the log of a failed offline */
	bool ignore_cancel;	    /* it undoes something */
	struct child_result result; /* filled */
	bool may_be_ours;	    /* filled: a try had another answer than "already so" */
};

/*
 * Writes the state and waits for the answer, with a retrying event every second. Retries after an
 * EINTR that is not ours (many things interrupt the kernel like a signal). Returns the answer of
 * the kernel, -ETIMEDOUT or -ECANCELED; err says why there was no answer.
 */
int writer_block(struct exec *x, struct block_write *w, struct mhp_error *err);

/* Makes the kernel log the reason of a failed offline from now on, if it can. */
void writer_ask_for_reason(struct exec *x);

/* A run of blocks that come online in order. */
struct run_online {
	const struct mhp_step *step;
	uint64_t first;
	uint64_t last;
	const char *word;
	uint64_t start_ms;	    /* filled */
	uint64_t deadline;	    /* filled */
	struct child_result result; /* filled */
};

/*
 * Starts to bring blocks online in order, until one fails or a short time is over. The caller
 * continues after the finished blocks, and uses writer_block() for one that failed. Start and end
 * are two calls, so that the caller can do something else in between, but not with the writer.
 * Returns 0 or a negative errno.
 */
int writer_run_begin(struct exec *x, struct run_online *run);

/*
 * Waits for the run, with a retrying event every second. Returns the number of written blocks;
 * without an answer, the number of blocks that are online.
 */
uint64_t writer_run_end(struct exec *x, struct run_online *run);
