/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the settings of free page reporting, waits for it, and a watch. */
#include "lib/base/clock.h"
#include "tests/unit/fake/fakereporting.h"

#include <errno.h>
#include <string.h>

#define BALLOON "virtio_balloon"

static struct fakesys *machine(bool has_delay)
{
	struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000001", BALLOON);
	if (has_delay)
		fakesys_put(fs, FAKE_REPORTING_DELAY, "2000\n");
	return fs;
}

static int set_both(struct fakesys *fs, uint64_t order, uint64_t delay_ms,
		    struct mhp_reporting_change *change, struct mhp_error *err)
{
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = order != MHP_UNKNOWN, .order = order,
					   .has_delay = delay_ms != MHP_UNKNOWN,
					   .delay_ms = delay_ms);

	return mhp_reporting_set(fs->ctx, &options, change, err);
}

/* ---- set --------------------------------------------------------------------------------- */

static void order_and_delay(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };

	assert_int_equal(set_both(fs, 5, 0, &change, NULL), 0);
	assert_true(change.has_changes && !change.is_temporary);
	assert_true(change.old_order == 9 && change.old_delay_ms == 2000);
	assert_true(change.has_new_order && change.has_new_delay);
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "5");
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_DELAY), "0");
}

static void values_that_are_set_already(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };

	assert_int_equal(set_both(fs, 9, 2000, &change, NULL), 0);
	assert_false(change.has_changes);
	assert_int_equal(fakesys_writes(fs, "page_reporting"), 0);
}

static void values_that_are_wrong(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	assert_int_equal(set_both(fs, 11, MHP_UNKNOWN, &change, &err), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_non_null(strstr(err.message, "above the largest order of this kernel, 10"));
	assert_int_equal(set_both(fs, 5, 1ULL << 32, &change, &err), -EINVAL);
	assert_false(change.has_changes);
	assert_int_equal(fakesys_writes(fs, "page_reporting"), 0);
	fakesys_put(fs, "proc/buddyinfo", "garbage\n");
	assert_int_equal(set_both(fs, 5, MHP_UNKNOWN, &change, &err), -EIO);
	assert_int_equal(fakesys_writes(fs, "page_reporting"), 0);
}

static void kernels_that_lack_a_setting(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(false);
	struct mhp_error err = { 0 };

	/* the order is not written either */
	assert_int_equal(set_both(fs, 5, 100, NULL, &err), -EOPNOTSUPP);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(err.hint, "7.3"));
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "9");
	assert_int_equal(tree_remove(fs->tree.fd, "sys/module/page_reporting"), 0);
	assert_int_equal(set_both(fs, 5, MHP_UNKNOWN, NULL, &err), -EOPNOTSUPP);
}

static void a_dry_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = true, .order = 3, .dry_run = true);
	struct mhp_reporting_change change = { 0 };

	assert_int_equal(mhp_reporting_set(fs->ctx, &options, &change, NULL), 0);
	assert_false(change.has_changes);
	assert_int_equal(fakesys_writes(fs, "page_reporting"), 0);
}

/* The order is restored if the delay is refused, and the message says so. */
static void a_delay_that_is_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	fakesys_answer(fs, 1, FAKE_REPORTING_DELAY, "100", "errno 22");
	assert_int_equal(set_both(fs, 5, 100, &change, &err), -EINVAL);
	assert_false(change.has_changes || change.has_new_order || change.has_new_delay);
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "9");
	assert_non_null(strstr(err.message, "cannot set the delay"));
	assert_non_null(strstr(err.message, "; the order is 9 again"));
}

static void an_order_that_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	fakesys_answer(fs, 1, FAKE_REPORTING_DELAY, "100", "errno 22");
	fakesys_answer(fs, 1, FAKE_REPORTING_ORDER, "9", "errno 1");
	assert_int_equal(set_both(fs, 5, 100, &change, &err), -EINVAL);
	assert_true(change.has_changes && change.has_new_order && !change.has_new_delay);
	assert_string_equal(fakesys_get(fs, FAKE_REPORTING_ORDER), "5");
	assert_non_null(strstr(err.message, "; the order was not restored to 9"));
}

/* -1 shows that no driver has set the order; the kernel does not accept it. */
static void an_order_that_was_not_set(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	fakesys_put(fs, FAKE_REPORTING_ORDER, "-1\n");
	fakesys_answer(fs, 1, FAKE_REPORTING_DELAY, "100", "errno 22");
	assert_int_equal(set_both(fs, 5, 100, &change, &err), -EINVAL);
	assert_true(change.has_changes && change.old_order == MHP_UNKNOWN);
	assert_int_equal(fakesys_writes(fs, "page_reporting_order"), 1);
	assert_non_null(strstr(err.message, "; the order is now 5, and was not set"));
}

/* The write succeeds, and the kernel shows the old value. */
static void a_value_that_does_not_stay(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	fakesys_answer(fs, 1, FAKE_REPORTING_ORDER, "5", "ok");
	assert_int_equal(set_both(fs, 5, MHP_UNKNOWN, &change, &err), -EIO);
	assert_non_null(strstr(err.message, "the kernel shows the order 9 after 5 was written"));
	assert_false(change.has_changes);
}

static void without_a_balloon_it_may_not_last(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_change change = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3"), 0);
	assert_int_equal(set_both(fs, 5, MHP_UNKNOWN, &change, NULL), 0);
	assert_true(change.has_changes && change.is_temporary);
}

/* ---- wait -------------------------------------------------------------------------------- */

static void a_wait(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_wait wait = { 0 };
	uint64_t start = clock_msec();

	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, &wait, NULL), 0);
	assert_true(wait.eta_ms > 10000 && clock_msec() - start >= wait.eta_ms);
	assert_true(wait.waited_ms >= wait.eta_ms);
	assert_true(wait.skipped_bytes == 12 * MIB);
	start = clock_msec();
	assert_int_equal(mhp_reporting_check(fs->ctx, NULL), 0); /* at once */
	assert_true(clock_msec() - start < wait.eta_ms);
	fs->ctx->is_copy = true;
	assert_int_equal(mhp_reporting_check(fs->ctx, NULL), -EINVAL);
	assert_int_equal(wait.is_active, MHP_TRISTATE_YES);
}

/* A report that is under way hides its blocks. */
static void a_wait_for_one_round(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_wait wait = { 0 };

	fakesys_put(fs, "proc/buddyinfo",
		    "Node 0, zone DMA 1 0 0 0 0 0 0 0 0 0 0\n"
		    "Node 0, zone Normal 1 0 0 0 0 0 0 0 0 0 0\n"
		    "Node 1, zone Movable 1 0 0 0 0 0 0 0 0 0 0\n");
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, &wait, NULL), 0);
	assert_true(wait.reportable_bytes == 0);
	assert_true(wait.waited_ms >= 2000 && wait.waited_ms < 10000);
}

struct rival {
	struct fakesys *fs;
	unsigned reads;
	const char *path;
	const char *text; /* or NULL: the file is removed */
};

/* Changes a file at the second read of the machine, of which each misses the bus of Hyper-V. */
static void on_line(const char *line, void *data)
{
	struct rival *rival = data;

	if (!strstr(line, "sys/bus/vmbus/devices") || ++rival->reads != 2)
		return;
	assert_int_equal(tree_remove(rival->fs->tree.fd, rival->path), 0);
	if (rival->text)
		fakesys_put(rival->fs, rival->path, rival->text);
}

/* The wait was for the settings and the balloon of its start. */
static void changes_during_a_wait(void **state)
{
	static const struct {
		const char *path;
		const char *text;
		int rc;
	} changes[] = {
		{ FAKE_REPORTING_ORDER, "9\n", 0 },
		{ FAKE_REPORTING_ORDER, "5\n", 0 },
		{ FAKE_REPORTING_ORDER, "10\n", -ESTALE },
		{ FAKE_REPORTING_ORDER, "11\n", -EOPNOTSUPP },
		{ FAKE_REPORTING_DELAY, "100\n", 0 },
		{ FAKE_REPORTING_DELAY, "2001\n", -ESTALE },
		{ FAKE_REPORTING_DELAY, "x\n", -ESTALE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		cleanup_fakesys struct fakesys *fs = machine(true);
		struct rival rival = { fs, 0, changes[i].path, changes[i].text };
		struct mhp_error err = { 0 };

		mhp_ctx_set_log(fs->ctx, on_line, &rival);
		assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), changes[i].rc);
		assert_int_equal(rival.reads, 2);
		mhp_ctx_set_log(fs->ctx, NULL, NULL);
	}
}

static void a_wait_that_is_too_short(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_reporting_wait wait = { 0 };
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_reporting_wait(fs->ctx, 500, &wait, &err), -ETIMEDOUT);
	assert_int_equal(err.reason, MHP_REASON_DEADLINE);
	assert_true(wait.waited_ms >= 500 && wait.waited_ms < wait.eta_ms);
}

static void a_wait_that_is_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct mhp_error err = { 0 };

	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
}

static void nothing_to_wait_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };

	fakereporting_add(fs, "000000", BALLOON);
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "virtio3"));
	assert_int_equal(mhp_reporting_check(fs->ctx, &err), -EOPNOTSUPP);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3"), 0);
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "there is no balloon device"));
	/* nobody knows whether this one reports: a wait would not mean anything */
	fakereporting_add(fs, "broken", BALLOON);
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "not known whether a balloon reports"));
	/* Linux 6.1 accepts this order */
	fakesys_put(fs, "sys/bus/virtio/devices/virtio3/features", "000001");
	fakesys_put(fs, FAKE_REPORTING_ORDER, "99\n");
	assert_int_equal(mhp_reporting_wait(fs->ctx, 0, NULL, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "the order 99 is above the largest"));
}

/* ---- follow ------------------------------------------------------------------------------ */

struct watcher {
	struct fakesys *fs;
	unsigned calls;
	uint64_t last;
};

/* Changes the machine after the first call. */
static int on_change(const struct mhp_reporting *reporting, void *data)
{
	struct watcher *w = data;

	w->last = reporting->reportable_bytes;
	if (!w->calls++)
		fakesys_put(w->fs, "proc/buddyinfo",
			    "Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 10\n");
	return 0;
}

static void a_watch(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct watcher w = { .fs = fs };
	struct mhp_reporting_watch watch =
		MHP_REPORTING_WATCH_INIT(.count = 2, .changed = on_change, .data = &w);

	fakesys_put(fs, "proc/zoneinfo",
		    "Node 0, zone Normal\n  pages free 100000\n low 700\n managed 200000\n");
	fakesys_put(fs, "proc/buddyinfo", "Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 90\n");
	assert_int_equal(mhp_reporting_follow(fs->ctx, &watch, NULL), 0);
	assert_int_equal(w.calls, 2);
	assert_true(w.last == 40 * MIB);
}

static void a_watch_without_changes(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(true);
	struct watcher w = { .fs = fs, .calls = 1 };
	struct mhp_reporting_watch watch =
		MHP_REPORTING_WATCH_INIT(.timeout_ms = 5000, .changed = on_change, .data = &w);

	assert_int_equal(mhp_reporting_follow(fs->ctx, &watch, NULL), -ETIMEDOUT);
	assert_int_equal(w.calls, 2); /* the state at the start */
	fs->ctx->is_copy = true;
	assert_int_equal(mhp_reporting_follow(fs->ctx, &watch, NULL), -EINVAL);
}

UNIT_TESTS(cmocka_unit_test(order_and_delay), cmocka_unit_test(values_that_are_set_already),
	   cmocka_unit_test(values_that_are_wrong), cmocka_unit_test(kernels_that_lack_a_setting),
	   cmocka_unit_test(a_dry_run), cmocka_unit_test(a_delay_that_is_refused),
	   cmocka_unit_test(an_order_that_stays), cmocka_unit_test(an_order_that_was_not_set),
	   cmocka_unit_test(a_value_that_does_not_stay),
	   cmocka_unit_test(without_a_balloon_it_may_not_last), cmocka_unit_test(a_wait),
	   cmocka_unit_test(a_wait_for_one_round), cmocka_unit_test(changes_during_a_wait),
	   cmocka_unit_test(a_wait_that_is_too_short), cmocka_unit_test(a_wait_that_is_cancelled),
	   cmocka_unit_test(nothing_to_wait_for), cmocka_unit_test(a_watch),
	   cmocka_unit_test(a_watch_without_changes))
