/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs one request with the hooks of its options. */
#include "lib/base/clock.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/exec/counting.h"
#include "lib/exec/run.h"

MHP_EXPORT int mhp_run(struct mhp_ctx *ctx, const struct mhp_request *request,
		       const struct mhp_run_options *options, struct mhp_result **result,
		       struct mhp_error *err)
{
	struct mhp_run_options known;
	const struct emitter emitter = { &known, clock_msec() };
	struct mhp_error why = { 0 };
	struct counting counting;
	struct hooks hooks;
	int rc = run_options_take(&known, options, &why);

	*result = NULL;
	counting_begin(&counting, ctx, request->verb);
	if (rc == 0)
		rc = hooks_init(&hooks, ctx, &known, &why);
	if (rc == 0) {
		rc = run_request(ctx, request, &known, &hooks, result, &why);
		hooks_end(&hooks, &emitter, *result, &why);
		hooks_free(&hooks);
		counting_end(&counting, *result, &why);
	}
	if (err)
		*err = why;
	return rc;
}
