/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/reporting.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/model/balloon.h"
#include "lib/base/cleanup.h"
#include "lib/sys/kernel.h"
#include "lib/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---------------------------------------------------------------------------- */

/* Reads the order: -1 until a driver has set it, since Linux 6.2. */
static void read_order(const struct root *sys, struct mhp_reporting *reporting)
{
	int order, rc = root_read_int(sys, KERNEL_REPORTING_ORDER, &order);

	reporting->has_order = rc == 0 || (rc != -ENOENT && rc != -ENOTDIR);
	reporting->order = rc < 0 || order < 0 ? MHP_UNKNOWN : (uint64_t)order;
	if (rc < 0 && reporting->has_order)
		reporting_hide(reporting, "order", "/" KERNEL_REPORTING_ORDER " cannot be read");
}

static void read_delay(const struct root *sys, struct mhp_reporting *reporting)
{
	uint64_t delay;
	int rc = root_read_u64(sys, KERNEL_REPORTING_DELAY, 10, &delay);

	reporting->has_delay = rc == 0 || (rc != -ENOENT && rc != -ENOTDIR);
	reporting->delay_ms = rc == 0 && delay <= UINT32_MAX ? delay : MHP_UNKNOWN;
	if (!reporting->has_delay && reporting->has_order)
		reporting->delay_ms = REPORTING_DELAY_MS;
	if (reporting->has_delay && reporting->delay_ms == MHP_UNKNOWN)
		reporting_hide(reporting, "delay", "/" KERNEL_REPORTING_DELAY " cannot be read");
}

/* ---- balloons ---------------------------------------------------------------------------- */

static enum mhp_tristate judge_balloons(const struct balloons *balloons, bool may_be_more)
{
	bool is_unknown = may_be_more;

	for (size_t i = 0; i < balloons->nr; i++) {
		if (balloons->balloons[i].reporting == MHP_TRISTATE_YES)
			return MHP_TRISTATE_YES;
		is_unknown |= balloons->balloons[i].reporting == MHP_TRISTATE_UNKNOWN;
	}
	return is_unknown ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO;
}

static int read_balloons(struct mhp_ctx *ctx, struct mhp_reporting *reporting)
{
	struct balloons balloons = { 0 };
	bool lacks_bus;
	char why[128];
	int rc = balloons_read(ctx, &balloons);

	reporting->balloons = balloons.balloons;
	reporting->nr_balloons = balloons.nr;
	if (rc < 0)
		return rc;
	/* in a copied tree a missing directory may simply not have been copied */
	lacks_bus = ctx_is_partial(ctx) && root_exists(&ctx->sys, KERNEL_VIRTIO_BUS) <= 0;
	if (balloons.may_be_more) {
		str_format(why, "/%s cannot be read", balloons.unread);
		reporting_hide(reporting, "balloons", why);
	} else if (lacks_bus) {
		reporting_hide(reporting, "balloons", "/" KERNEL_VIRTIO_BUS " is not in the copy");
	}
	if (balloons.lacks_cmdline)
		reporting_hide(reporting, "boot_parameters", "/" KERNEL_CMDLINE " cannot be read");
	reporting->is_active = judge_balloons(&balloons, lacks_bus || balloons.may_be_more);
	return 0;
}

static enum mhp_new_memory judge_new_memory(const struct mhp_reporting *reporting)
{
	if (reporting->is_active == MHP_TRISTATE_NO)
		return MHP_NEW_MEMORY_KEPT;
	if (reporting->order != MHP_UNKNOWN && reporting->max_order != MHP_UNKNOWN &&
	    reporting->order > reporting->max_order)
		return MHP_NEW_MEMORY_KEPT;
	return reporting->is_active == MHP_TRISTATE_YES && reporting->order != MHP_UNKNOWN &&
			       reporting->max_order != MHP_UNKNOWN
		       ? MHP_NEW_MEMORY_REPORTED
		       : MHP_NEW_MEMORY_UNKNOWN;
}

/* ---- the snapshot ------------------------------------------------------------------------ */

static int fill(struct mhp_ctx *ctx, struct mhp_reporting *reporting)
{
	int rc = read_balloons(ctx, reporting);

	if (rc < 0)
		return rc;
	reporting->is_copy = ctx->is_copy;
	reporting->page_size = root_page_size(&ctx->sys);
	read_order(&ctx->sys, reporting);
	read_delay(&ctx->sys, reporting);
	rc = reporting_read_zones(&ctx->sys, reporting);
	if (rc < 0)
		return rc;
	reporting->new_memory = judge_new_memory(reporting);
	return 0;
}

int reporting_read(struct mhp_ctx *ctx, struct mhp_reporting **ret)
{
	struct mhp_reporting *reporting = calloc(1, sizeof(*reporting));
	int rc = reporting ? fill(ctx, reporting) : -ENOMEM;

	if (rc < 0)
		mhp_reporting_free(reporting);
	else
		*ret = reporting;
	return rc;
}

MHP_EXPORT int mhp_reporting_read(struct mhp_ctx *ctx, struct mhp_reporting **ret,
				  struct mhp_error *err)
{
	struct mhp_reporting *reporting = NULL;
	int rc;

	root_lack_reset(&ctx->sys);
	rc = reporting_read(ctx, &reporting);
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc < 0) {
		mhp_reporting_free(reporting);
		return err_errno(err, rc, "free page reporting");
	}
	*ret = reporting;
	return 0;
}

MHP_EXPORT void mhp_reporting_free(struct mhp_reporting *reporting)
{
	if (!reporting)
		return;
	free_const(reporting->balloons);
	free_const(reporting->zones);
	free(reporting);
}

MHP_EXPORT const struct mhp_balloon *mhp_reporting_balloon(const struct mhp_reporting *reporting,
							   size_t index)
{
	return item_get(struct mhp_balloon, reporting->balloons, reporting->nr_balloons, index);
}

MHP_EXPORT const struct mhp_reporting_zone *mhp_reporting_zone(
	const struct mhp_reporting *reporting, size_t index)
{
	return item_get(struct mhp_reporting_zone, reporting->zones, reporting->nr_zones, index);
}

MHP_EXPORT const struct mhp_hidden *mhp_reporting_hidden(const struct mhp_reporting *reporting,
							 size_t index)
{
	return item_get(struct mhp_hidden, reporting->hidden, reporting->nr_hidden, index);
}

MHP_EXPORT const char *mhp_reporting_order_path(void)
{
	return "/" KERNEL_REPORTING_ORDER;
}

MHP_EXPORT const char *mhp_reporting_delay_path(void)
{
	return "/" KERNEL_REPORTING_DELAY;
}

MHP_EXPORT const char *mhp_new_memory_name(enum mhp_new_memory value)
{
	static const char *const names[] = { "unknown", "reported", "kept" };

	return (size_t)value < ARRAY_SIZE(names) ? names[value] : "unknown";
}
