/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of one memory block, written by a process that can be stopped. */
#pragma once

#include "lib/exec/diagnose.h"
#include "lib/exec/exec.h"

struct block_write {
	const struct mhp_step *step; /* what it is part of, for the events */
	uint64_t id;
	const char *word;	    /* online, online_movable, online_kernel, offline */
	uint64_t deadline;	    /* clock_msec() */
	struct evidence *evidence;  /* filled: what the kernel told of a failing offline */
	struct child_result result; /* filled */
};

/*
 * Write it and wait for the answer; every second a retrying event. An EINTR that we have not
 * caused (the kernel takes many things for a signal) is tried again. Returns what the kernel
 * answered, or -ETIMEDOUT, -ECANCELED; err says why there was no answer.
 */
int writer_block(struct exec *x, struct block_write *w, struct mhp_error *err);

/* From now on the kernel tells in its log why an offline fails, if it can. */
void writer_ask_for_reason(struct exec *x);

/* Blocks that are to come online one after the other. */
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
 * Bring blocks online, each as soon as the one before it has answered, as long as all goes well and
 * for a short time only: who calls it goes on behind those that are done, and takes one that failed
 * by itself, with writer_block(). In two halves, so that something else can be done meanwhile;
 * without the writer. 0, or why it cannot begin.
 */
int writer_run_begin(struct exec *x, struct run_online *run);

/*
 * Wait for it; every second a retrying event. Where there is no answer, what is online by then
 * counts. Returns how many were written.
 */
uint64_t writer_run_end(struct exec *x, struct run_online *run);
