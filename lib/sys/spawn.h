/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that outlive us. */
#pragma once

#include "lib/libmhp.h"

struct mhp_ctx;

/*
 * Start a program in a session of its own, with nothing open and / as its folder, so that neither
 * the end of this process nor that of its terminal reaches it. args ends with NULL.
 * 0, or why it could not be started.
 */
int spawn_detached(const char *program, const char *const *args, struct mhp_error *err);

/*
 * Start "PROGRAM OPTION VALUE" as a transient unit of systemd, which forgets the unit when it has
 * ended. 0, -EOPNOTSUPP where systemd is not what runs this machine or cannot be asked, or why it
 * refused.
 */
int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err);
