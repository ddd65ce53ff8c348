/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of the kernel say that something has changed; what, is the difference between two scans.
 * So an event that is lost, or comes late, loses nothing, and thousands of them cost one scan.
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

/* What has no event, such as auto_online_blocks, is looked at this often. */
#define TICK_MS 1000

/* Events taken at once, before anything else gets its turn. */
#define EVENTS_MAX 1024

/* So often a source of events that breaks is opened anew, without an event in between. */
#define REOPEN_MAX 3

/* A bus that is busy does not hold up the end for longer. */
#define LAST_LOOK_MS 2000

struct monitor {
	struct mhp_ctx *ctx;
	const struct mhp_monitor_options *options;
	struct mhp_error *err;
	struct uevents *source;
	struct condition until;
	struct target *targets;
	struct mhp_topology *topo;
	struct mhp_topology *named; /* NULL: everything is */
	struct burst burst;
	struct idset told; /* blocks, by the present look */
	struct watch watch;
	struct run_records runs;
	bool runs_due;
	int nr_reopened; /* since the last event */
	uint64_t deadline;
	uint64_t tick;
	uint64_t again; /* when to look once more, since some things change behind their event */
	uint64_t nr_told;
	bool is_over; /* as many changes as were asked for, or nobody listens */
	bool reader_gone;
};

/* ---- telling ----------------------------------------------------------------------------- */

static int tell(const struct mhp_change *change, void *data)
{
	struct monitor *m = data;
	struct mhp_change told = *change;

	told.time_us = clock_real_usec();
	if (change->kind == MHP_CHANGE_BLOCKS &&
	    idset_add(&m->told, change->first_block, change->last_block) < 0)
		return -ENOMEM;
	if (m->options->change(&told, m->options->data) != 0) {
		m->reader_gone = m->is_over = true;
		return 1;
	}
	if (change->kind != MHP_CHANGE_READY)
		m->nr_told++;
	m->is_over = m->options->count && m->nr_told >= m->options->count;
	return m->is_over;
}

static int tell_kind(struct monitor *m, enum mhp_change_kind kind)
{
	const struct mhp_change change = { .kind = kind };

	return tell(&change, m);
}

static int tell_changes(struct monitor *m, const struct mhp_topology *topo,
			const struct mhp_topology *named)
{
	const struct comparison cmp = {
		.before = m->topo,
		.after = topo,
		.before_named = m->named,
		.after_named = named,
		.online = &m->burst.online,
		.offline = &m->burst.offline,
		.fn = tell,
		.data = m,
	};

	if (m->burst.lost && tell_kind(m, MHP_CHANGE_OVERFLOW) != 0)
		return 0;
	return topology_changes(&cmp);
}

/* ---- reading the machine ------------------------------------------------------------------ */

/* first: say what is not there */
static int narrow_to_targets(const struct monitor *m, const struct mhp_topology *topo, bool first,
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

/* Read the machine, and tell what is not as it was the last time. */
static int look(struct monitor *m)
{
	cleanup_topology struct mhp_topology *topo = NULL, *named = NULL;
	uint64_t told = m->nr_told;
	bool is_old;
	int rc = mhp_topology_scan(m->ctx, 0, &topo, m->err);

	if (rc < 0)
		return rc;
	is_old = topology_keep_hidden(topo, m->topo);
	rc = narrow_to_targets(m, topo, false, &named);
	if (rc < 0)
		return rc;
	rc = tell_changes(m, topo, named);
	if (rc < 0)
		return err_errno(m->err, rc, "changes");
	m->again =
		is_old || m->nr_told != told || m->burst.nr ? clock_msec() + TICK_MS : CLOCK_NEVER;
	burst_done(&m->burst, &m->told);
	idset_free(&m->told);
	m->told = (struct idset){ 0 };
	mhp_topology_free(m->topo);
	mhp_topology_free(m->named);
	m->topo = TAKE_PTR(topo);
	m->named = TAKE_PTR(named);
	return 0;
}

static int look_first(struct monitor *m)
{
	int rc = mhp_topology_scan(m->ctx, 0, &m->topo, m->err);

	if (rc == 0)
		rc = narrow_to_targets(m, m->topo, true, &m->named);
	run_records_read(&m->ctx->sys, &m->runs);
	if (rc == 0)
		tell_kind(m, MHP_CHANGE_READY);
	return rc;
}

/* ---- runs of a policy --------------------------------------------------------------------- */

static int tell_run(struct monitor *m, const struct mhp_run_record *run,
		    enum mhp_change_action action)
{
	const struct mhp_change change = {
		.kind = MHP_CHANGE_RUN,
		.action = action,
		.run = run,
	};

	return tell(&change, m);
}

static int tell_started(struct monitor *m, const struct mhp_run_record *run)
{
	const struct mhp_run_record begun = {
		.run = run->run,
		.pid = run->pid,
		.start_us = run->start_us,
		.exit_code = -1,
	};

	return tell_run(m, &begun, MHP_ACTION_STARTED);
}

static int tell_of_run(struct monitor *m, const struct mhp_run_record *run)
{
	const struct mhp_run_record *before = run_records_find(&m->runs, run);
	bool has_ended = run->state != MHP_RUN_RUNNING;
	int rc = before ? 0 : tell_started(m, run);

	if (rc == 0 && has_ended && (!before || before->state == MHP_RUN_RUNNING))
		rc = tell_run(m, run, MHP_ACTION_ENDED);
	return rc;
}

/* More have run since than are kept. */
static bool runs_are_missing(const struct run_records *before, const struct run_records *now)
{
	const struct mhp_run_record *last = run_records_last(before);

	return now->nr == RUN_RECORDS_MAX && now->runs[0].is.run > (last ? last->run : 0) + 1;
}

/* What a run did is told before its end. Who may not read of them is told nothing. */
static int look_at_runs(struct monitor *m)
{
	struct run_records now;
	int rc = run_records_read(&m->ctx->sys, &now);

	m->runs_due = false;
	if (rc < 0 || memcmp(&now, &m->runs, sizeof(now)) == 0)
		return 0;
	rc = m->burst.is_open ? look(m) : 0;
	if (rc < 0)
		return rc;
	if (!m->is_over && runs_are_missing(&m->runs, &now))
		tell_kind(m, MHP_CHANGE_OVERFLOW);
	for (size_t i = 0; i < now.nr && !m->is_over; i++)
		tell_of_run(m, &now.runs[i].is);
	m->runs = now;
	return 0;
}

/* ---- waiting ----------------------------------------------------------------------------- */

static int open_source(struct monitor *m)
{
	int rc = m->ctx->uevent->open(m->ctx, &m->source);

	return rc < 0 ? err_errno(m->err, rc, "cannot listen to the kernel's events") : 0;
}

/* What is lost between the two is read from the machine, and told as such. */
static int open_again(struct monitor *m)
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
	burst_touch(&m->burst, clock_msec());
	m->burst.lost = true;
	return open_source(m);
}

static int take_event(struct monitor *m, const struct uevent *event)
{
	m->nr_reopened = 0;
	return burst_add(&m->burst, event, clock_msec());
}

/* How many there were, good ones or not; -EIO where no more will come. */
static int take_events(struct monitor *m)
{
	struct uevent event;
	int good = 0, rc;

	for (int i = 0; i < EVENTS_MAX; i++) {
		rc = m->ctx->uevent->next(m->source, &event);
		if (rc == 0 || rc == -EIO)
			return rc ? rc : i;
		good += rc == 1;
		m->burst.lost |= rc == -ENOBUFS;
		if (rc == 1)
			rc = take_event(m, &event);
		else
			burst_touch(&m->burst, clock_msec());
		if (rc == -ENOMEM)
			return err_errno(m->err, rc, "events");
	}
	return good ? good : -EIO;
}

/* revents: of its fd. What says that there is something and has nothing is broken too. */
static int take_from_source(struct monitor *m, short revents)
{
	int rc;

	if (revents & (POLLHUP | POLLNVAL))
		return open_again(m);
	rc = take_events(m);
	if (rc == -EIO || (rc == 0 && revents & POLLERR))
		return open_again(m);
	return rc < 0 ? rc : 0;
}

/* There is no event for it, nor for the death of a process. */
static void look_without_event(struct monitor *m)
{
	char text[sizeof(m->topo->memory.auto_online_blocks)];

	m->tick = clock_msec() + TICK_MS;
	m->runs_due = true;
	watch_folder(&m->watch, &m->ctx->sys, STATE_RUN);
	if (root_read(&m->ctx->sys, KERNEL_AUTO_ONLINE, text, sizeof(text)) == 0 &&
	    strcmp(text, m->topo->memory.auto_online_blocks) != 0)
		burst_touch(&m->burst, clock_msec());
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Until there are events, or it is time for something. */
static int wait_for_events(struct monitor *m)
{
	struct pollfd fds[] = {
		{ .fd = m->ctx->cancel_fd, .events = POLLIN },
		{ .fd = m->ctx->uevent->fd(m->source), .events = POLLIN },
		{ .fd = m->options->reader_fd > 0 ? m->options->reader_fd
						  : -1 }, /* POLLERR alone */
		{ .fd = m->watch.fd, .events = POLLIN },
	};
	uint64_t until =
		earliest(earliest(burst_end(&m->burst), m->again), earliest(m->tick, m->deadline));

	if (clock_poll(fds, ARRAY_SIZE(fds), until) < 0 && errno != EINTR)
		return err_errno(m->err, -errno, "cannot wait for events");
	if (fds[2].revents & POLLERR)
		m->reader_gone = m->is_over = true;
	if (fds[3].revents) {
		watch_drain(&m->watch);
		m->runs_due = true;
	}
	return fds[1].revents ? take_from_source(m, fds[1].revents) : 0;
}

static bool is_reached(const struct monitor *m)
{
	return m->options->until && condition_holds(&m->until, m->topo, &m->runs);
}

static int past_deadline(const struct monitor *m)
{
	if (!m->options->until)
		return err_set(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE,
			       "the time limit has passed");
	err_set(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE, "%s was not reached in time",
		m->options->until);
	return err_hint(m->err, -ETIMEDOUT, "mhpctl list shows the current state");
}

/* The machine as it is at the end, after a cancel too: then a timer is what ends it early. */
static int look_once_more(struct monitor *m)
{
	cleanup_close int timer = watch_timer(LAST_LOOK_MS);
	struct mhp_ctx *ctx = m->ctx, last = *ctx;
	int rc;

	last.cancel_fd = timer;
	m->ctx = &last;
	rc = take_events(m);
	if (rc >= 0 || rc == -EIO)
		rc = look(m);
	if (rc == 0 && !m->is_over)
		rc = look_at_runs(m);
	m->ctx = ctx;
	return rc;
}

/* What came before the end is told too. */
static int look_last(struct monitor *m, bool cancelled)
{
	int rc = look_once_more(m);

	if (m->is_over || is_reached(m) || (rc < 0 && rc != -ECANCELED))
		return m->is_over || is_reached(m) ? 0 : rc;
	if (!cancelled)
		return past_deadline(m);
	return err_set(m->err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted%s",
		       rc < 0 ? "; what changed last could not be read in time" : "");
}

/* What it is time for. */
static int do_what_is_due(struct monitor *m)
{
	int rc = 0;

	if (clock_msec() >= m->tick)
		look_without_event(m);
	if (m->runs_due)
		rc = look_at_runs(m);
	if (rc == 0 && !m->is_over && clock_msec() >= earliest(burst_end(&m->burst), m->again))
		rc = look(m);
	return rc;
}

static int watch(struct monitor *m)
{
	int rc = 0;

	while (rc == 0 && !m->is_over && !is_reached(m)) {
		rc = wait_for_events(m);
		if (rc < 0)
			return rc;
		if (ctx_cancelled(m->ctx))
			return look_last(m, true);
		if (clock_msec() >= m->deadline)
			return look_last(m, false);
		rc = do_what_is_due(m);
		if (rc == -ECANCELED) /* while the machine was read */
			return look_last(m, true);
	}
	return rc;
}

/* ---- beginning and end ------------------------------------------------------------------- */

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
	watch_open(&m->watch); /* both before the first scan */
	watch_folder(&m->watch, &m->ctx->sys, STATE_RUN);
	return open_source(m);
}

static void monitor_end(struct monitor *m)
{
	if (m->source)
		m->ctx->uevent->close(m->source);
	watch_close(&m->watch);
	burst_clear(&m->burst);
	idset_free(&m->told);
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
		rc = look_first(&m);
	if (rc == 0)
		rc = watch(&m);
	if (rc == 0)
		*end = m.reader_gone	? MHP_MONITOR_READER_GONE
		       : is_reached(&m) ? MHP_MONITOR_CONDITION_MET
					: MHP_MONITOR_COUNT_REACHED;
	monitor_end(&m);
	return rc;
}
