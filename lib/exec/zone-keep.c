/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/zone-keep.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/block.h"

#include <errno.h>
#include <inttypes.h>

/* Returns whether an earlier chain has the block too, which then counts there. */
static bool is_counted(const struct mhp_plan *plan, size_t chain, uint64_t id)
{
	for (size_t i = 0; i < chain; i++)
		if (idset_has(&plan->chains[i].blocks, id))
			return true;
	return false;
}

/* Counts online blocks of all targets but one, until there are enough. */
static uint64_t count_online(const struct exec *x, uint64_t but, uint64_t enough)
{
	const struct mhp_plan *plan = x->plan;
	enum mhp_block_state state;
	uint64_t nr = 0;

	for (size_t i = 0; i < plan->nr_chains; i++)
		for (size_t k = 0; k < plan->chains[i].blocks.nr; k++) {
			const struct idrun *run = &plan->chains[i].blocks.runs[k];

			for (uint64_t id = run->first; id <= run->last && nr < enough; id++)
				nr += id != but && !is_counted(plan, i, id) &&
				      block_read_state(&x->ctx->sys, id, &state) == 0 &&
				      state == MHP_BLOCK_ONLINE;
		}
	return nr;
}

int zone_keep_check(const struct exec *x, const struct mhp_block *block, enum mhp_zone_request zone,
		    struct mhp_error *err)
{
	const uint64_t size = x->topo->memory.block_size, keep = x->plan->keep_bytes;
	uint64_t enough = keep / size + (keep % size != 0), nr;
	char rest[24], kept[24];

	if (!keep)
		return 0;
	nr = count_online(x, block->id, enough);
	if (nr >= enough)
		return 0;
	err_set(err, 0, MHP_REASON_WRONG_ZONE,
		"memory%" PRIu64 ": is online in zone %s, not %s, and stays there: %s of the other "
		"blocks are online, and %s are to stay online",
		block->id, mhp_zone_name(block->zone), mhp_zone_request_name(zone),
		format_size(nr * size, rest, sizeof(rest)), format_size(keep, kept, sizeof(kept)));
	return err_hint(err, -EIO, "bring more of the memory online first, or keep less");
}
