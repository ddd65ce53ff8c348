/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes down what a run is about to do (lib/sys/intentdir.h): before a step, so that the next run
 * can tell what a killed one left half done. A step on labels or namespaces whose record cannot be
 * written does not start; one on devices or blocks does, with a warning.
 *
 * Labels and namespaces go to a file that survives a power failure, everything else to one that
 * ends at reboot. If the first cannot be written, its records go to the second, with a warning: the
 * state of the machine is still found without them, only less exactly. If its disk gives no answer,
 * steps that belong there fail.
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
	char *head;		    /* the first lines of both */
	struct intent_file run;
	size_t lasting_size; /* of the lasting file; 0: none yet */
	struct child child;  /* writes it */
	uint64_t last;	     /* number of the last step in it; 0: none */
	bool is_lost;	     /* it cannot be written any more */
	bool is_hung;	     /* because its disk gave no answer */
	uint64_t base;	     /* number of the first step of the current plan */
	bool is_kept; /* the run has left something half done, which later runs are to know */
	bool is_full;
	bool is_warned; /* that a record below /run is missing */
};

void intent_log_init(struct intent_log *log, struct mhp_ctx *ctx, const struct mhp_request *request,
		     const struct emitter *emitter);

/*
 * Writes down steps of the plan before the first of them begins. Also chooses the UUIDs of
 * namespaces that they create. Does nothing for steps that leave no trace. Returns 0, -ENOMEM, or a
 * negative errno with *err: none of them may begin.
 */
int intent_log_begin(struct exec *x, struct mhp_step *const *steps, size_t nr,
		     struct mhp_error *err);

/* Writes down that a step has ended, or that the undo of the plan begins. */
void intent_log_done(struct exec *x, const struct mhp_step *step);
void intent_log_undo(struct exec *x);

/* Ends a plan, after its last step of a plan; another plan of the same run may follow. */
void intent_log_next(struct intent_log *log, size_t nr_steps);

/* Returns the number of a step in the files. */
uint64_t intent_log_number(const struct exec *x, const struct mhp_step *step);

/* Keeps the file below /run, as that of a killed run: something half done is left. */
void intent_log_keep(struct exec *x);

/* Removes the files, unless they are to be kept: the run has reported how it ended. */
void intent_log_end(struct intent_log *log);
