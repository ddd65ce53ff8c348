/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts programs that outlive this process, and helps to start others. */
#pragma once

#include "lib/libmhp.h"

struct mhp_ctx;

/* Gives all signals their default action and unblocks them, for the process of another program. */
void spawn_reset_signals(void);

/*
 * Starts a program in its own session, without open files and in /, so that it survives this
 * process and its terminal. args ends with NULL. Returns 0, or a negative errno if it could not be
 * started.
 */
int spawn_detached(const struct mhp_ctx *ctx, const char *program, const char *const *args,
		   struct mhp_error *err);

/*
 * Starts "PROGRAM OPTION VALUE" as a transient unit of systemd, which deletes the unit when it
 * ends. Returns 0, -EOPNOTSUPP if systemd does not run this machine or cannot be reached, or the
 * negative errno of its refusal.
 */
int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err);
