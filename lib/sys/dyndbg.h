/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/ctx.h"

/*
 * Find the pr_debug that tells why an offline failed, where the kernel has dynamic debug and it
 * is off. Fills the control file and the words that turn it on and off again: one line of one
 * file, so that whatever somebody else turned on stays.
 * 0, or -ENOENT (not to be had), -EALREADY (is on).
 */
struct dyndbg_site {
	char control[64]; /* path of the control file */
	char on[96];
	char off[96];
};

int dyndbg_find_offline_reason(const struct mhp_ctx *ctx, struct dyndbg_site *site);

/* One line of the control file: 0 with the line number, -ENOENT (another site), -EALREADY. */
int dyndbg_parse_line(const char *line, unsigned *line_number);
