/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/kpage.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/sys/capture.h"
#include "lib/sys/kpage-flags.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static void count_movable(uint64_t flags, struct kpage_counts *counts)
{
	counts->movable++;
	counts->anon += (flags & KPF_ANON) != 0;
	counts->thp += (flags & KPF_THP) != 0;
}

/*
 * Classifies a page. Ignores KPF_KSM (21): 6.12 sets it on every anonymous page. A word of 0 is a
 * page on a per-cpu free list or a kernel allocation; nothing distinguishes the two.
 */
void kpage_classify(uint64_t flags, struct kpage_counts *counts)
{
	if (flags & KPF_NOPAGE)
		counts->absent++;
	else if (flags & KPF_HWPOISON)
		counts->poisoned++;
	else if (flags & KPF_BUDDY)
		counts->free++;
	else if (flags & KPF_HUGE)
		counts->huge++;
	else if (flags & KPF_OFFLINE)
		counts->driver++;
	else if (flags & (KPF_SLAB | KPF_PGTABLE))
		counts->unmovable++; /* NOLINT(bugprone-branch-clone): the order counts */
	else if (flags & (KPF_LRU | KPF_ANON | KPF_MMAP | KPF_SWAPCACHE | KPF_SWAPBACKED | KPF_THP))
		count_movable(flags, counts);
	else if (flags & (KPF_HEAD | KPF_TAIL)) /* a large kernel allocation, not movable */
		counts->unmovable++;
	else
		counts->unknown++;
}

int kpage_read(int fd, uint64_t first_pfn, uint64_t nr, uint64_t *words, uint64_t missing)
{
	size_t want = nr * sizeof(*words), have = 0;

	while (have < want) {
		ssize_t len = pread(fd, (char *)words + have, want - have,
				    (off_t)(first_pfn * sizeof(*words) + have));

		if (len < 0)
			return -errno;
		if (len == 0)
			break; /* after the last page: holes */
		have += (size_t)len;
	}
	for (size_t i = have / sizeof(*words); i < nr; i++)
		words[i] = missing;
	return 0;
}

static int count_block(int fd, uint64_t first, uint64_t nr, uint64_t *words,
		       struct kpage_counts *counts)
{
	int rc = kpage_read(fd, first, nr, words, KPF_NOPAGE);

	for (size_t i = 0; i < nr && rc == 0; i++)
		kpage_classify(words[i], counts);
	return rc;
}

int kpage_count(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct kpage_args *args = arg;
	cleanup_close int fd = root_open(&ctx->sys, "proc/kpageflags", 0);
	cleanup_free uint64_t *words = NULL;
	int rc = 0;

	if (fd < 0)
		return err_errno(err, -errno, "/proc/kpageflags");
	words = malloc(args->pages_per_block * sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (unsigned i = 0; i < args->nr_blocks && rc == 0; i++) {
		struct kpage_counts counts = { 0 };

		rc = count_block(fd, args->ids[i] * args->pages_per_block, args->pages_per_block,
				 words, &counts);
		if (rc < 0)
			log_done(&ctx->log, rc, "read proc/kpageflags of memory%" PRIu64,
				 args->ids[i]);
		else
			rc = reply_add(reply, &counts, sizeof(counts));
	}
	return rc < 0 ? err_errno(err, rc, "/proc/kpageflags") : 0;
}

/* The fewest pages of a pageblock, on s390; other sizes are multiples of it. */
#define PAGEBLOCK_MIN 256

/* Counts from the flags of pages. */
static int count_offline(const struct root *sys, uint64_t first_pfn, uint64_t nr, uint64_t *pages)
{
	cleanup_close int fd = root_open(sys, "proc/kpageflags", 0);
	uint64_t flags;
	ssize_t len;
	int rc;

	*pages = 0;
	if (fd < 0)
		return -errno;
	for (uint64_t pfn = first_pfn; pfn < first_pfn + nr; pfn += PAGEBLOCK_MIN) {
		len = pread(fd, &flags, sizeof(flags), (off_t)(pfn * sizeof(flags)));
		if (len < 0) {
			rc = -errno;
			log_done(sys->log, rc, "read proc/kpageflags of page 0x%" PRIx64, pfn);
			return rc;
		}
		if (len == sizeof(flags) && flags & KPF_OFFLINE)
			*pages += PAGEBLOCK_MIN;
	}
	return 0;
}

/* Reads the count in a report, which has no flags of pages. */
int kpage_count_offline(const struct root *sys, uint64_t first_pfn, uint64_t nr, uint64_t *pages)
{
	char text[24];
	int rc;

	ROOT_PATH(path, REPORT_TREE "/offline_pages/0x%" PRIx64 "-%" PRIu64, first_pfn, nr);
	if (sys->is_report)
		return root_read_u64(sys, path, 10, pages);
	rc = count_offline(sys, first_pfn, nr, pages);
	if (rc == 0 && sys->capture) {
		str_format(text, "%" PRIu64 "\n", *pages);
		capture_text(sys, path, text);
	}
	return rc;
}
