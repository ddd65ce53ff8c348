/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single memory blocks that go online or offline, each verified by reading it back. */
#pragma once

#include "lib/exec/exec.h"
#include "lib/exec/writer.h"

/* A block that comes online at once answers before the writer could be told to stop. */
bool block_was_cancelled(struct exec *x);

/* Ends the step what has come of its last block? */
bool block_must_stop(const struct exec *x, int rc);

/* Bring blocks to the state that the step is about, one after the other. 0, or the last failure. */
int block_each(struct exec *x, struct mhp_step *step, uint64_t first, uint64_t last, bool *changed);

/* Tell of the block at which a run got no answer: it has had its time. */
int block_fail_silent(struct exec *x, const struct run_online *run, uint64_t id);

/* Undo of one change; tells of a failure itself. */
int block_undo(struct exec *x, const struct done *done);
