/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/pins.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/pagemap.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct search {
	struct mhp_ctx *ctx;
	const struct pins_args *args;
	struct reply *reply;
	struct pins_head head;
	uint64_t deadline;
	bool suspects; /* second pass: processes without pins of their own */
};

/* One process: its pages in each block of interest. */
struct count {
	struct search *s;
	int pagemap;
	uint64_t *pages;   /* by block - first_block */
	uint64_t *address; /* of its first page there */
	unsigned buffers;
	uint64_t buffer_bytes;
	int fd; /* of the ring */
};

static bool count_range(struct mhp_range addresses, void *data)
{
	struct count *c = data;
	const struct pins_args *args = c->s->args;
	uint64_t nr = args->last_block - args->first_block + 1;

	return pagemap_tally(&c->s->ctx->sys, c->pagemap, addresses,
			     args->first_block * args->pages_per_block, args->pages_per_block, nr,
			     c->pages, c->address, c->s->deadline) < 0;
}

static int count_buffer(int fd, struct mhp_range addresses, void *data)
{
	struct count *c = data;

	c->buffers++;
	c->buffer_bytes += addresses.end - addresses.start;
	c->fd = fd;
	count_range(addresses, c);
	return 0;
}

static int reply_pins(struct search *s, struct count *c, const struct mhp_owner *who)
{
	int rc = 0;

	for (uint64_t i = 0; i <= s->args->last_block - s->args->first_block && rc == 0; i++) {
		struct pin pin = { .block = s->args->first_block + i, .owner = *who };

		if (!c->pages[i])
			continue;
		pin.owner.pages = c->pages[i];
		pin.owner.address = c->address[i];
		rc = reply_add(s->reply, &pin, sizeof(pin));
		s->head.nr_pins++;
	}
	return rc;
}

/*
 * Adds VmPin, or the size of the buffers if that is more: newer kernels do not count all buffers in
 * VmPin. vfio counts in VmLck.
 */
static void add_pinned_bytes(struct search *s, const struct count *c, const struct mhp_owner *who)
{
	s->head.pinned_bytes +=
		who->vm_pin_bytes > c->buffer_bytes ? who->vm_pin_bytes : c->buffer_bytes;
	if (who->holder == MHP_HOLDER_VFIO)
		s->head.pinned_bytes += procs_locked_bytes(&s->ctx->sys, who->pid);
}

/*
 * Adds the pages of a process with pins of its own. A registered buffer is certainly pinned if
 * VmPin shows that this process registered it. A ring may also be inherited: then the pages at the
 * same address are a copy that is not pinned. And kernels of 2026 keep no VmPin for processes
 * without a limit on locked memory. A process with VmPin, or with a device that pins, has pins
 * somewhere in its memory, so all of its pages are possible.
 */
static int check_pins(struct search *s, struct count *c, int pid)
{
	struct mhp_owner who = { .pid = pid, .fd = -1 };
	const struct root *sys = &s->ctx->sys;

	holders_each_buffer(sys, pid, count_buffer, c);
	if (c->buffers) {
		who.holder = MHP_HOLDER_IO_URING;
		who.fd = c->fd;
		str_format(who.detail, "%u registered buffer%s", c->buffers,
			   c->buffers == 1 ? "" : "s");
		str_copy(who.source, "fdinfo, pagemap");
		procs_describe(sys, &who);
		who.confidence = who.vm_pin_bytes >= c->buffer_bytes ? MHP_CONFIDENCE_CERTAIN
								     : MHP_CONFIDENCE_LIKELY;
		add_pinned_bytes(s, c, &who);
	} else {
		procs_describe(sys, &who);
		who.holder = holders_pinning_device(sys, pid, &who.fd);
		if (!who.holder && !who.vm_pin_bytes)
			return 0;
		add_pinned_bytes(s, c, &who);
		who.confidence = MHP_CONFIDENCE_POSSIBLE;
		str_copy(who.source, who.vm_pin_bytes ? "VmPin, pagemap" : "fd, pagemap");
		procs_each_mapping(sys, pid, count_range, c);
	}
	who.holder_pid = who.holder ? pid : 0;
	return reply_pins(s, c, &who);
}

static bool is_ours(int pid)
{
	return pid == getpid() || pid == getppid(); /* a pipe connects the two */
}

/*
 * Adds the pages of a process without pins, which may still hold pages: huge pages, pipes and
 * direct transfers leave no other trace.
 */
static int check_suspect(struct search *s, struct count *c, int pid)
{
	struct mhp_owner who = { .pid = pid, .fd = -1 };
	const struct root *sys = &s->ctx->sys;

	if (huge_look(sys, &who, count_range, c)) {
		procs_describe(sys, &who);
		return reply_pins(s, c, &who);
	}
	if (is_ours(pid) || (!holders_find(sys, pid, false, &who) &&
			     !(inflight_waits(sys, pid) && inflight_find(sys, pid, &who))))
		return 0;
	who.confidence = MHP_CONFIDENCE_POSSIBLE;
	procs_describe(sys, &who);
	procs_each_mapping(sys, pid, count_range, c);
	return reply_pins(s, c, &who);
}

static int search_process(const struct root *sys, int pid, void *data)
{
	struct search *s = data;
	size_t nr = s->args->last_block - s->args->first_block + 1;
	cleanup_free uint64_t *pages = NULL, *address = NULL;
	cleanup_close int pagemap = -1;
	struct count c = { .s = s };

	if (!search_enter(&s->head.cover, sys, pid, s->deadline, &pagemap) || pagemap < 0)
		return 0;
	pages = calloc(nr, sizeof(*pages));
	address = calloc(nr, sizeof(*address));
	if (!pages || !address)
		return -ENOMEM;
	c.pagemap = pagemap;
	c.pages = pages;
	c.address = address;
	return s->suspects ? check_suspect(s, &c, pid) : check_pins(s, &c, pid);
}

/* Searches the same processes again; they are counted once. */
static int search_suspects(struct search *s)
{
	const struct search_cover before = s->head.cover;
	int rc;

	s->suspects = true;
	rc = procs_each(&s->ctx->sys, search_process, s);
	s->head.cover.processes = before.processes;
	s->head.cover.unreadable = before.unreadable;
	return rc;
}

int pins_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct search s = { .ctx = ctx, .args = arg, .reply = reply };
	int rc = reply_add(reply, &s.head, sizeof(s.head));

	s.deadline = clock_msec() + s.args->budget_ms;
	if (rc == 0)
		rc = procs_each(&ctx->sys, search_process, &s);
	if (rc == 0)
		rc = search_suspects(&s);
	return search_end(&ctx->sys, rc, reply, &s.head, sizeof(s.head), err);
}
