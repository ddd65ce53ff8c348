/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The choice that a request with a size leaves: the blocks, the direction and the amount. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

#include <stdbool.h>

struct choice {
	struct target target;  /* a node or a dax device with memory */
	bool is_offline;       /* blocks go offline; false: they come online */
	uint64_t bytes;	       /* still to do; 0: the wanted size is reached */
	bool is_limit;	       /* bytes is a limit: not a block more */
	uint64_t online_bytes; /* resize: of the target now */
};

/* Returns the size that the blocks of the request add up to; 0: it names its blocks. */
uint64_t choice_bytes(const struct mhp_request *request);

/*
 * Finds the target, and the direction and the amount for its blocks as they are now. Returns 0 or a
 * negative errno with *err filled.
 */
int choice_init(const struct mhp_topology *topo, const struct mhp_request *request,
		struct choice *choice, struct mhp_error *err);

/* Returns whether the block belongs to the target. */
bool choice_has(const struct choice *choice, const struct mhp_block *block);

/* Returns whether the block is in the state that the choice changes. */
bool choice_may_take(const struct choice *choice, const struct mhp_block *block);

/* Returns the bytes that the block gives: of virtio-mem only what is plugged in, if known. */
uint64_t choice_gives(const struct mhp_topology *topo, const struct mhp_block *block);
