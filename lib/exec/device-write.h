/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the state of a whole dax device, in a process that can be stopped. */
#pragma once

#include "lib/exec/diagnose.h"
#include "lib/exec/exec.h"
#include "lib/sys/dax/state.h"

/* A memory block of the device as it was before the write. */
struct device_block {
	uint64_t id;
	bool is_there;
	enum mhp_block_state state;
	enum mhp_zone zone;
};

struct device_write {
	const struct mhp_step *step; /* for the events */
	struct dax_state_write what;
	const struct device_block *blocks; /* all of the device, ascending */
	size_t nr;
	/* results: */
	struct child_result result;
	uint64_t elapsed_ms;
	bool on_block; /* a block was going offline when the write ended or was stopped */
	uint64_t block;
	uint64_t block_ms;	  /* how long the write was at that block */
	struct evidence evidence; /* of that block; free it with evidence_end() */
	/* internal: */
	uint64_t start_ms;
	uint64_t since_ms; /* when it reached the current block */
	uint64_t reported_s;
	size_t at;     /* index of the current block */
	uint64_t done; /* number of changed blocks */
	bool has_begun;
};

/*
 * Writes the state and waits for the answer. Sends progress, and a retrying event for every second
 * that it stays at one block. The deadline is that of one block and restarts with each. At the
 * deadline or a cancel it asks the kernel to stop, and waits until the kernel has undone its work.
 * Returns the answer of the kernel, -ETIMEDOUT or -ECANCELED; err says why there was no answer.
 */
int device_write(struct exec *x, struct device_write *w, struct mhp_error *err);
