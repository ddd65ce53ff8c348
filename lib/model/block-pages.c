/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts the pages in use in memory blocks. */
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/model/block-more.h"
#include "lib/model/topology.h"
#include "lib/sys/kpage.h"

#include <string.h>

static int set_page_counts(struct mhp_topology *topo, struct mhp_block *block,
			   const struct kpage_counts *counts)
{
	const struct mhp_block_pages pages = {
		.used = counts->movable + counts->huge,
		.unmovable = counts->unmovable,
		.unknown = counts->unknown + counts->driver,
	};

	return block_set_pages(&topo->more, block, &pages);
}

static int count_batch(struct mhp_ctx *ctx, struct mhp_topology *topo,
		       const struct kpage_args *args, const size_t *places)
{
	cleanup_reply struct reply reply = { 0 };
	struct kpage_counts counts;
	int rc = kpage_count(ctx, args, &reply, NULL);

	for (unsigned i = 0; i < args->nr_blocks && rc == 0; i++) {
		memcpy(&counts, reply.data + i * sizeof(counts), sizeof(counts));
		rc = set_page_counts(topo, &topo->blocks[places[i]], &counts);
	}
	return rc;
}

MHP_EXPORT int mhp_topology_count_pages(struct mhp_ctx *ctx, struct mhp_topology *topo, int node,
					struct mhp_error *err)
{
	struct kpage_args args = {
		.pages_per_block = topo->memory.block_size / topo->memory.page_size,
	};
	size_t places[KPAGE_BLOCKS];
	int rc = 0;

	for (size_t i = 0; i < topo->nr_blocks && rc == 0 && !ctx->is_copy; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (block->node == node && block->state == MHP_BLOCK_ONLINE) {
			places[args.nr_blocks] = i;
			args.ids[args.nr_blocks++] = block->id;
		}
		if (args.nr_blocks == KPAGE_BLOCKS ||
		    (i + 1 == topo->nr_blocks && args.nr_blocks)) {
			rc = count_batch(ctx, topo, &args, places);
			args.nr_blocks = 0;
		}
	}
	return root_is_lack(rc) ? err_errno(err, rc, "cannot count the pages of node%d", node) : 0;
}
