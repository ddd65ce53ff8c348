/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the settings of free page reporting. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/sys/ctx.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>

/* A setting to change. */
struct setting {
	const char *path;
	const char *noun;
	bool is_wanted;
	bool is_written;
	uint64_t value;
	uint64_t old; /* or MHP_UNKNOWN */
};

enum {
	SETTING_ORDER,
	SETTING_DELAY,
	NR_SETTINGS
};

/* ---- before the first write -------------------------------------------------------------- */

static int check_order(const struct mhp_reporting *now, uint64_t order, struct mhp_error *err)
{
	if (!now->has_order)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"this kernel has no order of free page reporting"),
				"boot a kernel that is built with CONFIG_PAGE_REPORTING=y");
	if (now->max_order == MHP_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "the largest order is not known: /proc/buddyinfo cannot be read");
	if (order > now->max_order) {
		/* Linux 6.1 accepts it, and reports nothing any more */
		err_usage(err, "",
			  "order %" PRIu64 " is above the largest order of this kernel, %" PRIu64,
			  order, now->max_order);
		return err_hint(err, -EINVAL, "choose an order from 0 to %" PRIu64, now->max_order);
	}
	return 0;
}

static int check_delay(const struct mhp_reporting *now, uint64_t delay_ms, struct mhp_error *err)
{
	if (!now->has_delay)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"this kernel has no delay of free page reporting"),
				"Linux 7.3 and later have it; before, the delay is 2 seconds");
	if (delay_ms > UINT32_MAX)
		return err_usage(err, "", "the delay is longer than 49 days, the kernel's limit");
	return 0;
}

static int check_writable(const struct mhp_ctx *ctx, const struct setting *setting,
			  struct mhp_error *err)
{
	int rc = root_may_write(&ctx->sys, setting->path);

	return rc < 0 ? err_errno(err, rc, "/%s", setting->path) : 0;
}

static int check_all(struct mhp_ctx *ctx, const struct mhp_reporting *now,
		     const struct setting *settings, bool dry_run, struct mhp_error *err)
{
	int rc = 0;

	if (ctx->is_copy && !dry_run)
		return err_usage(err, "leave out --sysroot to change this machine",
				 "a copied tree cannot be changed");
	if (settings[SETTING_ORDER].is_wanted)
		rc = check_order(now, settings[SETTING_ORDER].value, err);
	if (rc == 0 && settings[SETTING_DELAY].is_wanted)
		rc = check_delay(now, settings[SETTING_DELAY].value, err);
	for (int i = 0; rc == 0 && !dry_run && i < NR_SETTINGS; i++)
		if (settings[i].is_wanted)
			rc = check_writable(ctx, &settings[i], err);
	return rc;
}

/* ---- writes ------------------------------------------------------------------------------ */

/*
 * Writes a value and reads it back: the kernel may show another one. Sets is_written as soon as the
 * write has succeeded.
 */
static int write_value(const struct mhp_ctx *ctx, struct setting *setting, uint64_t value,
		       struct mhp_error *err)
{
	uint64_t shown;
	char text[24];
	int rc;

	str_format(text, "%" PRIu64, value);
	rc = root_write(&ctx->sys, setting->path, text);
	if (rc < 0)
		return err_errno(err, rc, "cannot set the %s", setting->noun);
	setting->is_written = true;
	rc = root_read_u64(&ctx->sys, setting->path, 10, &shown);
	if (rc < 0)
		return err_errno(err, rc, "the %s cannot be read after it was set", setting->noun);
	if (shown != value)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "the kernel shows the %s %" PRIu64 " after %" PRIu64 " was written",
			       setting->noun, shown, value);
	return 0;
}

/*
 * Restores a setting after a later one failed, and adds to the message what came of it. An order
 * that was not set yet shows as -1, which the kernel does not accept.
 */
static bool restore(const struct mhp_ctx *ctx, struct setting *setting, struct mhp_error *err)
{
	struct mhp_error why = { 0 };

	if (setting->old == MHP_UNKNOWN) {
		if (err)
			str_append(err->message,
				   "; the %s is now %" PRIu64
				   ", and was not set, or not readable, before: it cannot be "
				   "restored",
				   setting->noun, setting->value);
		return false;
	}
	if (write_value(ctx, setting, setting->old, &why) < 0) {
		if (err)
			str_append(err->message, "; the %s was not restored to %" PRIu64 ": %s",
				   setting->noun, setting->old, why.message);
		return false;
	}
	if (err)
		str_append(err->message, "; the %s is %" PRIu64 " again", setting->noun,
			   setting->old);
	return true;
}

static int write_all(const struct mhp_ctx *ctx, struct setting *settings, struct mhp_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < NR_SETTINGS; i++)
		if (settings[i].is_wanted && settings[i].old != settings[i].value)
			rc = write_value(ctx, &settings[i], settings[i].value, err);
	for (int i = NR_SETTINGS - 1; rc < 0 && i >= 0; i--)
		if (settings[i].is_written)
			settings[i].is_written = !restore(ctx, &settings[i], err);
	return rc;
}

MHP_EXPORT int mhp_reporting_set(struct mhp_ctx *ctx, const struct mhp_reporting_options *given,
				 struct mhp_reporting_change *change, struct mhp_error *err)
{
	struct mhp_reporting_options options;
	struct mhp_reporting *now = NULL;
	struct setting settings[NR_SETTINGS];
	struct mhp_reporting_change done = { .old_order = MHP_UNKNOWN,
					     .old_delay_ms = MHP_UNKNOWN };
	int rc = reporting_options_take(&options, given, err);

	if (rc == 0)
		rc = mhp_reporting_read(ctx, &now, err);
	if (rc < 0)
		return rc;
	settings[SETTING_ORDER] =
		(struct setting){ KERNEL_REPORTING_ORDER, "order",   options.has_order, false,
				  options.order,	  now->order };
	settings[SETTING_DELAY] = (struct setting){
		KERNEL_REPORTING_DELAY, "delay in ms",
		options.has_delay,	false,
		options.delay_ms,	now->has_delay ? now->delay_ms : MHP_UNKNOWN
	};
	rc = check_all(ctx, now, settings, options.dry_run, err);
	if (rc == 0 && !options.dry_run)
		rc = write_all(ctx, settings, err);
	done.old_order = now->order;
	done.old_delay_ms = now->delay_ms;
	done.is_temporary = options.has_order && now->is_active != MHP_TRISTATE_YES;
	done.has_new_order = settings[SETTING_ORDER].is_written;
	done.has_new_delay = settings[SETTING_DELAY].is_written;
	done.has_changes = done.has_new_order || done.has_new_delay;
	mhp_reporting_free(now);
	if (change)
		*change = done;
	return rc;
}
