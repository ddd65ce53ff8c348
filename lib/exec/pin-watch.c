/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows long-term pins: the kernel's event when it moves pages out of movable memory for one, and
 * the counters of pins on nodes that have only movable memory.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/base/vec.h"
#include "lib/model/pin-space.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/trace-event.h"
#include "lib/sys/tracing.h"
#include "lib/sys/visibility.h"
#include "lib/sys/vmstat.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS	 1000  /* between two looks at the counters */
#define PIECE	 16384 /* bytes of a read of the trace */
#define READ_MAX 64    /* reads in a row before anything else is done */
#define SUMS_MAX 4096  /* of processes that are kept: a watch may run for months */

/* The pins on one node. */
struct watched_node {
	int node;
	bool is_movable; /* has no kernel zone: no long-term pin may stay */
	bool is_known;	 /* false after one failure: the counters may have started again */
	uint64_t first_acquired, first_released; /* at the start */
	uint64_t acquired, released;
	uint64_t since;	 /* by clock_msec(), when pins stayed first; 0: there are none */
	uint64_t fewest; /* pins since then */
	bool is_reported;
};

struct pin_watch {
	struct mhp_ctx *ctx;
	const struct mhp_pin_watch_options *options;
	struct mhp_error *err;
	struct trace_instance trace;
	struct watched_node *nodes;
	size_t nr_nodes;
	struct mhp_pin_change *processes;
	size_t nr_processes;
	char text[PIECE]; /* of the trace, from the start of a line on */
	size_t len;
	uint64_t deadline, tick;
	uint64_t nr_reported;
	bool in_container; /* or that is not known */
	bool is_over;
};

/* ---- reporting --------------------------------------------------------------------------- */

static void report(struct pin_watch *w, enum mhp_change_kind kind, const struct mhp_pin_change *pin)
{
	const struct mhp_change change = { .kind = kind, .time_us = clock_real_usec(), .pin = pin };

	if (w->options->change(&change, w->options->data) != 0)
		w->is_over = true;
	if (kind == MHP_CHANGE_PIN && ++w->nr_reported == w->options->count)
		w->is_over = true;
}

/* Reports the older half of the sums when there are too many. Such a process may get another one.
 */
static void limit_sums(struct pin_watch *w)
{
	const size_t half = SUMS_MAX / 2;

	if (w->nr_processes < SUMS_MAX)
		return;
	for (size_t i = 0; i < half; i++)
		report(w, MHP_CHANGE_PIN_PROCESS, &w->processes[i]);
	w->nr_processes -= half;
	memmove(w->processes, w->processes + half, w->nr_processes * sizeof(*w->processes));
}

/* Finds the sum of a process. The number of one that ended may be used by another. */
static struct mhp_pin_change *find_process(struct pin_watch *w, const struct mhp_pin_change *pin)
{
	struct mhp_pin_change *sum;

	for (size_t i = 0; i < w->nr_processes; i++) {
		sum = &w->processes[i];
		if (sum->pid == pin->pid && sum->born == pin->born &&
		    (pin->pid || (sum->tid == pin->tid && strcmp(sum->comm, pin->comm) == 0)))
			return sum;
	}
	limit_sums(w);
	sum = VEC_PUSH(w->processes, w->nr_processes);
	if (sum) {
		sum->pid = pin->pid;
		sum->tid = pin->pid ? 0 : pin->tid;
		sum->born = pin->born;
		sum->node = -1;
		str_copy(sum->comm, pin->comm);
	}
	return sum;
}

static int count_pin(struct pin_watch *w, const struct mhp_pin_change *pin)
{
	struct mhp_pin_change *sum = find_process(w, pin);

	if (!sum)
		return err_errno(w->err, -ENOMEM, "pins");
	sum->calls++;
	sum->moved_pages += pin->moved_pages;
	sum->failed_pages += pin->failed_pages;
	sum->moved_huge += pin->moved_huge;
	sum->failed_huge += pin->failed_huge;
	sum->split_huge += pin->split_huge;
	return 0;
}

static void report_lost(struct pin_watch *w, uint64_t lost)
{
	const struct mhp_pin_change pin = { .node = -1, .lost = lost ? lost : MHP_UNKNOWN };

	report(w, MHP_CHANGE_PIN_LOST, &pin);
}

/* ---- events ------------------------------------------------------------------------------ */

static int report_event(struct pin_watch *w, const struct trace_event *event)
{
	struct mhp_pin_change pin = {
		.tid = event->tid,
		.node = -1,
		.calls = 1,
		.moved_pages = event->moved_pages,
		.failed_pages = event->failed_pages,
		.moved_huge = event->moved_huge,
		.failed_huge = event->failed_huge,
		.split_huge = event->split_huge,
	};
	int rc;

	/* the kernel's number of a thread means another one in a container, or none */
	if (!w->in_container)
		pin.pid = procs_of_thread(&w->ctx->sys, event->tid);
	if (pin.pid) {
		pin.born = procs_born(&w->ctx->sys, pin.pid);
		procs_comm(w->ctx, pin.pid, pin.comm, sizeof(pin.comm));
	}
	if (!*pin.comm)
		str_copy(pin.comm, event->comm);
	rc = count_pin(w, &pin);
	if (rc == 0)
		report(w, MHP_CHANGE_PIN, &pin);
	return rc;
}

static int take_line(struct pin_watch *w, const char *line)
{
	struct trace_event event;
	uint64_t lost;

	switch (trace_line_parse(line, &event, &lost)) {
	case TRACE_LINE_EVENT:
		return report_event(w, &event);
	case TRACE_LINE_BROKEN:
		lost = 1;
		__attribute__((fallthrough));
	case TRACE_LINE_LOST:
		report_lost(w, lost);
		break;
	default:
		break;
	}
	return 0;
}

/* Takes all whole lines; keeps the start of the next. */
static int take_lines(struct pin_watch *w)
{
	char *line = w->text, *end;
	int rc = 0;

	while (rc == 0 && (end = memchr(line, '\n', w->len - (size_t)(line - w->text)))) {
		*end = '\0';
		rc = take_line(w, line);
		line = end + 1;
	}
	w->len -= (size_t)(line - w->text);
	memmove(w->text, line, w->len);
	if (w->len == sizeof(w->text) - 1) { /* no line is that long */
		w->len = 0;
		report_lost(w, 0);
	}
	return rc;
}

/* Reads what the trace has. Returns 0 or a negative errno. */
static int read_trace(struct pin_watch *w)
{
	int rc = 0;

	for (int i = 0; i < READ_MAX && rc == 0 && !w->is_over; i++) {
		ssize_t len = trace_instance_read(&w->trace, w->text + w->len,
						  sizeof(w->text) - 1 - w->len);

		if (len == 0 || len == -EAGAIN || len == -EINTR)
			return 0;
		if (len < 0)
			return err_errno(w->err, (int)len, "the trace of pins cannot be read");
		w->len += (size_t)len;
		rc = take_lines(w);
	}
	return rc;
}

/* ---- counters ---------------------------------------------------------------------------- */

static void read_node(struct pin_watch *w, struct watched_node *node)
{
	uint64_t acquired, released;

	if (!node->is_known ||
	    vmstat_node_pin_counts(&w->ctx->sys, node->node, &acquired, &released) < 0) {
		node->is_known = false;
		return;
	}
	node->acquired = acquired;
	node->released = released;
}

/* Returns the pins at present. The two counters are not read at the same time. */
static uint64_t pins_of(const struct watched_node *node)
{
	return node->acquired > node->released ? node->acquired - node->released : 0;
}

static void report_node(struct pin_watch *w, enum mhp_change_kind kind,
			const struct watched_node *node, uint64_t pins)
{
	const struct mhp_pin_change pin = {
		.node = node->node,
		.acquired = node->is_known ? node->acquired - node->first_acquired : MHP_UNKNOWN,
		.released = node->is_known ? node->released - node->first_released : MHP_UNKNOWN,
		.pins = node->is_known ? pins : MHP_UNKNOWN,
		.for_ms = node->since ? clock_msec() - node->since : 0,
	};

	report(w, kind, &pin);
}

/*
 * Looks for pins that stay on a node with movable memory only. The count is that of the fewest
 * since then: transfers pin pages for a moment, and the two counters are not read at the same time.
 */
static void look_at_node(struct pin_watch *w, struct watched_node *node)
{
	uint64_t now = clock_msec(), pins;

	read_node(w, node);
	pins = pins_of(node);
	if (!node->is_movable || !node->is_known || !pins) {
		node->since = 0;
		node->is_reported = false;
		return;
	}
	if (!node->since) {
		node->since = now;
		node->fewest = pins;
	}
	if (pins < node->fewest)
		node->fewest = pins;
	if (node->is_reported || now - node->since < w->options->stay_ms)
		return;
	node->is_reported = true;
	report_node(w, MHP_CHANGE_PIN_STAYS, node, node->fewest);
}

/* Adds a node, or sets whether it has only movable memory now. */
static int use_node(struct pin_watch *w, const struct mhp_pin_node *found)
{
	struct watched_node *node = NULL;

	for (size_t i = 0; i < w->nr_nodes; i++)
		if (w->nodes[i].node == found->node)
			node = &w->nodes[i];
	if (!node) {
		node = VEC_PUSH(w->nodes, w->nr_nodes);
		if (!node)
			return -ENOMEM;
		node->node = found->node;
		node->is_known = true;
		read_node(w, node);
		node->first_acquired = node->acquired;
		node->first_released = node->released;
	}
	node->is_movable = !found->has_kernel_zone;
	return 0;
}

/* Lists the nodes that have memory now. */
static int list_nodes(struct pin_watch *w)
{
	struct pin_space space = { 0 };
	int rc = pin_space_read(&w->ctx->sys, &space);

	for (size_t i = 0; i < space.nr_nodes && rc == 0; i++)
		rc = use_node(w, &space.nodes[i]);
	pin_space_free(&space);
	return rc < 0 ? err_errno(w->err, rc, "the nodes cannot be read") : 0;
}

static int look_at_nodes(struct pin_watch *w)
{
	int rc = list_nodes(w);

	w->tick = clock_msec() + TICK_MS;
	for (size_t i = 0; i < w->nr_nodes && rc == 0 && !w->is_over; i++)
		look_at_node(w, &w->nodes[i]);
	return rc;
}

/* ---- the watch --------------------------------------------------------------------------- */

static int watch_pins(struct pin_watch *w)
{
	struct pollfd fds[] = {
		{ .fd = w->ctx->stop_fd, .events = POLLIN },
		{ .fd = w->trace.pipe_fd, .events = POLLIN },
		{ .fd = w->options->reader_fd > 0 ? w->options->reader_fd : -1 }, /* POLLERR only */
	};
	int rc = 0;

	while (rc == 0 && !w->is_over) {
		if (clock_poll(fds, ARRAY_SIZE(fds),
			       w->tick < w->deadline ? w->tick : w->deadline) < 0 &&
		    errno != EINTR)
			return err_errno(w->err, -errno, "cannot wait for events");
		w->is_over |= (fds[2].revents & POLLERR) != 0;
		rc = read_trace(w);
		if (rc == 0 && !w->is_over && clock_msec() >= w->tick)
			rc = look_at_nodes(w);
		if (rc < 0 || w->is_over)
			break;
		if (ctx_cancelled(w->ctx))
			return err_set(w->err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted");
		if (clock_msec() >= w->deadline)
			return err_set(w->err, -ETIMEDOUT, MHP_REASON_DEADLINE,
				       "the time limit has passed");
	}
	return rc;
}

/* Reports the sums: of each process, and of each node whose counters are known. */
static void report_sums(struct pin_watch *w)
{
	w->is_over = false; /* the number of pins is reached, the sums still belong to it */
	read_trace(w);
	for (size_t i = 0; i < w->nr_processes; i++)
		report(w, MHP_CHANGE_PIN_PROCESS, &w->processes[i]);
	for (size_t i = 0; i < w->nr_nodes; i++) {
		struct watched_node *node = &w->nodes[i];

		read_node(w, node);
		report_node(w, MHP_CHANGE_PIN_NODE, node, pins_of(node));
	}
}

static int begin(struct pin_watch *w)
{
	unsigned kept;
	int rc;

	if (w->ctx->is_copy)
		return err_hint(w->err,
				err_set(w->err, -EINVAL, MHP_REASON_USAGE,
					"a copied tree does not change"),
				"leave out --sysroot to watch this machine");
	trace_leftovers(w->ctx, true, &kept);
	w->in_container = visibility_in_container(&w->ctx->sys) != MHP_TRISTATE_NO;
	rc = trace_instance_make(w->ctx, &w->trace, w->err);
	if (rc == 0)
		rc = list_nodes(w);
	w->deadline = clock_deadline(w->options->timeout_ms);
	w->tick = clock_msec() + TICK_MS;
	if (rc == 0)
		report(w, MHP_CHANGE_READY, NULL);
	return rc;
}

static int end_watch(struct pin_watch *w, int rc)
{
	int rc_remove = trace_instance_remove(w->ctx, &w->trace);

	free(w->nodes);
	free(w->processes);
	if (rc_remove == 0 || (rc < 0 && rc != -ECANCELED && rc != -ETIMEDOUT))
		return rc;
	return err_hint(w->err,
			err_errno(w->err, rc_remove, "the tracing instance cannot be removed"),
			"mhpctl recover removes it");
}

MHP_EXPORT int mhp_watch_pins(struct mhp_ctx *ctx, const struct mhp_pin_watch_options *options,
			      struct mhp_error *err)
{
	cleanup_free struct pin_watch *w = calloc(1, sizeof(*w));
	struct mhp_pin_watch_options known;
	int rc = w ? pin_watch_options_take(&known, options, err) : err_errno(err, -ENOMEM, "pins");

	if (rc < 0)
		return rc;
	w->ctx = ctx;
	w->options = &known;
	w->err = err;
	w->trace = TRACE_INSTANCE_NONE;
	rc = begin(w);
	if (rc == 0) {
		rc = watch_pins(w);
		if (rc == 0 || rc == -ECANCELED || rc == -ETIMEDOUT)
			report_sums(w);
	}
	return end_watch(w, rc);
}
