/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The run of a policy, and its one result. */
#pragma once

#include "lib/exec/hooks.h"
#include "lib/exec/retries.h"
#include "lib/plan/policy/policy.h"

struct job_state {
	bool failed;
	bool is_held;	     /* not tried: see retries.h */
	bool made_device;    /* a step began that makes one */
	bool is_interrupted; /* nothing was undone */
	bool done;	     /* the whole request was tried, not only its `first` part */
	bool hook_failed;    /* that after it: what was done stays done */
	struct hooks hooks;
};

struct policy_run {
	struct mhp_ctx *ctx;
	const struct mhp_policy_plan *plan;
	const struct mhp_run_options *options;
	unsigned agreed;
	const struct mhp_policy_job *job; /* the current one */
	struct job_state *state;	  /* of the request that runs, or NULL */
	struct retries retries;
	struct mhp_result *result;
	size_t nr_targets; /* of all jobs; the result has space for them */
	struct job_state *states;
	struct mhp_run_options named; /* the options, but events get their section */
	struct emitter emitter;
	uint64_t job_ms; /* from the start of the run to that of the current job */
	bool stopped;
	bool interrupted;
};

/* Add the outcome of the current request to the result. */
void policy_add_result(struct policy_run *run, struct mhp_result *from);
void policy_add_error(struct policy_run *run, const struct mhp_error *err);
void policy_add_error_as(struct policy_run *run, const struct mhp_error *err,
			 enum mhp_status status);

/* Sets the status of all targets of the current request that have no failure of their own. */
void policy_add_status(struct policy_run *run, enum mhp_status status);
