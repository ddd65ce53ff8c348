/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/owners.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/holders/candidates.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/pagemap.h"
#include "lib/sys/holders/procs.h"

#include <string.h>

struct search {
	struct mhp_ctx *ctx;
	const struct owners_args *args;
	struct reply *reply;
	struct owners_head head;
	uint64_t deadline;
	bool deep; /* search whole address spaces */
};

struct around {
	uint64_t address;
	struct mhp_range mapping;
};

static bool set_mapping_around(struct mhp_range addresses, void *data)
{
	struct around *around = data;

	if (around->address < addresses.start || around->address >= addresses.end)
		return false;
	around->mapping = addresses;
	return true;
}

static int add_owner(struct search *s, int pid, int pagemap, uint64_t address)
{
	struct around around = { .address = address };
	struct mhp_owner owner = {
		.pid = pid,
		.address = address,
		.fd = -1,
		.confidence = MHP_CONFIDENCE_CERTAIN,
	};
	uint64_t first = address;

	procs_describe(&s->ctx->sys, &owner);
	procs_each_mapping(&s->ctx->sys, pid, set_mapping_around, &around);
	owner.pages = pagemap_count(&s->ctx->sys, pagemap, around.mapping, s->args->pfns, &first,
				    s->deadline);
	str_copy(owner.source, "pagemap");
	if (!holders_find(&s->ctx->sys, pid, s->args->pinned, &owner))
		inflight_find(&s->ctx->sys, pid, &owner);
	/* it certainly owns the pages; that it is what holds them is a guess */
	if (!owner.holder)
		owner.confidence = owner.vm_pin_bytes && s->args->pinned ? MHP_CONFIDENCE_LIKELY
									 : MHP_CONFIDENCE_POSSIBLE;
	else if (!s->args->nr_pages && owner.confidence == MHP_CONFIDENCE_LIKELY)
		owner.confidence = MHP_CONFIDENCE_POSSIBLE; /* which pages are stuck is a guess */
	s->head.nr_owners++;
	return reply_add(s->reply, &owner, sizeof(owner));
}

/*
 * Returns the address of the first stuck page that the process has at the index in its dump, or 0.
 */
static uint64_t find_by_index(const struct search *s, int pagemap)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);

	for (unsigned i = 0; i < s->args->nr_pages; i++) {
		uint64_t index = s->args->pages[i].index;

		if (index == UINT64_MAX || index > UINT64_MAX / page_size)
			continue;
		if (pagemap_pfn(&s->ctx->sys, pagemap, index * page_size) == s->args->pages[i].pfn)
			return index * page_size;
	}
	return 0;
}

struct walk {
	const struct search *s;
	int pagemap;
	uint64_t address;
};

static bool search_mapping(struct mhp_range addresses, void *data)
{
	struct walk *walk = data;
	const struct owners_args *args = walk->s->args;
	const struct root *sys = &walk->s->ctx->sys;
	const uint64_t deadline = walk->s->deadline;

	/* most mappings have no page of the block */
	if (!pagemap_count(sys, walk->pagemap, addresses, args->pfns, &walk->address, deadline))
		return clock_msec() >= deadline;
	if (!args->nr_pages)
		return true;
	walk->address = 0;
	for (unsigned i = 0; i < args->nr_pages && !walk->address; i++)
		pagemap_count(sys, walk->pagemap, addresses,
			      (struct mhp_range){ args->pages[i].pfn, args->pages[i].pfn + 1 },
			      &walk->address, deadline);
	return walk->address || clock_msec() >= deadline;
}

static int search_process(const struct root *sys, int pid, void *data)
{
	struct search *s = data;
	struct walk walk = { .s = s };
	cleanup_close int pagemap = -1;

	if (!search_enter(&s->head.cover, sys, pid, s->deadline, &pagemap) || pagemap < 0)
		return 0;
	walk.pagemap = pagemap;
	walk.address = find_by_index(s, pagemap);
	if (!walk.address && s->deep)
		procs_each_mapping(sys, pid, search_mapping, &walk);
	if (!walk.address && clock_msec() >= s->deadline)
		s->head.cover.is_cut_short = true; /* within this process */
	return walk.address ? add_owner(s, pid, pagemap, walk.address) : 0;
}

/* Returns whether as many owners were found as the kernel counts; false if it gives no count. */
static bool found_all(const struct search *s)
{
	int64_t most = 0;

	for (unsigned i = 0; i < s->args->nr_pages; i++) {
		if (s->args->pages[i].mapcount <= 0)
			return false;
		if (s->args->pages[i].mapcount > most)
			most = s->args->pages[i].mapcount;
	}
	return most && s->head.nr_owners >= most;
}

static int search_deep(struct search *s)
{
	cleanup_free struct candidate *candidates = NULL;
	int nr = candidates_list(&s->ctx->sys, s->args, s->deadline, &candidates);
	int rc = nr < 0 ? nr : 0;

	s->deep = true;
	s->head.cover.processes = s->head.cover.unreadable = 0;
	for (int i = 0; i < nr && rc == 0 && !found_all(s); i++)
		rc = search_process(&s->ctx->sys, candidates[i].pid, s);
	return rc;
}

/* ---- a holder in another process --------------------------------------------------------- */

struct elsewhere {
	const struct search *s;
	struct mhp_owner *owner;
};

/*
 * Looks for the holder of an owner's pages in another process, to which a descriptor may have been
 * passed.
 */
static int find_holder_elsewhere(const struct root *sys, int pid, void *data)
{
	struct elsewhere *e = data;
	struct mhp_owner found = *e->owner;

	if (e->owner->holder || pid == e->owner->pid || clock_msec() >= e->s->deadline)
		return 0;
	/* another process's device or pipe proves nothing; a buffer at this very address does */
	if (!holders_find(sys, pid, true, &found) || found.holder != MHP_HOLDER_IO_URING)
		return 0;
	found.confidence = MHP_CONFIDENCE_LIKELY;
	str_copy(found.source, "pagemap, fdinfo of another process");
	*e->owner = found;
	return 0;
}

static void find_missing_holders(struct search *s, size_t offset)
{
	for (unsigned i = 0; i < s->head.nr_owners && s->args->pinned; i++) {
		struct elsewhere e = { .s = s };

		e.owner = (struct mhp_owner *)(s->reply->data + offset) + i;
		if (!e.owner->holder)
			procs_each(&s->ctx->sys, find_holder_elsewhere, &e);
	}
}

int owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct search s = { .ctx = ctx, .args = arg, .reply = reply };
	int rc;

	s.deadline = clock_msec() + s.args->budget_ms;
	rc = reply_add(reply, &s.head, sizeof(s.head));
	if (rc == 0)
		rc = procs_each(&ctx->sys, search_process, &s);
	if (rc == 0 && !s.head.nr_owners)
		rc = search_deep(&s);
	if (rc == 0)
		find_missing_holders(&s, sizeof(s.head));
	return search_end(&ctx->sys, rc, reply, &s.head, sizeof(s.head), err);
}
