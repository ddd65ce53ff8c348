/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dynamic debug: the kernel's message with the reason of a failed offline. */
#pragma once

#include "lib/sys/ctx.h"

/*
 * Finds the pr_debug that prints why an offline failed, if the kernel has dynamic debug and the
 * message is off. Sets the control file and the text that turns the message on and off. The text
 * names one line of one file, so messages that others turned on stay on. Returns 0, -ENOENT (not
 * available) or -EALREADY (already on).
 */
struct dyndbg_site {
	char control[64]; /* path */
	char on[96];
	char off[96];
};

int dyndbg_find_offline_reason(const struct mhp_ctx *ctx, struct dyndbg_site *site);

/*
 * Parses one line of the control file. Returns 0 and sets *line_number, or returns -ENOENT (another
 * message) or -EALREADY.
 */
int dyndbg_parse_line(const char *line, unsigned *line_number);
