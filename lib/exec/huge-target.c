/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/huge-target.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/diagnose.h"
#include "lib/model/block.h"
#include "lib/sys/gigantic.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>

#define PAGES_MAX 64 /* in one block */

static int refuse_offline(struct exec *x, struct evidence *e, const struct gigantic_page *page,
			  int node, const char *name, struct mhp_error *err)
{
	char size[24];

	e->pages[0] = (struct mhp_page){
		.pfn = page->pfn,
		.kind = MHP_PAGE_HUGETLB,
		.refcount = MHP_COUNT_UNKNOWN,
		.mapcount = MHP_COUNT_UNKNOWN,
		.pincount = MHP_COUNT_UNKNOWN,
		.pins = MHP_COUNT_UNKNOWN,
		.extra_references = MHP_COUNT_UNKNOWN,
		.verdict = MHP_REASON_HUGETLB,
	};
	e->nr_pages = 1;
	e->not_tried = true;
	e->is_repeated = x->huge_pfn == page->pfn;
	x->huge_pfn = page->pfn;
	err_set(err, -EBUSY, MHP_REASON_HUGETLB,
		"%s: offline not tried: a huge page of %s (page 0x%" PRIx64
		") is in use, and no other node has a free one that it could go to",
		name, format_size(page->size, size, sizeof(size)), page->pfn);
	return err_hint(err, -EBUSY,
			"free it, or have one kept ready on another node than %d: "
			"/" KERNEL_NODES "/nodeN/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
			node, page->size >> 10);
}

bool huge_target_is_possible(const struct exec *x)
{
	struct gigantic_pools pools;

	gigantic_pools_read(&x->ctx->sys, x->topo->memory.page_size, &pools);
	return pools.nr > 0;
}

int huge_target_check(struct exec *x, struct evidence *e, const char *name, struct mhp_error *err)
{
	const struct root *sys = &x->ctx->sys;
	struct gigantic_page pages[PAGES_MAX];
	struct gigantic_pools pools;
	int nr, node;

	gigantic_pools_read(sys, x->topo->memory.page_size, &pools);
	if (!pools.nr) /* true for most machines */
		return 0;
	nr = gigantic_find(sys, &pools, e->pfns.start, e->pfns.end, pages, PAGES_MAX);
	node = block_read_node(sys, e->addresses.start / x->topo->memory.block_size);
	for (int i = 0; i < nr && i < PAGES_MAX; i++)
		if (pages[i].in_use && gigantic_free_elsewhere(sys, pages[i].size, node) == 0)
			return refuse_offline(x, e, &pages[i], node, name, err);
	return 0;
}
