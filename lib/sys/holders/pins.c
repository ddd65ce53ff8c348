/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/pins.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/pagemap.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct search {
	struct mhp_ctx *ctx;
	const struct pins_args *args;
	struct reply *reply;
	struct pins_head head;
	uint64_t deadline;
	bool suspects; /* the second round: who may hold pages without pins of its own */
};

/* One process at a time: its pages in each block of interest. */
struct count {
	struct search *s;
	int pagemap;
	uint64_t *pages;   /* by block - first_block */
	uint64_t *address; /* of the first */
	unsigned buffers;
	uint64_t buffer_bytes;
	int fd; /* of the ring */
};

static bool count_range(struct mhp_range addresses, void *data)
{
	struct count *c = data;
	const struct pins_args *args = c->s->args;
	uint64_t nr = args->last_block - args->first_block + 1;

	return pagemap_tally(c->pagemap, addresses, args->first_block * args->pages_per_block,
			     args->pages_per_block, nr, c->pages, c->address, c->s->deadline) < 0;
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

static int tell(struct search *s, struct count *c, const struct mhp_owner *who)
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

/* VmPin, which newer kernels do not keep for all buffers; vfio counts among VmLck. */
static void add_pinned_bytes(struct search *s, const struct count *c, const struct mhp_owner *who)
{
	s->head.pinned_bytes +=
		who->vm_pin_bytes > c->buffer_bytes ? who->vm_pin_bytes : c->buffer_bytes;
	if (who->holder == MHP_HOLDER_VFIO)
		s->head.pinned_bytes += procs_locked_bytes(&s->ctx->sys, who->pid);
}

/*
 * A registered buffer is pinned for certain where VmPin says that it was registered here. A ring
 * may also have been inherited, and what is at the same address is then a copy that nobody pins;
 * and kernels of 2026 keep no VmPin for who may lock as much as it likes. Whoever has VmPin, or a
 * device that pins, has pins somewhere in its memory; where is not told, so all of its pages are
 * possible.
 */
static int look_at_pins(struct search *s, struct count *c, int pid)
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
	return tell(s, c, &who);
}

static bool is_ours(int pid)
{
	return pid == getpid() || pid == getppid(); /* between which there is a pipe */
}

/* Plain references and transfers leave no trace but these. */
static int look_at_suspect(struct search *s, struct count *c, int pid)
{
	struct mhp_owner who = { .pid = pid, .fd = -1 };
	const struct root *sys = &s->ctx->sys;

	if (huge_look(sys, &who, count_range, c)) {
		procs_describe(sys, &who);
		return tell(s, c, &who);
	}
	if (is_ours(pid) || (!holders_find(sys, pid, false, &who) &&
			     !(inflight_waits(sys, pid) && inflight_find(sys, pid, &who))))
		return 0;
	who.confidence = MHP_CONFIDENCE_POSSIBLE;
	procs_describe(sys, &who);
	procs_each_mapping(sys, pid, count_range, c);
	return tell(s, c, &who);
}

static int look_at_process(const struct root *sys, const char *name, void *data)
{
	struct search *s = data;
	size_t nr = s->args->last_block - s->args->first_block + 1;
	cleanup_free uint64_t *pages = NULL, *address = NULL;
	cleanup_close int pagemap = -1;
	struct count c = { .s = s };
	uint64_t pid;

	if (parse_u64(name, 10, &pid) < 0 || pid > INT_MAX)
		return 0;
	if (clock_msec() >= s->deadline) {
		s->head.cut_short = true;
		return 0;
	}
	s->head.processes += !s->suspects;
	pagemap = pagemap_open(sys, (int)pid);
	if (!s->suspects && (pagemap == -EACCES || pagemap == -EPERM))
		s->head.unreadable++;
	if (pagemap < 0)
		return 0;
	pages = calloc(nr, sizeof(*pages));
	address = calloc(nr, sizeof(*address));
	if (!pages || !address)
		return -ENOMEM;
	c.pagemap = pagemap;
	c.pages = pages;
	c.address = address;
	return s->suspects ? look_at_suspect(s, &c, (int)pid) : look_at_pins(s, &c, (int)pid);
}

int pins_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct search s = { .ctx = ctx, .args = arg, .reply = reply };
	int rc = reply_add(reply, &s.head, sizeof(s.head));

	s.deadline = clock_msec() + s.args->budget_ms;
	if (rc == 0)
		rc = root_each(&ctx->sys, "proc", look_at_process, &s);
	s.suspects = true;
	if (rc == 0)
		rc = root_each(&ctx->sys, "proc", look_at_process, &s);
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc < 0)
		return err_errno(err, rc, "cannot search the processes");
	memcpy(reply->data, &s.head, sizeof(s.head));
	return 0;
}
