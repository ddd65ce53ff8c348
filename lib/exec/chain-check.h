/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares one chain with the machine at the end of a run, for those that read objects again. */
#pragma once

#include "lib/exec/exec.h"

/* The check of one chain. */
struct chain_check {
	struct exec *x;
	uint32_t index;
	const struct chain *chain;
	struct chain_state *state;
	bool was_given_up;     /* interrupted, or rolled back after a failure */
	struct idset reported; /* blocks that a failure names already */
	uint64_t missing;
	uint64_t first_missing;
};

struct chain_check chain_check_of(struct exec *x, uint32_t index, bool was_given_up);

/* Returns the last step of that type in the chain, or NULL. */
const struct mhp_step *chain_last_step(const struct chain_check *p, enum mhp_step_type type);

/* Returns whether all steps of the chain have ended with success, and were not undone. */
bool chain_ended_well(const struct chain_check *p);

/*
 * Reports a failure of the chain, of its last step of that type if it has one. A plan
 * without steps takes no lock, so another mhpctl can make it outdated: then it says only that.
 */
void chain_report_failure(struct chain_check *p, enum mhp_step_type type, const char *target,
			  const struct mhp_error *err);
