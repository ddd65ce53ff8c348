/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told of a run while it goes on, and of jobs. */
#pragma once

#include "cmd/wording.h"
#include "lib/libmhp.h"

#include <stdbool.h>

/*
 * The warnings and failures among the events, and who is waited for; nothing for the others.
 * memory: of the warnings.
 */
void message_event(const struct mhp_event *event, struct message_memory *memory, bool color);

/* What went wrong with jobs. */
struct out_jobs;
void message_jobs(const struct out_jobs *jobs, bool color);
