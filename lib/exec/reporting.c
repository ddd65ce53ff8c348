/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for free page reporting, and follows it. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/model/reporting.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define WATCH_MS 1000

DEFINE_CLEANUP(struct mhp_reporting *, reporting_cleanup, mhp_reporting_free)
#define cleanup_reporting __attribute__((cleanup(reporting_cleanup)))

/* ---- wait -------------------------------------------------------------------------------- */

/* Fails for an order above the largest: Linux 6.1 accepts it, and then reports nothing. */
static int require_order(const struct mhp_reporting *reporting, struct mhp_error *err)
{
	if (reporting->order == MHP_UNKNOWN || reporting->max_order == MHP_UNKNOWN ||
	    reporting->order <= reporting->max_order)
		return 0;
	return err_hint(err,
			err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
				"free pages are not reported: the order %llu is above the largest "
				"of this kernel, %llu",
				(unsigned long long)reporting->order,
				(unsigned long long)reporting->max_order),
			"set a lower one: mhpctl reporting --order 9");
}

/* Fails for a machine of which it is certain that nothing is reported. */
static int require_active(const struct mhp_reporting *reporting, struct mhp_error *err)
{
	const struct mhp_balloon *first = mhp_reporting_balloon(reporting, 0);

	if (reporting->is_active != MHP_TRISTATE_NO)
		return require_order(reporting, err);
	if (!first)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"free pages are not reported: there is no balloon device"),
				"the host has to add one; for QEMU: -device "
				"virtio-balloon-pci,free-page-reporting=on");
	return err_hint(err,
			err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
				"free pages are not reported: %s: %s", first->name, first->why),
			"see mhpctl reporting");
}

/* Fails if there is no estimate, because the wait would not mean anything. */
static int require_estimate(const struct mhp_reporting *reporting, struct mhp_error *err)
{
	if (reporting->eta_ms != MHP_UNKNOWN)
		return 0;
	return err_hint(err,
			err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
				"the time for free page reporting is not known: %s",
				reporting->is_active == MHP_TRISTATE_UNKNOWN
					? "it is not known whether a balloon reports"
					: "order, delay or free memory cannot be read"),
			"see mhpctl reporting");
}

/*
 * Fails if what was true before the wait is not true any more: a balloon has gone, or the settings
 * were changed to slower ones.
 */
static int require_same(const struct mhp_reporting *before, const struct mhp_reporting *after,
			struct mhp_error *err)
{
	int rc = require_active(after, err);

	if (rc < 0)
		return rc;
	if (after->is_active != MHP_TRISTATE_YES)
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "it is not known whether a balloon still reports");
	if (after->order == MHP_UNKNOWN || after->order > before->order ||
	    after->delay_ms == MHP_UNKNOWN || after->delay_ms > before->delay_ms)
		return err_hint(err,
				err_set(err, -ESTALE, MHP_REASON_MISMATCH,
					"order or delay were changed during the wait"),
				"wait again");
	return 0;
}

/*
 * Returns the time to wait. While a report is under way its blocks are not on the free lists, so
 * there is one round even if nothing is reportable.
 */
static uint64_t time_to_wait(const struct mhp_reporting *reporting)
{
	uint64_t round_ms = reporting->delay_ms + REPORTING_START_MS;

	return reporting->eta_ms > round_ms ? reporting->eta_ms : round_ms;
}

static uint64_t skipped_bytes(const struct mhp_reporting *reporting)
{
	const struct mhp_reporting_zone *zone;
	uint64_t bytes = 0;

	for (size_t i = 0; (zone = mhp_reporting_zone(reporting, i)); i++) {
		if (zone->is_low == MHP_TRISTATE_NO)
			continue;
		if (zone->is_low == MHP_TRISTATE_UNKNOWN || zone->large_bytes == MHP_UNKNOWN)
			return MHP_UNKNOWN;
		bytes += zone->large_bytes;
	}
	return bytes;
}

/* Waits for a time, a cancel or the deadline. */
static int wait_time(const struct mhp_ctx *ctx, uint64_t start, uint64_t msec, uint64_t timeout_ms,
		     struct mhp_error *err)
{
	struct pollfd pfd = { .fd = ctx->stop_fd, .events = POLLIN };
	uint64_t end = start + (timeout_ms && timeout_ms < msec ? timeout_ms : msec);

	while (!ctx_cancelled(ctx) && clock_msec() < end)
		clock_poll(&pfd, 1, end);
	if (ctx_cancelled(ctx))
		return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted");
	if (timeout_ms && timeout_ms < msec)
		return err_hint(err,
				err_set(err, -ETIMEDOUT, MHP_REASON_DEADLINE,
					"not all free memory had the time to be reported"),
				"allow more than %llu ms with --timeout", (unsigned long long)msec);
	return 0;
}

/* Reads the machine. Fails if there is nothing to wait for, or if that is not known. */
static int read_before(struct mhp_ctx *ctx, struct mhp_reporting **before, struct mhp_error *err)
{
	int rc = mhp_reporting_read(ctx, before, err);

	if (rc == 0)
		rc = require_active(*before, err);
	if (rc == 0)
		rc = require_estimate(*before, err);
	if (rc == 0 && ctx->is_copy)
		rc = err_usage(err, "leave out --sysroot to wait for this machine",
			       "a copied tree does not change");
	return rc;
}

MHP_EXPORT int mhp_reporting_check(struct mhp_ctx *ctx, struct mhp_error *err)
{
	cleanup_reporting struct mhp_reporting *before = NULL;

	return read_before(ctx, &before, err);
}

MHP_EXPORT int mhp_reporting_wait(struct mhp_ctx *ctx, uint64_t timeout_ms,
				  struct mhp_reporting_wait *wait, struct mhp_error *err)
{
	cleanup_reporting struct mhp_reporting *before = NULL, *after = NULL;
	struct mhp_reporting_wait result = { 0 };
	uint64_t start = clock_msec();
	int rc = read_before(ctx, &before, err);

	if (rc < 0)
		return rc;
	result.eta_ms = time_to_wait(before);
	result.reportable_bytes = before->reportable_bytes;
	result.skipped_bytes = skipped_bytes(before);
	rc = wait_time(ctx, start, result.eta_ms, timeout_ms, err);
	result.waited_ms = clock_msec() - start;
	if (rc == 0)
		rc = mhp_reporting_read(ctx, &after, err);
	if (rc == 0)
		rc = require_same(before, after, err);
	result.is_active = after ? after->is_active : MHP_TRISTATE_UNKNOWN;
	if (wait)
		*wait = result;
	return rc;
}

/* ---- follow ------------------------------------------------------------------------------ */

struct follower {
	struct mhp_ctx *ctx;
	struct mhp_reporting_watch watch;
	uint64_t deadline;
	uint64_t count;
	bool is_over;
};

static bool zones_differ(const struct mhp_reporting *a, const struct mhp_reporting *b)
{
	if (a->nr_zones != b->nr_zones)
		return true;
	for (size_t i = 0; i < a->nr_zones; i++) {
		const struct mhp_reporting_zone *x = mhp_reporting_zone(a, i);
		const struct mhp_reporting_zone *y = mhp_reporting_zone(b, i);

		if (x->node != y->node || strcmp(x->zone, y->zone) != 0 ||
		    x->large_bytes != y->large_bytes || x->reportable_bytes != y->reportable_bytes)
			return true;
	}
	return false;
}

/* Compares what the watch is for: single pages come and go all the time. */
static bool is_change(const struct mhp_reporting *a, const struct mhp_reporting *b)
{
	return !a || a->is_active != b->is_active || a->order != b->order ||
	       a->delay_ms != b->delay_ms || a->nr_balloons != b->nr_balloons || zones_differ(a, b);
}

static void pause_follower(struct follower *f)
{
	uint64_t interval = f->watch.interval_ms ? f->watch.interval_ms : WATCH_MS;
	uint64_t until = clock_msec() + interval;
	struct pollfd fds[] = {
		{ .fd = f->ctx->stop_fd, .events = POLLIN },
		{ .fd = f->watch.reader_fd > 0 ? f->watch.reader_fd : -1 }, /* POLLERR only */
	};

	clock_poll(fds, ARRAY_SIZE(fds), until < f->deadline ? until : f->deadline);
	f->is_over |= fds[1].revents != 0;
}

static int follow(struct follower *f, struct mhp_error *err)
{
	cleanup_reporting struct mhp_reporting *last = NULL;

	while (!f->is_over) {
		struct mhp_reporting *now = NULL;
		int rc = mhp_reporting_read(f->ctx, &now, err);

		if (rc < 0)
			return rc;
		if (is_change(last, now)) {
			f->is_over = f->watch.changed(now, f->watch.data) != 0;
			f->is_over |= ++f->count == f->watch.count;
		}
		mhp_reporting_free(last);
		last = now;
		if (ctx_cancelled(f->ctx))
			return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted");
		if (!f->is_over && clock_msec() >= f->deadline)
			return err_set(err, -ETIMEDOUT, MHP_REASON_DEADLINE, "timeout");
		if (!f->is_over)
			pause_follower(f);
	}
	return 0;
}

MHP_EXPORT int mhp_reporting_follow(struct mhp_ctx *ctx, const struct mhp_reporting_watch *watch,
				    struct mhp_error *err)
{
	struct follower f = { .ctx = ctx };
	int rc = reporting_watch_take(&f.watch, watch, err);

	if (rc < 0)
		return rc;
	if (ctx->is_copy)
		return err_usage(err, "leave out --sysroot to watch this machine",
				 "a copied tree does not change");
	f.deadline = clock_deadline(f.watch.timeout_ms);
	return follow(&f, err);
}
