/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/page.h"

#include <errno.h>
#include <string.h>

#define PIN_BIAS 1024

static enum mhp_page_kind kind_of(const struct page_dump *dump)
{
	if (strcmp(dump->type, "hugetlb") == 0)
		return MHP_PAGE_HUGETLB;
	if (strcmp(dump->type, "slab") == 0 || (dump->flags & PAGE_SLAB))
		return MHP_PAGE_SLAB;
	if (strcmp(dump->type, "table") == 0 || strcmp(dump->type, "pgtable") == 0)
		return MHP_PAGE_TABLE;
	if (strcmp(dump->type, "offline") == 0)
		return MHP_PAGE_OFFLINE;
	if (dump->flags & PAGE_ANON)
		return MHP_PAGE_ANON;
	if (strncmp(dump->aops, "shmem", 5) == 0)
		return MHP_PAGE_SHMEM;
	if (strncmp(dump->aops, "hugetlb", 7) == 0)
		return MHP_PAGE_HUGETLB;
	if (dump->aops[0] || dump->has_mapping)
		return MHP_PAGE_FILE;
	/* the mapping of an anonymous page reads as none during its migration */
	if ((dump->flags & PAGE_SWAPBACKED) && dump->mapcount > 0)
		return MHP_PAGE_ANON;
	return dump->flags & PAGE_RESERVED ? MHP_PAGE_KERNEL
	       : dump->mapcount > 0	   ? MHP_PAGE_UNKNOWN
					   : MHP_PAGE_KERNEL;
}

/* Returns the number of references with a known user. */
static int64_t expected_references(const struct page_dump *dump)
{
	int64_t nr_pages = (int64_t)1 << dump->order;
	int64_t count = 1; /* the offliner's, which isolated it */

	if (dump->mapcount > 0)
		count += dump->mapcount;
	if ((dump->flags & PAGE_SWAPCACHE) || (dump->has_mapping && !(dump->flags & PAGE_ANON)))
		count += nr_pages;
	if (dump->flags & PAGE_PRIVATE)
		count++;
	return count;
}

static void count_pins(const struct page_dump *dump, struct mhp_page *page)
{
	int64_t extra = dump->refcount - expected_references(dump);

	if (dump->refcount == COUNT_UNKNOWN || extra <= 0)
		extra = 0;
	if (dump->order > 0 && dump->pincount != COUNT_UNKNOWN) {
		page->pins = dump->pincount;
		page->extra_references = extra > page->pins ? extra - page->pins : 0;
		return;
	}
	page->pins = extra / PIN_BIAS;
	page->extra_references = extra % PIN_BIAS;
}

static enum mhp_reason verdict_of(const struct page_dump *dump, const struct mhp_page *page)
{
	if (page->kind == MHP_PAGE_HUGETLB)
		return MHP_REASON_HUGETLB;
	if (strcmp(dump->because, "unmovable page") == 0)
		return MHP_REASON_UNMOVABLE;
	if (page->pins > 0)
		return MHP_REASON_PINNED;
	if (dump->ret == -ENOMEM)
		return MHP_REASON_NO_TARGET_MEMORY;
	if (page->extra_references > 0)
		return MHP_REASON_EXTRA_REFERENCE;
	if (dump->flags & (PAGE_LOCKED | PAGE_WRITEBACK))
		return MHP_REASON_LOCKED_OR_WRITEBACK;
	if (dump->flags & PAGE_HWPOISON)
		return MHP_REASON_POISONED;
	return MHP_REASON_KERNEL;
}

struct mhp_page page_judge(const struct page_dump *dump)
{
	struct mhp_page page = {
		.pfn = dump->pfn,
		.kind = kind_of(dump),
		.refcount = dump->refcount,
		.mapcount = dump->mapcount,
		.pincount = dump->pincount,
	};

	if (strcmp(dump->because, "unmovable page") != 0)
		count_pins(dump, &page);
	page.verdict = verdict_of(dump, &page);
	return page;
}
