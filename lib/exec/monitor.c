/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of the kernel say that something has changed; what, is the difference between two scans.
 * So an event that is lost, or comes late, loses nothing, and thousands of them cost one scan.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/model/burst.h"
#include "lib/model/change.h"
#include "lib/model/condition.h"
#include "lib/model/kernel-policy.h"
#include "lib/sys/uevent.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* What has no event, such as auto_online_blocks, is looked at this often. */
#define TICK_MS 1000

/* Events taken at once, before anything else gets its turn. */
#define EVENTS_MAX 1024

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
	uint64_t deadline;
	uint64_t tick;
	uint64_t again; /* when to look once more, since some things change behind their event */
	uint64_t nr_told;
	bool is_over; /* as many changes as were asked for, or nobody listens */
	bool reader_gone;
};

/* ---- reading the machine ------------------------------------------------------------------ */

/* Names of what is there of the targets. */
struct names {
	char (*text)[64];
	const char **pointers;
	size_t nr;
};

static void names_free(struct names *names)
{
	free(names->text);
	free(names->pointers);
}

static int names_add(struct names *names, const char *text)
{
	char(*grown)[64] = reallocarray(names->text, names->nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->text = grown;
	mhp_copy(grown[names->nr++], text);
	return 0;
}

static bool target_has_block(const struct target *target, uint64_t block_size,
			     const struct mhp_block *block)
{
	if (target->kind == TARGET_ADDRESSES)
		return block->start <= target->last &&
		       block->start + (block_size - 1) >= target->first;
	return block->id >= target->first && block->id <= target->last;
}

/* Of a range only some blocks may be there: each run of those is a name. */
static int add_blocks(const struct mhp_topology *topo, const struct target *target,
		      struct names *names)
{
	const uint64_t size = topo->memory.block_size;
	char name[64];
	int rc = 0;

	for (size_t i = 0, k; rc == 0 && i < topo->nr_blocks; i = k) {
		const struct mhp_block *first = &topo->blocks[i];

		k = i + 1;
		if (!target_has_block(target, size, first))
			continue;
		while (k < topo->nr_blocks && topo->blocks[k].id == first->id + (k - i) &&
		       target_has_block(target, size, &topo->blocks[k]))
			k++;
		mhp_format(name, "memory%" PRIu64 "-%" PRIu64, first->id, topo->blocks[k - 1].id);
		rc = names_add(names, name);
	}
	return rc;
}

static int add_target(const struct mhp_topology *topo, const struct target *target,
		      struct names *names)
{
	struct target found = *target;

	if (target->kind == TARGET_BLOCKS || target->kind == TARGET_ADDRESSES)
		return add_blocks(topo, target, names);
	return target_resolve(topo, &found, NULL) < 0 ? 0 : names_add(names, target->text);
}

static void make_empty(struct mhp_topology *topo)
{
	topo->nr_nodes = topo->nr_regions = topo->nr_namespaces = 0;
	topo->nr_dax = topo->nr_blocks = 0;
}

/* What of topo is named, or is below or above that. first: say what is not there. */
static int narrow(const struct monitor *m, const struct mhp_topology *topo, bool first,
		  struct mhp_topology **ret)
{
	__attribute__((cleanup(names_free))) struct names names = { 0 };
	cleanup_topology struct mhp_topology *named = NULL;
	int rc = topology_copy(topo, &named);

	for (size_t i = 0; rc == 0 && i < m->options->nr_targets; i++) {
		size_t before = names.nr;

		rc = add_target(topo, &m->targets[i], &names);
		if (rc == 0 && first && names.nr == before && m->options->missing)
			m->options->missing(m->targets[i].text, m->options->data);
	}
	names.pointers = calloc(names.nr + 1, sizeof(*names.pointers));
	if (rc < 0 || !names.pointers)
		return mhp_fail_errno(m->err, -ENOMEM, "targets");
	for (size_t i = 0; i < names.nr; i++)
		names.pointers[i] = names.text[i];
	if (names.nr)
		rc = mhp_topology_select(named, names.pointers, names.nr, m->err);
	else
		make_empty(named);
	*ret = rc < 0 ? NULL : TAKE_PTR(named);
	return rc;
}

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
	if (m->options->nr_targets)
		rc = narrow(m, topo, false, &named);
	if (rc < 0)
		return rc;
	rc = tell_changes(m, topo, named);
	if (rc < 0)
		return mhp_fail_errno(m->err, rc, "changes");
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

	if (rc == 0 && m->options->nr_targets)
		rc = narrow(m, m->topo, true, &m->named);
	if (rc == 0)
		tell_kind(m, MHP_CHANGE_READY);
	return rc;
}

/* ---- waiting ----------------------------------------------------------------------------- */

static int take_events(struct monitor *m)
{
	struct uevent event;
	int rc = 0;

	for (int i = 0; i < EVENTS_MAX; i++) {
		rc = m->ctx->uevent->next(m->source, &event);
		if (rc == 0)
			return 0;
		if (rc == 1)
			rc = burst_add(&m->burst, &event, clock_msec());
		else
			burst_touch(&m->burst, clock_msec());
		m->burst.lost |= rc == -ENOBUFS;
		if (rc == -ENOMEM)
			return mhp_fail_errno(m->err, rc, "events");
	}
	return 0;
}

/* There is no event for it. */
static void look_at_policy(struct monitor *m)
{
	char text[sizeof(m->topo->memory.auto_online_blocks)];

	m->tick = clock_msec() + TICK_MS;
	if (sysfs_read(&m->ctx->sys, AUTO_ONLINE_BLOCKS, text, sizeof(text)) == 0 &&
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
		{ .fd = m->options->reader_fd }, /* POLLERR alone */
	};
	uint64_t until =
		earliest(earliest(burst_end(&m->burst), m->again), earliest(m->tick, m->deadline));

	if (poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(until)) < 0 && errno != EINTR)
		return mhp_fail_errno(m->err, -errno, "cannot wait for events");
	if (fds[2].revents & POLLERR)
		m->reader_gone = m->is_over = true;
	return fds[1].revents ? take_events(m) : 0;
}

static bool is_reached(const struct monitor *m)
{
	return m->options->until && condition_holds(&m->until, m->topo);
}

static int past_deadline(const struct monitor *m)
{
	if (!m->options->until)
		return mhp_fail(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE,
				"the time to watch is over");
	mhp_fail(m->err, -ETIMEDOUT, MHP_REASON_DEADLINE, "%s was not reached in time",
		 m->options->until);
	return mhp_hint(m->err, -ETIMEDOUT, "mhpctl list shows what is");
}

/* What came before the end is told too. */
static int look_last(struct monitor *m, bool cancelled)
{
	int rc = 0;

	if (!cancelled && m->burst.is_open)
		rc = look(m);
	if (rc < 0 || m->is_over || is_reached(m))
		return rc;
	return cancelled ? mhp_fail(m->err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted")
			 : past_deadline(m);
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
		if (clock_msec() >= m->tick)
			look_at_policy(m);
		if (clock_msec() >= earliest(burst_end(&m->burst), m->again))
			rc = look(m);
	}
	return rc;
}

/* ---- beginning and end ------------------------------------------------------------------- */

static int monitor_begin(struct monitor *m)
{
	const struct mhp_monitor_options *options = m->options;
	int rc;

	if (m->ctx->is_copy)
		return mhp_hint(m->err,
				mhp_fail(m->err, -EINVAL, MHP_REASON_USAGE,
					 "a copied tree does not change"),
				"leave out --sysroot to watch this machine");
	m->targets = calloc(options->nr_targets + 1, sizeof(*m->targets));
	if (!m->targets)
		return mhp_fail_errno(m->err, -ENOMEM, "targets");
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
	rc = m->ctx->uevent->open(m->ctx, &m->source); /* before the first scan */
	return rc < 0 ? mhp_fail_errno(m->err, rc, "cannot listen to the kernel's events") : 0;
}

static void monitor_end(struct monitor *m)
{
	if (m->source)
		m->ctx->uevent->close(m->source);
	burst_clear(&m->burst);
	idset_free(&m->told);
	mhp_topology_free(m->topo);
	mhp_topology_free(m->named);
	free(m->targets);
}

MHP_EXPORT int mhp_monitor(struct mhp_ctx *ctx, const struct mhp_monitor_options *options,
			   enum mhp_monitor_end *end, struct mhp_error *err)
{
	struct monitor m = { .ctx = ctx, .options = options, .err = err };
	int rc = monitor_begin(&m);

	if (rc == 0)
		rc = look_first(&m);
	if (rc == 0)
		rc = watch(&m);
	if (rc == 0)
		*end = m.reader_gone	? MHP_MONITOR_READER_GONE
		       : is_reached(&m) ? MHP_MONITOR_REACHED
					: MHP_MONITOR_COUNTED;
	monitor_end(&m);
	return rc;
}
