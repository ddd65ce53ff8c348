/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on standard error during a run, about plans and about jobs. */
#pragma once

#include "cmd/wording.h"
#include "lib/libmhp.h"

#include <stdbool.h>

/*
 * Prints warnings, failures and the holder of a lock that we wait for; ignores other events. memory
 * has the warnings printed so far.
 */
void message_event(const struct mhp_event *event, struct message_memory *memory, bool color);

/* Prints the sections of a policy that cannot be planned, and the warnings. */
void message_plan(const struct mhp_policy_plan *plan, struct message_memory *memory, bool color);

/* Prints the failures of jobs. */
struct out_jobs;
void message_jobs(const struct out_jobs *jobs, bool color);
