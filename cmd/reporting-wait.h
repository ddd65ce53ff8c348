/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for free page reporting, and says what a guest cannot know of it. */
#pragma once

#include "cmd/cmd.h"

/* Waits as mhp_reporting_wait() does; a message says how long it will take. */
int reporting_wait(const struct cmd_env *env, uint64_t timeout_ms, struct mhp_reporting_wait *wait,
		   struct mhp_error *err);

/* Adds what was waited for to the warnings of the call. */
void reporting_wait_warn(const struct cmd_env *env, const struct mhp_reporting_wait *wait);
