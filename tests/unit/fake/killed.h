/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that are killed between two steps. */
#pragma once

#include "tests/unit/fake/fakesys.h"

/*
 * Runs a request on one target in a process that is killed at the first event of that type about
 * that step. The request consents to everything, and a removal destroys.
 */
void run_killed(struct fakesys *fs, enum mhp_verb verb, const char *target,
		enum mhp_event_type event, enum mhp_step_type step, bool rollback);
