/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"
#include "lib/sys/cxl/guard.h"
#include "lib/sys/cxl/undo.h"
#include "lib/sys/cxl/write.h"

#include <errno.h>
#include <string.h>

/* Returns the first position without a decoder, or -1. */
static int missing_member(const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (!*region->members[i].decoder)
			return (int)i;
	return -1;
}

/*
 * Explains -ENXIO, which the kernel returns for two reasons: a missing member, and CPU caches that
 * it cannot flush (drivers/cxl/core/region.c:cxl_region_invalidate_memregion).
 */
static int fail_no_device(struct cxl_writer *w, const struct mhp_cxl_region *region, int rc)
{
	const int missing = missing_member(region);

	if (missing >= 0)
		return err_set(w->err, rc, MHP_REASON_KERNEL, "%s: its position %d has no decoder",
			       region->name, missing);
	cxl_fail(w, rc, "%s: its decoders cannot be set", region->name);
	if (w->err)
		w->err->reason = MHP_REASON_UNSUPPORTED;
	return err_hint(w->err, rc,
			"the kernel may have no way to flush the caches of the CPUs; in a virtual "
			"machine it has one only without the CPU flag hypervisor (QEMU: "
			"-cpu host,hypervisor=off)");
}

int cxl_commit_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	struct cxl_writer w = CXL_WRITER(ctx, err);
	struct mhp_cxl_region region;
	int rc = cxl_need_region(ctx, arg, &region, err);

	(void)reply;
	if (rc < 0)
		return rc;
	if (cxl_flag(&ctx->sys, region.name, "commit") == MHP_TRISTATE_YES)
		return 0;
	rc = cxl_set_number(&w, region.name, "commit", 10, 1);
	if (rc == 0)
		return 0;
	if (rc == -ENXIO)
		return fail_no_device(&w, &region, rc);
	cxl_fail(&w, rc, "%s: its decoders cannot be set", region.name);
	if (rc == -EBUSY)
		err_hint(err, rc,
			 "the decoders of a memory device and of a host bridge are set in their "
			 "order: an earlier region of them is not committed");
	return rc;
}

int cxl_reset_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	struct mhp_cxl_region region;
	int rc = cxl_find_region(ctx, arg, &region, err);

	(void)reply;
	return rc > 0 ? cxl_reset(ctx, &region, err) : rc;
}
