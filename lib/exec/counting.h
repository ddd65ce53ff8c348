/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adds a run at its end to the sums since boot (lib/exec/run-totals.h). A run that cannot be
 * counted, for example without permission, is not stopped by that.
 */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>
#include <stdint.h>

struct counting {
	struct mhp_ctx *ctx;
	size_t command; /* index in the sums */
	uint64_t start_ms;
	uint64_t start_us;
};

void counting_begin(struct counting *counting, struct mhp_ctx *ctx, size_t command);

/* Counts the run. result NULL: it failed with err. */
void counting_end(const struct counting *counting, const struct mhp_result *result,
		  const struct mhp_error *err);

/* Does the same for mhp_recover(). report NULL: it failed with err. */
void counting_end_recovery(const struct counting *counting,
			   const struct mhp_recovery_report *report, const struct mhp_error *err);
