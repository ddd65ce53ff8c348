/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/diagnose.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/exec/exec.h"
#include "lib/model/block.h"
#include "lib/model/page.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/visibility.h"
#include "lib/sys/vmstat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH_MS  600
#define SETTLED_MS 500 /* most movable pages have moved by then */

/* ---- collecting -------------------------------------------------------------------------- */

void evidence_begin(const struct exec *x, struct evidence *e, uint64_t id)
{
	const uint64_t size = x->topo->memory.block_size;
	const uint64_t page = x->topo->memory.page_size;

	evidence_end(e);
	*e = (struct evidence){
		.addresses = { id * size, (id + 1) * size },
		.pfns = { id * (size / page), (id + 1) * (size / page) },
		.lost_before = x->kmsg.lost,
	};
}

void evidence_watch(const struct exec *x, struct evidence *e)
{
	if (!e->watched)
		e->watched = vmstat_read(&x->ctx->sys, VMSTAT, "pgmigrate_fail",
					 &e->migrate_before) == 0;
}

/*
 * Returns the failures, or MHP_UNKNOWN if they exceed the pages of the block. The kernel counts all
 * pages of a huge page at each try, so a higher number only counts tries.
 */
static uint64_t plausible_failures(const struct evidence *e, uint64_t failures)
{
	return failures <= e->pfns.end - e->pfns.start ? failures : MHP_UNKNOWN;
}

/* Reads the counters. Those of the whole system include pages of other blocks. */
static void read_counters(const struct exec *x, const struct evidence *e,
			  struct mhp_failure *failure)
{
	const struct root *sys = &x->ctx->sys;
	int node = block_read_node(sys, e->addresses.start / x->topo->memory.block_size);
	uint64_t now;

	failure->records_lost = x->kmsg.lost - e->lost_before;
	if (e->watched && vmstat_read(sys, VMSTAT, "pgmigrate_fail", &now) == 0 &&
	    now >= e->migrate_before)
		failure->migrate_failures = plausible_failures(e, now - e->migrate_before);
	if (node >= 0)
		vmstat_node_pins(sys, node, &failure->node_pins);
}

void evidence_end(struct evidence *e)
{
	free(e->owners);
	e->owners = NULL;
	e->nr_owners = 0;
}

static bool is_known(const struct evidence *e, uint64_t pfn)
{
	for (unsigned i = 0; i < e->nr_pages; i++)
		if (e->pages[i].pfn == pfn)
			return true;
	return false;
}

/* Adds a page of the block once: the kernel repeats stuck pages, and dumps others too. */
static void add_dumped_page(struct evidence *e, const struct page_dump *dump)
{
	if (dump->pfn < e->pfns.start || dump->pfn >= e->pfns.end)
		return;
	if (dump->ret > 0 && (uint64_t)dump->ret > e->batch)
		e->batch = (uint64_t)dump->ret;
	if (is_known(e, dump->pfn) || e->nr_pages == OWNERS_PAGES)
		return;
	e->pages[e->nr_pages] = page_judge(dump);
	e->indexes[e->nr_pages] = e->pages[e->nr_pages].kind == MHP_PAGE_ANON && dump->has_index
					  ? dump->index
					  : UINT64_MAX;
	e->nr_pages++;
}

void evidence_take(struct evidence *e, const struct kmsg_record *record)
{
	struct refusal refusal;
	struct page_dump dump;
	uint64_t count;

	if (kmsg_refusal(record->text, &refusal)) {
		if (range_overlaps(refusal.range, e->addresses) &&
		    refusal.weight >= e->refusal.weight)
			e->refusal = refusal;
	} else if (pagedump_suppressed(record->text, &count)) {
		e->suppressed += count;
	} else if (pagedump_feed(&e->parser, record->text, &dump)) {
		add_dumped_page(e, &dump);
	}
}

uint64_t evidence_stuck(const struct evidence *e)
{
	uint64_t owned = 0;

	for (size_t i = 0; i < e->nr_owners; i++)
		if (e->owners[i].pages > owned) /* not the sum: owners may share pages */
			owned = e->owners[i].pages;
	if (owned) /* the search may have missed other owners */
		return owned > e->nr_pages ? owned : e->nr_pages;
	return e->batch > e->nr_pages ? e->batch : e->nr_pages;
}

/* ---- owners ------------------------------------------------------------------------------ */

static enum mhp_reason main_verdict(const struct evidence *e)
{
	/* the cause of the others comes first */
	static const enum mhp_reason order[] = {
		MHP_REASON_PINNED,   MHP_REASON_EXTRA_REFERENCE,  MHP_REASON_UNMOVABLE,
		MHP_REASON_HUGETLB,  MHP_REASON_NO_TARGET_MEMORY, MHP_REASON_LOCKED_OR_WRITEBACK,
		MHP_REASON_POISONED,
	};

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (unsigned i = 0; i < e->nr_pages; i++)
			if (e->pages[i].verdict == order[k])
				return order[k];
	return MHP_REASON_NONE;
}

bool evidence_was_held(const struct evidence *e)
{
	enum mhp_reason verdict = main_verdict(e);

	return verdict == MHP_REASON_PINNED || verdict == MHP_REASON_EXTRA_REFERENCE ||
	       verdict == MHP_REASON_LOCKED_OR_WRITEBACK;
}

/* Returns whether a process may own the page: not slab, page tables and the like. */
static bool may_have_owner(const struct mhp_page *page)
{
	return page->kind == MHP_PAGE_ANON || page->kind == MHP_PAGE_FILE ||
	       page->kind == MHP_PAGE_SHMEM || page->kind == MHP_PAGE_HUGETLB ||
	       page->kind == MHP_PAGE_UNKNOWN;
}

static void keep_owners(struct evidence *e, const struct reply *reply)
{
	size_t bytes;

	if (reply->len < sizeof(e->looked))
		return;
	memcpy(&e->looked, reply->data, sizeof(e->looked));
	bytes = e->looked.nr_owners * sizeof(*e->owners);
	if (!bytes || reply->len < sizeof(e->looked) + bytes)
		return;
	e->owners = malloc(bytes);
	if (!e->owners)
		return;
	memcpy(e->owners, reply->data + sizeof(e->looked), bytes);
	e->nr_owners = e->looked.nr_owners;
}

static void search_owners(struct exec *x, struct evidence *e, child_fn fn,
			  const struct owners_args *args)
{
	struct child_wait wait = {
		.deadline = clock_deadline(SEARCH_MS + 100),
		.watch_fd = -1,
		.ignore_cancel = x->undoing,
	};
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;

	e->searched = true;
	if (child_call(&x->settings.child, CHILD_TASK(fn, args), &wait, &reply, &result, NULL) >= 0)
		keep_owners(e, &reply);
}

static void find_owners(struct exec *x, struct evidence *e)
{
	struct owners_args args = { .pfns = e->pfns, .budget_ms = SEARCH_MS };

	/* a user who interrupts wants no search */
	if (e->nr_owners || (ctx_cancelled(x->ctx) && !x->undoing))
		return;
	args.pinned = main_verdict(e) == MHP_REASON_PINNED;
	for (unsigned i = 0; i < e->nr_pages; i++) {
		if (!may_have_owner(&e->pages[i]))
			continue;
		args.pages[args.nr_pages].pfn = e->pages[i].pfn;
		args.pages[args.nr_pages].mapcount = e->pages[i].mapcount;
		args.pages[args.nr_pages++].index = e->indexes[i];
	}
	if (!args.nr_pages && e->nr_pages)
		return;
	search_owners(x, e, owners_find, &args);
}

/* Finds processes with used or reserved huge pages: the kernel names no page in this refusal. */
static void find_pool_users(struct exec *x, struct evidence *e)
{
	struct owners_args args = { .pfns = e->pfns, .budget_ms = SEARCH_MS };

	if (!e->nr_owners && (!ctx_cancelled(x->ctx) || x->undoing))
		search_owners(x, e, huge_owners_find, &args);
}

void evidence_find_owners(struct exec *x, struct evidence *e)
{
	if (e->nr_pages)
		find_owners(x, e);
}

/*
 * Finds owners of all pages that are still in the block. The kernel names at most ten pages in five
 * seconds for all blocks together, so it may have named none of this block.
 */
static void find_remaining_owners(struct exec *x, struct evidence *e,
				  const struct mhp_failure *failure)
{
	/* the kernel did try, and did not wait for its lock */
	bool gave_up = strcmp(e->refusal.words, "signal backoff") == 0;

	if (!e->nr_pages && gave_up && failure->elapsed_ms >= SETTLED_MS)
		find_owners(x, e);
}

/* ---- reporting --------------------------------------------------------------------------- */

static void describe_page(const struct mhp_page *page, enum mhp_reason reason, char *text,
			  size_t size)
{
	const char *kind = mhp_page_kind_name(page->kind);

	switch (reason) {
	case MHP_REASON_PINNED:
		snprintf(text, size, "page 0x%" PRIx64 " is pinned (%" PRId64 " pin%s)", page->pfn,
			 page->pins, page->pins == 1 ? "" : "s");
		break;
	case MHP_REASON_EXTRA_REFERENCE:
		snprintf(text, size, "page 0x%" PRIx64 " has %" PRId64 " extra reference%s",
			 page->pfn, page->extra_references, page->extra_references == 1 ? "" : "s");
		break;
	case MHP_REASON_UNMOVABLE:
		snprintf(text, size, "page 0x%" PRIx64 " cannot be moved (%s)", page->pfn, kind);
		break;
	case MHP_REASON_NO_TARGET_MEMORY:
		snprintf(text, size, "no other node has space for page 0x%" PRIx64, page->pfn);
		break;
	case MHP_REASON_LOCKED_OR_WRITEBACK:
		snprintf(text, size, "page 0x%" PRIx64 " (%s) is locked or under writeback",
			 page->pfn, kind);
		break;
	default:
		snprintf(text, size, "page 0x%" PRIx64 " (%s) does not move", page->pfn, kind);
	}
}

static void describe_owner(const struct evidence *e, char *text, size_t size)
{
	const struct mhp_owner *owner = e->owners;
	char comm[80], more[32] = "", by[32] = "";
	size_t len;

	if (!e->nr_owners) {
		if (e->searched)
			snprintf(text, size, ", no process of %u%s has it mapped",
				 e->looked.cover.processes,
				 e->looked.cover.is_cut_short ? " looked at (time ran out)" : "");
		return;
	}
	text_escape(owner->comm, comm, sizeof(comm));
	if (e->nr_owners > 1)
		str_format(more, " and %zu more", e->nr_owners - 1);
	len = (size_t)snprintf(text, size, ", mapped by %s[%d]%s", comm, owner->pid, more);
	if (!owner->holder || len >= size)
		return;
	if (owner->holder == MHP_HOLDER_KERNEL) {
		snprintf(text + len, size - len, ", %s in a transfer (fd %d, O_DIRECT)",
			 owner->confidence == MHP_CONFIDENCE_LIKELY ? "probably" : "possibly",
			 owner->fd);
		return;
	}
	if (owner->holder_pid != owner->pid)
		str_format(by, " of process %d", owner->holder_pid);
	snprintf(text + len, size - len, ", %sheld by %s (fd %d%s)",
		 owner->confidence == MHP_CONFIDENCE_CERTAIN ? "" : "probably ",
		 mhp_holder_kind_name(owner->holder), owner->fd, by);
}

/* How a process can release its pages without ending. */
static const char *const release_advice[NR_HOLDERS] = {
	[MHP_HOLDER_IO_URING] = ", or have it unregister its io_uring buffers",
	[MHP_HOLDER_RDMA] = ", or have it deregister its RDMA memory regions",
	[MHP_HOLDER_VFIO] = ", or have it unmap its memory from the device, for example by "
			    "detaching the device from the guest",
	[MHP_HOLDER_IOMMUFD] = ", or have it unmap its memory from the device, for example by "
			       "detaching the device from the guest",
	[MHP_HOLDER_VHOST_VDPA] = ", or have it unmap its memory from the vDPA device",
	[MHP_HOLDER_VMSPLICE] = ", or drain the pipe that it has filled",
	[MHP_HOLDER_XDP] = ", or have it close its AF_XDP socket",
};

static void set_owner_hint(const struct evidence *e, struct mhp_error *err)
{
	const struct mhp_owner *owner = e->owners;
	const char *advice;
	char comm[80];

	if (!e->nr_owners)
		return;
	advice = release_advice[owner->holder];
	text_escape(owner->comm, comm, sizeof(comm));
	if (owner->holder && owner->holder_pid != owner->pid) /* the owner cannot release them */
		str_format(err->hint, "stop or restart process %d, which has the %s (fd %d)",
			   owner->holder_pid, mhp_holder_kind_name(owner->holder), owner->fd);
	else if (owner->holder == MHP_HOLDER_KERNEL)
		str_format(err->hint,
			   "see what the device behind fd %d of %s[%d] waits for, or stop it",
			   owner->fd, comm, owner->pid);
	else if (advice || err->reason == MHP_REASON_PINNED ||
		 err->reason == MHP_REASON_EXTRA_REFERENCE)
		str_format(err->hint, "stop or restart %s[%d]%s", comm, owner->pid,
			   advice ? advice : "");
}

static const struct mhp_page *first_page_with(const struct evidence *e, enum mhp_reason verdict)
{
	for (unsigned i = 0; i < e->nr_pages; i++)
		if (e->pages[i].verdict == verdict)
			return &e->pages[i];
	return NULL;
}

/* Appends "; db[412] and 1 more: " and the detail of the first owner. */
static void append_pool_users(const struct evidence *e, struct mhp_error *err)
{
	size_t len = strlen(err->message);
	char comm[80], more[32] = "";

	text_escape(e->owners->comm, comm, sizeof(comm));
	if (e->nr_owners > 1)
		str_format(more, " and %zu more", e->nr_owners - 1);
	snprintf(err->message + len, sizeof(err->message) - len, "; %s[%d]%s: %s", comm,
		 e->owners->pid, more, e->owners->detail);
}

/* Appends the users of a page found before the write; its other blocks reuse the text. */
static void append_page_users(struct exec *x, const struct evidence *e, struct mhp_error *err)
{
	size_t len = strlen(err->message);

	if (e->is_repeated) {
		snprintf(err->message + len, sizeof(err->message) - len, "%s", x->huge_users);
		return;
	}
	if (e->nr_owners)
		append_pool_users(e, err);
	str_copy(x->huge_users, err->message + len);
}

/* Appends processes as possible owners: the kernel named no page. */
static void refine_without_pages(const struct evidence *e, struct mhp_error *err)
{
	size_t len = strlen(err->message);
	char who[200];

	if (!e->nr_owners)
		return;
	if (e->owners->holder == MHP_HOLDER_HUGETLB) {
		append_pool_users(e, err);
		return;
	}
	describe_owner(e, who, sizeof(who));
	snprintf(err->message + len, sizeof(err->message) - len,
		 "; the kernel names no page, the remaining pages are%s", who + 1);
	set_owner_hint(e, err);
}

/* Replaces the reason from errno and the kernel's words by the one that the pages show. */
static void refine_reason(const struct evidence *e, struct mhp_failure *failure)
{
	struct mhp_error *err = &failure->error;
	enum mhp_reason verdict = main_verdict(e);
	const struct mhp_page *page = first_page_with(e, verdict);
	char what[96], who[200] = "";

	if (err->reason == MHP_REASON_WRONG_ZONE) /* the zone is the failure, not the pages in it */
		return;
	if (!e->nr_pages)
		refine_without_pages(e, err);
	if (!page || err->reason == MHP_REASON_STUCK || e->refusal.says || e->not_tried)
		return;
	describe_page(page, verdict, what, sizeof(what));
	if (may_have_owner(page))
		describe_owner(e, who, sizeof(who));
	if (err->reason == MHP_REASON_INTERRUPTED) {
		size_t len = strlen(err->message);

		snprintf(err->message + len, sizeof(err->message) - len, ": %s%s", what, who);
		return;
	}
	/* a page must not contradict a reason that the kernel gave */
	if (err->reason != MHP_REASON_HUGETLB && err->reason != MHP_REASON_NOTIFIER) {
		err->reason = verdict;
		str_copy(err->hint, err_reason_hint(verdict));
	}
	str_format(err->message, "%s: offline failed: %s%s", failure->target, what, who);
	set_owner_hint(e, err);
}

/* Lists what could have helped but is not visible. */
static void list_hidden(const struct exec *x, const struct evidence *e, struct mhp_failure *failure)
{
	struct visibility visibility = { 0 };

	if (x->kmsg.fd < 0)
		visibility_add(&visibility, "pages", "the kernel log may not be read");
	else if (failure->records_lost)
		visibility_add(&visibility, "pages",
			       "the kernel log overflowed before all of it was read, %" PRIu64
			       " record%s lost",
			       failure->records_lost, failure->records_lost == 1 ? " is" : "s are");
	if (e->suppressed && !e->nr_owners)
		visibility_add(&visibility, "pages",
			       "the kernel left out %" PRIu64
			       " message%s of pages that do not move",
			       e->suppressed, e->suppressed == 1 ? "" : "s");
	if (e->searched) {
		visibility_read(&x->ctx->sys, &visibility);
		visibility_add_search(&visibility, e->looked.cover.processes,
				      e->looked.cover.unreadable, e->looked.cover.is_cut_short);
	}
	failure->nr_hidden = visibility.nr;
	memcpy(failure->hidden, visibility.hidden, sizeof(visibility.hidden));
}

static void *copy_array(const void *data, size_t bytes)
{
	void *copy = bytes ? malloc(bytes) : NULL;

	if (copy)
		memcpy(copy, data, bytes);
	return copy;
}

void diagnose(struct exec *x, struct evidence *e, struct mhp_failure *failure)
{
	if (!e->not_tried) {
		evidence_find_owners(x, e);
		find_remaining_owners(x, e, failure);
	}
	if (failure->error.reason == MHP_REASON_HUGETLB && !e->is_repeated)
		find_pool_users(x, e);
	read_counters(x, e, failure);
	list_hidden(x, e, failure);
	str_copy(failure->kernel_reason, e->refusal.words);
	failure->pages_seen = e->not_tried ? 0 : e->nr_pages;
	failure->pages_suppressed = e->suppressed;
	failure->pages = copy_array(e->pages, e->nr_pages * sizeof(*e->pages));
	failure->nr_pages = failure->pages ? e->nr_pages : 0;
	if (e->not_tried)
		append_page_users(x, e, &failure->error);
	refine_reason(e, failure);
	failure->owners = e->owners;
	failure->nr_owners = e->nr_owners;
	e->owners = NULL;
	e->nr_owners = 0;
}
