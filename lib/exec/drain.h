/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prepares blocks for their offline, as the plan says: fewer pages then have to move, and there is
 * space for them. Nothing here is necessary: what fails is reported, and the run continues.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Does the actions of the plan's drain, until they are done, its time is over (of all rounds
 * together, of which the run has spent x->drained_ms) or a cancel.
 */
void drain_run(struct exec *x);

/* Restores what the drain holds until the end of the run. */
void drain_end(struct exec *x);

/* Returns the time that the actions have taken; drain may be NULL. */
uint64_t drain_spent_ms(const struct mhp_drain *drain);

/*
 * Adds the drain of a round to that of the rounds before it, and takes it from the plan. Returns 0
 * or -ENOMEM.
 */
int drain_take(struct mhp_drain **drain, struct mhp_plan *plan);
