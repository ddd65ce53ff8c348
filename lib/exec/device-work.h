/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The change of a whole dax device: its blocks before the change, and its failures. */
#pragma once

#include "lib/exec/device-write.h"
#include "lib/exec/exec.h"

struct device_work {
	struct exec *x;
	const struct mhp_step *step;
	const struct chain *chain;
	enum mhp_dax_state state;
	struct device_block *blocks; /* before the change, or as of the last work_read() */
	size_t nr;
	size_t nr_there;
	size_t nr_online; /* all but offline blocks: an unknown state counts as online */
};

void work_end(const struct device_work *work);
#define cleanup_work __attribute__((cleanup(work_end)))

/*
 * Reads the device of the step's chain, and its blocks if it has a state that we know. Returns 0 or
 * -ENOMEM.
 */
int work_begin(struct device_work *work, struct exec *x, const struct mhp_step *step);

/* Reads the blocks again. */
void work_read(struct device_work *work);

/* Returns true if the kernel has a state of the device that we know. */
bool work_has_state(const struct device_work *work);

/* Returns true if a step of the plan includes the block; other blocks stay untouched. */
bool work_means(const struct device_work *work, uint64_t id);

/* Returns true if the device has a block that appeared after the plan was made. */
bool work_has_unplanned(const struct device_work *work);

/* Records for the undo the whole device, or each changed block. Returns 0 or -ENOMEM. */
int work_note(const struct device_work *work, bool whole);

/* Records that the change was made by the state of the device. */
void work_set_granularity(const struct device_work *work);

/* Fills w for a write of the word. */
void work_prepare(const struct device_work *work, const char *word, struct device_write *w);

/* Returns true if the kernel answered; result.rc has the answer. */
bool work_is_answered(const struct device_write *w);

/* Reports a write that was stopped: the block that it had reached, and what held that block. */
int work_report_stopped(const struct device_work *work, struct device_write *w);

/* Reports a write that the kernel refused with rc, or whose process died. */
int work_report_refused(const struct device_work *work, const struct device_write *w, int rc,
			struct mhp_error *err);
