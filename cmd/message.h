/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told on standard error, in the one form. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>

/* Print text from anywhere so that it cannot move the cursor. */
void message_text(const char *text);

/* "mhpctl: ...", and "hint: ..." where there is one. */
void message_error(const struct mhp_error *err, bool color);

/* The same, with what the kernel said of it. */
void message_failure(const struct mhp_failure *failure, bool color);

/* The warnings and failures among the events, and who is waited for; nothing for the others. */
void message_event(const struct mhp_event *event, bool color);

/* "mhpctl: warning: ..." */
void message_warning(const char *text, bool color);
