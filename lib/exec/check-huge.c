/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists huge pages that can move only to a free page of their size, once for all their blocks. */
#include "lib/exec/check-huge.h"
#include "lib/base/vec.h"
#include "lib/sys/gigantic.h"

#include <errno.h>

#define PAGES_MAX 64 /* in one block */

struct huge_pages {
	struct mhp_huge_page *at;
	size_t nr;
};

/* Adds the page, or extends it to this block. Blocks ascend, so a known page is near the end. */
static int add_page(struct huge_pages *all, const struct mhp_block_check *block,
		    const struct gigantic_page *page, uint64_t free_elsewhere)
{
	struct mhp_huge_page *known;

	for (size_t i = all->nr; i-- > 0;)
		if (all->at[i].pfn == page->pfn) {
			all->at[i].last_block = block->id;
			return 0;
		}
	known = VEC_PUSH(all->at, all->nr);
	if (!known)
		return -ENOMEM;
	*known = (struct mhp_huge_page){
		.pfn = page->pfn,
		.size = page->size,
		.node = block->node,
		.first_block = block->id,
		.last_block = block->id,
		.is_in_use = page->in_use,
		.free_elsewhere = free_elsewhere,
	};
	return 0;
}

static int check_block(const struct root *sys, const struct gigantic_pools *pools,
		       uint64_t block_pages, struct mhp_block_check *block, struct huge_pages *all)
{
	struct gigantic_page pages[PAGES_MAX];
	int nr = gigantic_find(sys, pools, block->id * block_pages, (block->id + 1) * block_pages,
			       pages, PAGES_MAX);
	int rc = 0;

	for (int i = 0; i < nr && i < PAGES_MAX && rc == 0; i++) {
		uint64_t elsewhere = gigantic_free_elsewhere(sys, pages[i].size, block->node);

		if (pages[i].in_use && !elsewhere)
			block->has_unmovable_huge_page = true;
		rc = add_page(all, block, &pages[i], elsewhere);
	}
	return rc;
}

int check_huge_pages(const struct root *sys, const struct mhp_memory *memory,
		     struct mhp_block_check *blocks, size_t nr_blocks, struct mhp_check *check)
{
	struct huge_pages all = { .at = NULL };
	struct gigantic_pools pools;
	int rc = 0;

	gigantic_pools_read(sys, memory->page_size, &pools);
	for (size_t i = 0; i < nr_blocks && pools.nr && rc == 0; i++)
		if (blocks[i].hugetlb_pages)
			rc = check_block(sys, &pools, memory->block_size / memory->page_size,
					 &blocks[i], &all);
	check->huge_pages = all.at;
	check->nr_huge_pages = all.nr;
	return rc;
}
