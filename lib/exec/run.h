/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs one request, for callers that run the hook after it themselves. */
#pragma once

#include "lib/exec/hooks.h"

/*
 * Does what mhp_run() does, with these hooks instead of those of the options, and without
 * hooks_end().
 */
int run_request(struct mhp_ctx *ctx, const struct mhp_request *request,
		const struct mhp_run_options *options, struct hooks *hooks,
		struct mhp_result **result, struct mhp_error *err);
