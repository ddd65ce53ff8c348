/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The leftovers of killed runs, as an ordinary run sees them. */
#pragma once

#include "lib/exec/event.h"
#include "lib/sys/ctx.h"

/* Warns about each run that ended in the middle. Returns their number. */
size_t killed_runs_report(struct mhp_ctx *ctx, const struct emitter *emitter);

/*
 * Removes the files of those runs of which nothing remains to be done after this run, and names the
 * command for the others.
 */
void killed_runs_remove(struct mhp_ctx *ctx, const struct emitter *emitter);
