/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/page-content.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/kpage-flags.h"

#include <errno.h>

/* Returns the entry of a cgroup, a new one if there is space, or NULL. */
static struct page_group *get_group(struct page_content *content, uint64_t inode)
{
	for (unsigned i = 0; i < content->nr_groups; i++)
		if (content->groups[i].inode == inode)
			return &content->groups[i];
	if (content->nr_groups == PAGE_GROUPS_MAX) {
		content->is_cut = true;
		return NULL;
	}
	content->groups[content->nr_groups].inode = inode;
	return &content->groups[content->nr_groups++];
}

static bool is_movable(uint64_t flags)
{
	struct kpage_counts counts = { 0 };

	kpage_classify(flags, &counts);
	return counts.movable != 0;
}

/*
 * Counts a page. A page in the swap cache or of shared memory goes to swap like an anonymous one;
 * the tail of a huge file page may lack the flag LRU, and then is not counted as clean.
 */
static void count_page(uint64_t flags, uint64_t inode, struct page_content *content)
{
	bool is_anon = flags & (KPF_ANON | KPF_SWAPBACKED | KPF_SWAPCACHE);
	bool is_dirty = !is_anon && flags & (KPF_DIRTY | KPF_WRITEBACK);
	bool is_locked = flags & KPF_UNEVICTABLE;
	struct page_group *group;

	if (!is_movable(flags)) {
		content->free += (flags & KPF_BUDDY) != 0;
		return;
	}
	content->used++;
	content->anon += is_anon;
	content->dirty += is_dirty;
	content->locked += is_locked;
	content->thp += (flags & KPF_THP) != 0;
	content->clean +=
		!is_anon && !is_dirty && !is_locked && (flags & KPF_LRU) && !(flags & KPF_MMAP);
	group = inode && !is_locked ? get_group(content, inode) : NULL;
	if (group && is_anon)
		group->anon++;
	else if (group)
		group->file++;
}

struct reading {
	int flags_fd;
	int groups_fd; /* -1: the kernel does not show cgroups */
	uint64_t nr;   /* pages of a block */
	uint64_t *flags;
	uint64_t *groups;
};

static int read_block(const struct reading *r, uint64_t id, struct page_content *content)
{
	int rc = kpage_read(r->flags_fd, id * r->nr, r->nr, r->flags, KPF_NOPAGE);

	if (rc == 0 && r->groups_fd >= 0)
		rc = kpage_read(r->groups_fd, id * r->nr, r->nr, r->groups, 0);
	for (uint64_t i = 0; i < r->nr && rc == 0; i++)
		count_page(r->flags[i], r->groups_fd >= 0 ? r->groups[i] : 0, content);
	return rc;
}

int page_content_read(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct kpage_args *args = arg;
	cleanup_close int flags_fd = root_open(&ctx->sys, "proc/kpageflags", 0);
	int error = errno;
	cleanup_close int groups_fd = root_open(&ctx->sys, "proc/kpagecgroup", 0);
	int error_groups = errno;
	cleanup_free uint64_t *words = NULL;
	struct page_content content = { .has_groups = groups_fd >= 0 };
	struct reading r = { flags_fd, groups_fd, args->pages_per_block, NULL, NULL };
	int rc = 0;

	if (flags_fd < 0)
		return err_errno(err, -error, "/proc/kpageflags");
	if (groups_fd < 0 && root_is_lack(-error_groups))
		return err_errno(err, -error_groups, "/proc/kpagecgroup");
	words = calloc(2 * args->pages_per_block, sizeof(*words));
	if (!words)
		return err_errno(err, -ENOMEM, "/proc/kpageflags");
	r.flags = words;
	r.groups = words + args->pages_per_block;
	for (unsigned i = 0; i < args->nr_blocks && rc == 0; i++)
		rc = read_block(&r, args->ids[i], &content);
	if (rc == 0)
		rc = reply_add(reply, &content, sizeof(content));
	return rc < 0 ? err_errno(err, rc, "/proc/kpageflags") : 0;
}

void page_content_add(struct page_content *sum, const struct page_content *more)
{
	sum->free += more->free;
	sum->used += more->used;
	sum->clean += more->clean;
	sum->dirty += more->dirty;
	sum->anon += more->anon;
	sum->locked += more->locked;
	sum->thp += more->thp;
	sum->has_groups |= more->has_groups;
	sum->is_cut |= more->is_cut;
	for (unsigned i = 0; i < more->nr_groups; i++) {
		struct page_group *group = get_group(sum, more->groups[i].inode);

		if (!group)
			continue;
		group->file += more->groups[i].file;
		group->anon += more->groups[i].anon;
	}
}
