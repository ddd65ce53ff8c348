/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records the run of a policy or of mhp_recover() below /run/mhpctl, for mhp_monitor() in other
 * processes. A record that cannot be written, for example without permission, does not stop the
 * run.
 */
#pragma once

#include "lib/model/run-records.h"
#include "lib/sys/ctx.h"

struct recording {
	struct mhp_ctx *ctx;
	enum run_kind kind;
	uint64_t start_ms;
	struct run_record record; /* run 0: not recorded */
};

/* Records the start if the directory exists: a refused policy must not create it. */
void recording_begin(struct recording *recording, struct mhp_ctx *ctx, enum run_kind kind);

/* Records the start of a run that has something to do, and creates the directory. */
void recording_begin_work(struct recording *recording);

/* Records the end. result NULL: the run failed with err. */
void recording_end(struct recording *recording, const struct mhp_result *result,
		   const struct mhp_error *err);

/* Does the same for the end of mhp_recover(). */
void recording_end_recovery(struct recording *recording, const struct mhp_recovery_report *report,
			    const struct mhp_error *err);
