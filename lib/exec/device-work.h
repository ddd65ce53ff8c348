/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dax device that is to change as a whole: its blocks as they were, and what is told of it. */
#pragma once

#include "lib/exec/device-write.h"
#include "lib/exec/exec.h"

struct device_work {
	struct exec *x;
	const struct mhp_step *step;
	const struct chain *chain;
	enum mhp_dax_state state;
	struct device_block *blocks; /* before anything was done to them, but see work_read() */
	size_t nr;
	/* of these: */
	size_t nr_there;
	size_t nr_online; /* or on their way; whatever is not known counts as online */
};

void work_end(const struct device_work *work);
#define cleanup_work __attribute__((cleanup(work_end)))

/* Look at the device of the step's chain. 0, or -ENOMEM. */
int work_begin(struct device_work *work, struct exec *x, const struct mhp_step *step);

/* Look at its blocks anew. */
void work_read(struct device_work *work);

/* Does the kernel keep a state of it that is understood? */
bool work_has_state(const struct device_work *work);

/* Does a step of the plan mean the block? What is not meant is not touched. */
bool work_means(const struct device_work *work, uint64_t id);

/* Is a block of the device there that has come since the plan was made? */
bool work_has_unplanned(const struct device_work *work);

/* Note for the undo what was changed: the whole device, or each block. 0 or -ENOMEM. */
int work_note(const struct device_work *work, bool whole);

/* It was done by the device's state. */
void work_set_way(const struct device_work *work);

/* A write of the word. */
void work_prepare(const struct device_work *work, const char *word, struct device_write *w);

/* Did the kernel say what came of it? If so in result.rc. */
bool work_is_answered(const struct device_write *w);

/* The failure of a write that was stopped: of the block that it was at, with what held that. */
int work_tell_stopped(const struct device_work *work, struct device_write *w);

/* The failure of one that was answered so, or whose process died. */
int work_tell_refused(const struct device_work *work, const struct device_write *w, int rc,
		      struct mhp_error *err);
