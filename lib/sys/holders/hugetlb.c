/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/hugetlb.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/owners.h"
#include "lib/sys/holders/pagemap.h"

#include <stdio.h>
#include <string.h>

/* ---- mappings ---------------------------------------------------------------------------- */

/* Parses "HugetlbPages:     4096 kB". */
static uint64_t bytes_in_use(const struct root *sys, int pid)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long kib = 0;
	char line[256];

	ROOT_PATH(path, "proc/%d/status", pid);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file))
		if (sscanf(line, "HugetlbPages: %llu kB", &kib) == 1)
			break;
	return (uint64_t)kib << 10;
}

/*
 * Returns whether the process maps huge pages: a reservation with no page faulted in shows only
 * there.
 */
static bool maps_pool(const struct root *sys, int pid)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;

	ROOT_PATH(path, "proc/%d/maps", pid);
	file = root_fopen(sys, path);
	while (file && root_getline(sys, &line, &size, file) > 0)
		if (strstr(line, " /anon_hugepage") || strstr(line, "/hugepages/"))
			return true;
	return false;
}

/*
 * Calls fn for each mapping with "ht" among its VmFlags. Called only where needed, as smaps walks
 * the page tables.
 */
static uint64_t each_mapping(const struct root *sys, int pid, mapping_fn fn, void *data)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	unsigned long long start, end;
	struct mhp_range range = { 0 };
	uint64_t bytes = 0;
	bool enough = false;
	size_t size = 0;

	ROOT_PATH(path, "proc/%d/smaps", pid);
	file = root_fopen(sys, path);
	while (file && root_getline(sys, &line, &size, file) > 0) {
		if (sscanf(line, "%llx-%llx ", &start, &end) == 2 && start < end)
			range = (struct mhp_range){ start, end };
		if (strncmp(line, "VmFlags:", 8) != 0 || !strstr(line, " ht"))
			continue;
		bytes += range.end - range.start;
		if (!enough)
			enough = fn(range, data);
	}
	return bytes;
}

bool huge_look(const struct root *sys, struct mhp_owner *owner, mapping_fn fn, void *data)
{
	uint64_t used = bytes_in_use(sys, owner->pid), mapped;
	char use[24], promised[24];

	if (!used && !maps_pool(sys, owner->pid))
		return false;
	mapped = each_mapping(sys, owner->pid, fn, data);
	if (!mapped && !used)
		return false;
	owner->holder = MHP_HOLDER_HUGETLB;
	owner->holder_pid = owner->pid;
	owner->fd = -1;
	owner->confidence = MHP_CONFIDENCE_POSSIBLE;
	str_format(owner->detail, "%s of huge pages in use, %s mapped and not touched",
		   format_size(used, use, sizeof(use)),
		   format_size(mapped > used ? mapped - used : 0, promised, sizeof(promised)));
	str_copy(owner->source, "smaps, pagemap");
	return true;
}

/* ---- owners ------------------------------------------------------------------------------ */

struct search {
	struct mhp_ctx *ctx;
	const struct owners_args *args;
	struct reply *reply;
	struct owners_head head;
	uint64_t deadline;
};

struct in_block {
	const struct search *s;
	int pagemap;
	uint64_t pages;
	uint64_t address;
};

static bool count_in_block(struct mhp_range addresses, void *data)
{
	struct in_block *in = data;
	uint64_t first, pages;

	if (in->pagemap < 0)
		return true;
	pages = pagemap_count(&in->s->ctx->sys, in->pagemap, addresses, in->s->args->pfns, &first,
			      in->s->deadline);
	if (pages && !in->pages)
		in->address = first;
	else if (!in->address)
		in->address = addresses.start;
	in->pages += pages;
	return clock_msec() >= in->s->deadline;
}

static int search_process(const struct root *sys, int pid, void *data)
{
	struct search *s = data;
	struct in_block in = { .s = s };
	struct mhp_owner owner = { .pid = pid };
	cleanup_close int pagemap = -1;

	if (!search_enter(&s->head.cover, sys, pid, s->deadline, &pagemap))
		return 0;
	in.pagemap = pagemap;
	if (!huge_look(sys, &owner, count_in_block, &in))
		return 0;
	procs_describe(sys, &owner);
	owner.pages = in.pages;
	owner.address = in.address;
	if (in.pages) /* it has pages here, but another's reservation may be the cause */
		owner.confidence = MHP_CONFIDENCE_LIKELY;
	s->head.nr_owners++;
	return reply_add(s->reply, &owner, sizeof(owner));
}

int huge_owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	struct search s = { .ctx = ctx, .args = arg, .reply = reply };
	int rc;

	s.deadline = clock_msec() + s.args->budget_ms;
	rc = reply_add(reply, &s.head, sizeof(s.head));
	if (rc == 0)
		rc = procs_each(&ctx->sys, search_process, &s);
	return search_end(&ctx->sys, rc, reply, &s.head, sizeof(s.head), err);
}
