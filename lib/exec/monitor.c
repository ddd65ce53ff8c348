/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports changes. An event of the kernel only says that something has changed; the difference
 * between two scans shows the change. So a lost or late event does no harm, and thousands of events
 * cost one scan.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/model/debounce.h"
#include "lib/model/change.h"
#include "lib/model/condition.h"
#include "lib/model/kernel-policy.h"
#include "lib/model/run-records.h"
#include "lib/sys/kernel.h"
#include "lib/sys/uevent.h"
#include "lib/sys/statedir.h"
#include "lib/sys/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The interval for reading values without an event, such as auto_online_blocks. */
#define TICK_MS 1000

/* Events read in a row before anything else is done. */
#define EVENTS_MAX 1024

/* How often a broken event source is opened again without an event in between. */
#define REOPEN_MAX 3

/* Time limit for the last scan: a busy bus must not delay the end. */
#define LAST_LOOK_MS 2000

struct monitor {
	struct mhp_ctx *ctx;
	const struct mhp_monitor_options *options;
	struct mhp_error *err;
	struct uevents *source;
	struct condition until;
	struct target *targets;
	struct mhp_topology *topo;
	struct mhp_topology *named; /* the selected targets; NULL: everything */
	struct debounce debounce;
	struct idset reported; /* blocks reported by the current scan */
	struct watch watch;
	struct run_records runs[RUN_KINDS];
	bool runs_due;
	int nr_reopened; /* since the last event */
	uint64_t deadline;
	uint64_t tick;
	uint64_t again; /* when to scan again, as some changes follow their event */
	uint64_t nr_reported;
	bool is_over; /* the requested number of changes is reached, or the reader is gone */
	bool reader_gone;
};

/* ---- reporting --------------------------------------------------------------------------- */

static int report_change(const struct mhp_change *change, void *data)
{
	struct monitor *m = data;
	struct mhp_change reported = *change;

	reported.time_us = clock_real_usec();
	if (change->kind == MHP_CHANGE_BLOCKS &&
	    idset_add(&m->reported, change->first_block, change->last_block) < 0)
		return -ENOMEM;
	if (m->options->change(&reported, m->options->data) != 0) {
		m->reader_gone = m->is_over = true;
		return 1;
	}
	if (change->kind != MHP_CHANGE_READY)
		m->nr_reported++;
	m->is_over = m->options->count && m->nr_reported >= m->options->count;
	return m->is_over;
}

static int report_kind(struct monitor *m, enum mhp_change_kind kind)
{
	const struct mhp_change change = { .kind = kind };

	return report_change(&change, m);
}

static int report_changes(struct monitor *m, const struct mhp_topology *topo,
			  const struct mhp_topology *named)
{
	const struct comparison cmp = {
		.before = m->topo,
		.after = topo,
		.before_named = m->named,
		.after_named = named,
		.online = &m->debounce.online,
		.offline = &m->debounce.offline,
		.fn = report_change,
		.data = m,
	};

	if (m->debounce.lost && report_kind(m, MHP_CHANGE_OVERFLOW) != 0)
		return 0;
	return topology_changes(&cmp);
}

/* ---- reading the machine ------------------------------------------------------------------ */

/* Selects the targets into *ret. first: reports the missing ones. */
static int select_targets(const struct monitor *m, const struct mhp_topology *topo, bool first,
			  struct mhp_topology **ret)
{
	cleanup_topology struct mhp_topology *named = NULL;
	int rc;

	if (!m->options->nr_targets)
		return 0;
	rc = topology_copy(topo, &named);
	if (rc == 0)
		rc = topology_select_there(named, m->targets, m->options->nr_targets,
					   first ? m->options->missing : NULL, m->options->data);
	if (rc < 0)
		return err_errno(m->err, rc, "targets");
	*ret = TAKE_PTR(named);
	return 0;
}

/* Scans the machine and reports the changes since the last scan. */
static int scan_and_report(struct monitor *m)
{
	cleanup_topology struct mhp_topology *topo = NULL, *named = NULL;
	uint64_t reported = m->nr_reported;
	int is_old, rc = mhp_topology_scan(m->ctx, 0, &topo, m->err);

	if (rc < 0)
		return rc;
	is_old = topology_keep_hidden(topo, m->topo);
	if (is_old < 0)
		return err_errno(m->err, is_old, "changes");
	rc = select_targets(m, topo, false, &named);
	if (rc < 0)
		return rc;
	rc = report_changes(m, topo, named);
	if (rc < 0)
		return err_errno(m->err, rc, "changes");
	m->again = is_old || m->nr_reported != reported || m->debounce.nr ? clock_msec() + TICK_MS
									  : CLOCK_NEVER;
	debounce_done(&m->debounce, &m->reported);
	idset_free(&m->reported);
	m->reported = (struct idset){ 0 };
	mhp_topology_free(m->topo);
	mhp_topology_free(m->named);
	m->topo = TAKE_PTR(topo);
	m->named = TAKE_PTR(named);
	return 0;
}

static int scan_first(struct monitor *m)
{
	int rc = mhp_topology_scan(m->ctx, 0, &m->topo, m->err);

	if (rc == 0)
		rc = select_targets(m, m->topo, true, &m->named);
	for (enum run_kind kind = 0; kind < RUN_KINDS; kind++)
		run_records_read(&m->ctx->sys, kind, &m->runs[kind]);
	if (rc == 0)
		report_kind(m, MHP_CHANGE_READY);
	return rc;
}

/* ---- runs of a policy and of recover ------------------------------------------------------ */

static int report_run_change(struct monitor *m, enum run_kind kind,
			     const struct mhp_run_record *run, enum mhp_change_action action)
{
	const struct mhp_change change = {
		.kind = kind == RUN_KIND_POLICY ? MHP_CHANGE_RUN : MHP_CHANGE_RECOVERY,
		.action = action,
		.run = run,
	};

	return report_change(&change, m);
}

static int report_started(struct monitor *m, enum run_kind kind, const struct mhp_run_record *run)
{
	const struct mhp_run_record begun = {
		.run = run->run,
		.pid = run->pid,
		.start_us = run->start_us,
		.exit_code = -1,
	};

	return report_run_change(m, kind, &begun, MHP_ACTION_STARTED);
}

static int report_run(struct monitor *m, enum run_kind kind, const struct mhp_run_record *run)
{
	const struct mhp_run_record *before = run_records_find(&m->runs[kind], run);
	bool has_ended = run->state != MHP_RUN_RUNNING;
	int rc = before ? 0 : report_started(m, kind, run);

	if (rc == 0 && has_ended && (!before || before->state == MHP_RUN_RUNNING))
		rc = report_run_change(m, kind, run, MHP_ACTION_ENDED);
	return rc;
}

/* Returns whether runs are missing because more ended than are kept. */
static bool runs_are_missing(const struct run_records *before, const struct run_records *now)
{
	const struct mhp_run_record *last = run_records_last(before);

	return now->nr == RUN_RECORDS_MAX && now->runs[0].pub.run > (last ? last->run : 0) + 1;
}

/* Reports runs, after the changes that they made. Reports nothing if they are not readable. */
static int check_runs_of(struct monitor *m, enum run_kind kind)
{
	struct run_records now;
	int rc = run_records_read(&m->ctx->sys, kind, &now);

	/* run_records_read() clears the padding too:
	 * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	if (rc < 0 || memcmp(&now, &m->runs[kind], sizeof(now)) == 0)
		return 0;
	rc = m->debounce.is_open ? scan_and_report(m) : 0;
	if (rc < 0)
		return rc;
	if (!m->is_over && runs_are_missing(&m->runs[kind], &now))
		report_kind(m, MHP_CHANGE_OVERFLOW);
	for (size_t i = 0; i < now.nr && !m->is_over; i++)
		report_run(m, kind, &now.runs[i].pub);
	m->runs[kind] = now;
	return 0;
}

static int check_runs(struct monitor *m)
{
	int rc = 0;

	m->runs_due = false;
	for (enum run_kind kind = 0; kind < RUN_KINDS && rc == 0 && !m->is_over; kind++)
		rc = check_runs_of(m, kind);
	return rc;
}

/* ---- events ------------------------------------------------------------------------------ */

static int open_source(struct monitor *m)
{
	int rc = m->ctx->uevent->open(m->ctx, &m->source);

	if (rc == -EOPNOTSUPP)
		return err_set(m->err, rc, MHP_REASON_UNSUPPORTED, "libudev is not installed");
	return rc < 0 ? err_errno(m->err, rc, "cannot listen to the kernel's events") : 0;
}

/* Opens the source again. A scan finds the changes in between; an overflow is reported. */
static int reopen_source(struct monitor *m)
{
	if (m->nr_reopened++ == REOPEN_MAX)
		return err_hint(m->err,
				err_set(m->err, -EIO, MHP_REASON_KERNEL,
					"the kernel's events cannot be read: their socket "
					"keeps failing"),
				"mhpctl list shows the current state; the kernel log may say "
				"more");
	m->ctx->uevent->close(m->source);
	m->source = NULL;
	debounce_touch(&m->debounce, clock_msec());
	m->debounce.lost = true;
	return open_source(m);
}

static int add_event(struct monitor *m, const struct uevent *event)
{
	m->nr_reopened = 0;
	return debounce_add(&m->debounce, event, clock_msec());
}

/* Returns the number of events, valid or not, or -EIO if no more can come. */
static int read_events(struct monitor *m)
{
	struct uevent event;
	int good = 0, rc;

	for (int i = 0; i < EVENTS_MAX; i++) {
		rc = m->ctx->uevent->next(m->source, &event);
		if (rc == 0 || rc == -EIO)
			return rc ? rc : i;
		good += rc == 1;
		m->debounce.lost |= rc == -ENOBUFS;
		if (rc == 1)
			rc = add_event(m, &event);
		else
			debounce_touch(&m->debounce, clock_msec());
		if (rc == -ENOMEM)
			return err_errno(m->err, rc, "events");
	}
	return good ? good : -EIO;
}

/* Reads the source after poll(). A source that reports an error but has no event is broken. */
static int read_source(struct monitor *m, short revents)
{
	int rc;

	if (revents & (POLLHUP | POLLNVAL))
		return reopen_source(m);
	rc = read_events(m);
	if (rc == -EIO || (rc == 0 && revents & POLLERR))
		return reopen_source(m);
	return rc < 0 ? rc : 0;
}

/* Checks what has no event: auto_online_blocks, and the end of a process. */
static void check_without_event(struct monitor *m)
{
	char text[sizeof(m->topo->memory.auto_online_blocks)];

	m->tick = clock_msec() + TICK_MS;
	m->runs_due = true;
	watch_folder(&m->watch, &m->ctx->sys, STATE_RUN);
	if (root_read(&m->ctx->sys, KERNEL_AUTO_ONLINE, text, sizeof(text)) == 0 &&
	    strcmp(text, m->topo->memory.auto_online_blocks) != 0)
		debounce_touch(&m->debounce, clock_msec());
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Waits for events, or until something is due. */
static int wait_for_events(struct monitor *m)
{
	struct pollfd fds[] = {
		{ .fd = m->ctx->stop_fd, .events = POLLIN },
		{ .fd = m->ctx->uevent->fd(m->source), .events = POLLIN },
		{ .fd = m->options->reader_fd > 0 ? m->options->reader_fd : -1 }, /* POLLERR only */
		{ .fd = m->watch.fd, .events = POLLIN },
	};
	uint64_t until = earliest(earliest(debounce_end(&m->debounce), m->again),
				  earliest(m->tick, m->deadline));

	if (clock_poll(fds, ARRAY_SIZE(fds), until) < 0 && errno != EINTR)
		return err_errno(m->err, -errno, "cannot wait for events");
	if (fds[2].revents & POLLERR)
		m->reader_gone = m->is_over = true;
	if (fds[3].revents) {
		watch_drain(&m->watch);
		m->runs_due = true;
	}
	return fds[1].revents ? read_source(m, fds[1].revents) : 0;
}

static bool is_reached(const struct monitor *m)
{
	return m->options->until && condition_holds(&m->until, m->topo, &m->runs[RUN_KIND_POLICY]);
}

static int set_deadline_error(const struct monitor *m)
{
	if (!m->options->until)
		return err_set(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE,
			       "the time limit has passed");
	err_set(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE, "%s was not reached in time",
		m->options->until);
	return err_hint(m->err, -ETIMEDOUT, "mhpctl list shows the current state");
}

/* Scans once more at the end. After a cancel only a timer can stop this scan. */
static int scan_once_more(struct monitor *m)
{
	cleanup_close int timer = watch_timer(LAST_LOOK_MS);
	int rc;

	ctx_stop_by(m->ctx, timer);
	rc = read_events(m);
	if (rc >= 0 || rc == -EIO)
		rc = scan_and_report(m);
	if (rc == 0 && !m->is_over)
		rc = check_runs(m);
	ctx_stop_by(m->ctx, -1);
	return rc;
}

/* Reports changes from before the end, then sets the reason of the end. */
static int scan_last(struct monitor *m, bool cancelled)
{
	int rc = scan_once_more(m);

	if (m->is_over || is_reached(m) || (rc < 0 && rc != -ECANCELED))
		return m->is_over || is_reached(m) ? 0 : rc;
	if (!cancelled)
		return set_deadline_error(m);
	return err_set(m->err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted%s",
		       rc < 0 ? "; what changed last could not be read in time" : "");
}

/* Runs the checks and scans that are due. */
static int run_due(struct monitor *m)
{
	int rc = 0;

	if (clock_msec() >= m->tick)
		check_without_event(m);
	if (m->runs_due)
		rc = check_runs(m);
	if (rc == 0 && !m->is_over &&
	    clock_msec() >= earliest(debounce_end(&m->debounce), m->again))
		rc = scan_and_report(m);
	return rc;
}

static int watch_until_end(struct monitor *m)
{
	int rc = 0;

	while (rc == 0 && !m->is_over && !is_reached(m)) {
		rc = wait_for_events(m);
		if (rc < 0)
			return rc;
		if (ctx_cancelled(m->ctx))
			return scan_last(m, true);
		if (clock_msec() >= m->deadline)
			return scan_last(m, false);
		rc = run_due(m);
		if (rc == -ECANCELED) /* during the scan */
			return scan_last(m, true);
	}
	return rc;
}

/* ---- start and end ----------------------------------------------------------------------- */

static int monitor_begin(struct monitor *m)
{
	const struct mhp_monitor_options *options = m->options;
	int rc;

	if (m->ctx->is_copy)
		return err_hint(m->err,
				err_set(m->err, -EINVAL, MHP_REASON_USAGE,
					"a copied tree does not change"),
				"leave out --sysroot to watch this machine");
	m->targets = calloc(options->nr_targets + 1, sizeof(*m->targets));
	if (!m->targets)
		return err_errno(m->err, -ENOMEM, "targets");
	for (size_t i = 0; i < options->nr_targets; i++) {
		rc = target_parse(options->targets[i], &m->targets[i], m->err);
		if (rc < 0)
			return rc;
	}
	rc = options->until ? condition_parse(options->until, &m->until, m->err) : 0;
	if (rc < 0)
		return rc;
	m->deadline = clock_deadline(options->timeout_ms);
	m->tick = clock_msec() + TICK_MS;
	m->again = CLOCK_NEVER;
	watch_open(&m->watch); /* watches start before the first scan */
	watch_folder(&m->watch, &m->ctx->sys, STATE_RUN);
	return open_source(m);
}

static void monitor_end(struct monitor *m)
{
	if (m->source)
		m->ctx->uevent->close(m->source);
	watch_close(&m->watch);
	debounce_clear(&m->debounce);
	idset_free(&m->reported);
	mhp_topology_free(m->topo);
	mhp_topology_free(m->named);
	free(m->targets);
}

MHP_EXPORT int mhp_monitor(struct mhp_ctx *ctx, const struct mhp_monitor_options *options,
			   enum mhp_monitor_end *end, struct mhp_error *err)
{
	struct mhp_monitor_options known;
	struct monitor m = { .ctx = ctx, .options = &known, .err = err, .watch = WATCH_NONE };
	int rc = monitor_options_take(&known, options, err);

	if (rc < 0)
		return rc;
	rc = monitor_begin(&m);
	if (rc == 0)
		rc = scan_first(&m);
	if (rc == 0)
		rc = watch_until_end(&m);
	if (rc == 0)
		*end = m.reader_gone	? MHP_MONITOR_READER_GONE
		       : is_reached(&m) ? MHP_MONITOR_CONDITION_MET
					: MHP_MONITOR_COUNT_REACHED;
	monitor_end(&m);
	return rc;
}
