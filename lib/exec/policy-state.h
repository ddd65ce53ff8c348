/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A run of a policy is written down below /run/mhpctl, for whoever wants to know: mhp_monitor() of
 * other processes. That it cannot be, as without the right to, is no reason not to run.
 */
#pragma once

#include "lib/model/run-records.h"
#include "lib/sys/ctx.h"

struct note {
	struct mhp_ctx *ctx;
	uint64_t start_ms;
	struct run_record record; /* run 0: it is not written down */
};

/* Where the folder is there: a policy that is refused leaves nothing behind that was not there. */
void note_begin(struct note *note, struct mhp_ctx *ctx);

/* There is something to do: the folder is made. */
void note_insist(struct note *note);

/* result NULL: err says why there is none. */
void note_end(struct note *note, const struct mhp_result *result, const struct mhp_error *err);
