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

/* Reports the block at which a run got no answer; it has used up its time. */
int block_fail_silent(struct exec *x, const struct run_online *run, uint64_t id);

/* Undoes one change, and reports a failure itself. */
int block_undo(struct exec *x, const struct done *done);
