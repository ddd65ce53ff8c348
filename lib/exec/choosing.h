/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A run that chooses blocks, over its rounds: each further round replaces the blocks that failed in
 * the one before.
 */
#pragma once

#include "lib/base/idset.h"
#include "lib/exec/exec.h"

struct choosing {
	struct mhp_receipt *receipt; /* of all rounds so far, or NULL */
	struct idset failed;	     /* blocks that were tried in vain */
	uint64_t changed_bytes;	     /* by the rounds so far */
	enum mhp_zone_request zone;  /* of blocks that come online */
};

void choosing_free(struct choosing *choosing);

/* Tells the next plan what the rounds so far have reached. */
void choosing_continue(const struct choosing *choosing, struct mhp_topology *topo);

/*
 * Takes what a round has done with its blocks. Returns 1 if another one can replace blocks that
 * failed, 0 if not, or -ENOMEM.
 */
int choosing_take(struct choosing *choosing, const struct mhp_ctx *ctx,
		  const struct mhp_topology *topo, const struct mhp_plan *plan,
		  const struct mhp_result *result);

/*
 * Gives the receipt to the result of the run. Blocks that failed are no failure if others have made
 * up for them.
 */
void choosing_end(struct choosing *choosing, const struct mhp_ctx *ctx, uint64_t block_size,
		  struct mhp_result *result);
