/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/undo.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/guard.h"
#include "lib/sys/cxl/write.h"

#include <errno.h>

static int check(struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	int rc = cxl_may_undo(region, err);

	return rc < 0 ? rc : cxl_guard(ctx, region, err);
}

int cxl_disable(struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	struct cxl_writer w = CXL_WRITER(ctx, err);
	int rc;

	if (cxl_has_driver(&ctx->sys, region->name) == MHP_TRISTATE_NO)
		return 0;
	rc = check(ctx, region, err);
	if (rc < 0)
		return rc;
	rc = cxl_set_driver(&w, "cxl_region", region->name, false);
	return rc < 0 ? cxl_fail(&w, rc, "%s: cannot be disabled", region->name) : 0;
}

int cxl_reset(struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	struct cxl_writer w = CXL_WRITER(ctx, err);
	int rc;

	if (cxl_flag(&ctx->sys, region->name, "commit") == MHP_TRISTATE_NO)
		return 0;
	rc = check(ctx, region, err);
	if (rc < 0)
		return rc;
	rc = cxl_set_number(&w, region->name, "commit", 10, 0);
	if (rc == 0)
		return 0;
	cxl_fail(&w, rc, "%s: its decoders cannot be reset", region->name);
	return rc == -EPERM ? err_hint(err, rc, "the firmware has locked it") : rc;
}
