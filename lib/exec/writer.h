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
	int refused;		    /* how a run was refused at this block; 0: no try before */
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

#define BLOCK_RUN_MAX 32 /* blocks of a run that go offline */

/* A run of blocks that come online, or go offline, in order. */
struct block_run {
	const struct mhp_step *step;
	uint64_t first;
	uint64_t last;
	const char *word;
	uint64_t start_ms;		 /* filled */
	uint64_t deadline;		 /* filled */
	struct child_result result;	 /* filled */
	uint64_t nr_written;		 /* filled */
	uint32_t took_ms[BLOCK_RUN_MAX]; /* filled: the times of the first written blocks */
	uint64_t slow;			 /* filled: the block that evidence is of, or MHP_UNKNOWN */
	struct evidence evidence;	 /* filled: of a block that is slow to go offline */
};

/*
 * Starts to change blocks in order, until one fails or a short time is over. The caller continues
 * after the finished blocks, and uses writer_block() for one that failed. Start and end are two
 * calls, so that the caller can do something else in between, but not with the writer. Returns 0 or
 * a negative errno.
 */
int writer_run_begin(struct exec *x, struct block_run *run);

/*
 * Waits for the run, with a retrying event every second. Sets the number of written blocks; without
 * an answer, it is that of blocks that are in the wanted state.
 */
void writer_run_end(struct exec *x, struct block_run *run);
