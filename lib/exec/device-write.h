/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a whole dax device, written by a process that can be stopped. */
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
	const struct mhp_step *step; /* what it is part of, for the events */
	struct dax_state_write what;
	const struct device_block *blocks; /* all of the device, ascending */
	size_t nr;
	/* filled: */
	struct child_result result;
	uint64_t elapsed_ms;
	bool on_block; /* it was at work on that one when it ended, or was stopped */
	uint64_t block;
	uint64_t block_ms;	  /* for so long */
	struct evidence evidence; /* of that block; free it with evidence_end() */
	/* of its own: */
	uint64_t start_ms;
	uint64_t since_ms; /* when it came to the block at work */
	uint64_t told_s;
	size_t at;     /* the block at work */
	uint64_t done; /* blocks that it has changed */
	bool has_begun;
};

/*
 * Write it and wait for the answer, with progress, and every second that it stays with one block a
 * retrying event. The deadline is that of a block, and counts anew with each. Where it comes, or a
 * cancel, the kernel is asked to stop, and what it puts back then is waited for. Returns what the
 * kernel answered, or -ETIMEDOUT, -ECANCELED; err says why there was no answer.
 */
int device_write(struct exec *x, struct device_write *w, struct mhp_error *err);

/* Is it the word that takes a device offline and removes its memory? */
bool device_write_unplugs(const struct device_write *w);
