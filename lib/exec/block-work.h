/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings single memory blocks online or offline, and verifies each by reading it back. */
#pragma once

#include "lib/exec/exec.h"
#include "lib/exec/writer.h"

/*
 * Returns true after a cancel. Check before each block: one that comes online at once answers
 * before the writer can be stopped.
 */
bool block_was_cancelled(struct exec *x);

/* Returns true if the result of the last block ends the step. */
bool block_must_stop(const struct exec *x, int rc);

/* Brings blocks to the state of the step, one by one. Returns 0 or the last failure. */
int block_each(struct exec *x, struct mhp_step *step, uint64_t first, uint64_t last, bool *changed);

/* Returns true for the block that held up the write to the whole device: it is reported already. */
bool block_is_held(const struct exec *x, const struct mhp_step *step, uint64_t id);

/* Tries a block again, at which the kernel has refused a run. Returns 0 or the failure. */
int block_retry(struct exec *x, const struct block_run *run, uint64_t id, bool *changed);

/*
 * Ends the work on a block that a run has written, or at which it got no answer: that one has used
 * up its time. zone: where it was before. Reports a failure, and no progress. Returns 0 or the
 * failure.
 */
int block_end_run(struct exec *x, struct block_run *run, uint64_t id, enum mhp_zone zone,
		  bool *changed);

/* Undoes one change, and reports a failure itself. */
int block_undo(struct exec *x, const struct done *done);
