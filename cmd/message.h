/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for people on standard error, all in the same form. */
#pragma once

#include "cmd/wording.h"
#include "lib/libmhp.h"

#include <stdbool.h>

/* Prints untrusted text so that it cannot move the cursor. */
void message_text(const char *text);

/* Prints "mhpctl: ...", and "hint: ..." if there is a hint. */
void message_error(const struct mhp_error *err, bool color);

/* Prints the same, with the kernel's reason. */
void message_failure(const struct mhp_failure *failure, bool color);

/* Prints a problem in a policy, with file and line. */
void message_problem(const struct mhp_policy_problem *problem, bool color);

/* Prints a warning, unless memory has it already. */
void message_warning(const char *text, struct message_memory *memory, bool color);

/* Prints how long a wait for free page reporting will take. */
void message_reporting(uint64_t msec);

/* Prints that a target is missing and awaited. */
void message_missing(const char *target, bool color);
