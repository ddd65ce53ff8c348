/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes down what a run is about to do (lib/sys/intentdir.h): before a step, so that the next run
 * can tell what a killed one left half done. Labels and namespaces go to a file that survives a
 * power failure, everything else to one that ends at reboot. A failure to write is a warning, once:
 * the state of the machine is still found without the files, only less exactly.
 */
#pragma once

#include "lib/exec/event.h"
#include "lib/plan/plan.h"
#include "lib/sys/intentdir.h"

struct exec;

struct intent_log {
	struct mhp_ctx *ctx;
	const struct mhp_request *request;
	const struct emitter *emitter;
	char name[INTENT_NAME_MAX]; /* of its files; empty: none yet */
	struct intent_file files[INTENT_PLACES];
	uint64_t base; /* number of the first step of the current plan */
	bool is_warned;
	bool is_full;
};

void intent_log_init(struct intent_log *log, struct mhp_ctx *ctx, const struct mhp_request *request,
		     const struct emitter *emitter);

/*
 * Writes down steps of the plan, in one write, before the first of them begins. Also chooses the
 * UUIDs of namespaces that they create. Does nothing for steps that leave no trace.
 */
void intent_log_begin(struct exec *x, struct mhp_step *const *steps, size_t nr);

/* Writes down that a step has ended, or that the undo of the plan begins. */
void intent_log_done(struct exec *x, const struct mhp_step *step);
void intent_log_undo(struct exec *x);

/* Call after the last step of a plan; another plan of the same run may follow. */
void intent_log_next(struct intent_log *log, size_t nr_steps);

/* Returns the number of a step in the files. */
uint64_t intent_log_number(const struct exec *x, const struct mhp_step *step);

/* Removes the files: the run has reported how it ended. */
void intent_log_end(struct intent_log *log);
