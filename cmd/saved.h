/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved plans: written by plan --out, run by apply. */
#pragma once

#include "cmd/out/out.h"
#include "lib/tool.h"

/*
 * Writes the plan; a failure leaves an existing file as it was. Returns 0, or a negative errno with
 * *err filled.
 */
int saved_write(struct mhp_ctx *ctx, const char *path, const struct out_call *call,
		const struct out_policy_plan *plan, struct mhp_error *err);

/*
 * Reads a saved plan as a policy that is refused if it now leads to another plan. *policy stays
 * NULL if the file is not JSON: it may be a policy.
 */
int saved_read(struct mhp_ctx *ctx, const char *path, struct mhp_policy **policy,
	       struct mhp_error *err);

/* Does the same with a file that is read already. */
int saved_parse(const char *path, const struct mhp_named_file *file, struct mhp_policy **policy,
		struct mhp_error *err);
