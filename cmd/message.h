/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told on standard error, in the one form. */
#pragma once

#include "cmd/wording.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Print text from anywhere so that it cannot move the cursor. */
void message_text(const char *text);

/* "mhpctl: ...", and "hint: ..." where there is one. */
void message_error(const struct mhp_error *err, bool color);

/* The same, with what the kernel said of it. */
void message_failure(const struct mhp_failure *failure, bool color);

/* What is wrong with a policy, and where. */
void message_problem(const struct mhp_policy_problem *problem, bool color);

/* A warning, unless memory has it already. */
void message_warning(const char *text, struct message_memory *memory, bool color);

/* A target that is waited for. */
void message_missing(const char *target, bool color);

/* What of a policy cannot be planned, and its warnings. */
void message_plan(const struct mhp_policy_plan *plan, struct message_memory *memory, bool color);
