/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of neighbouring memory blocks that one line shows. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Neighbouring memory blocks with equal properties. */
struct run {
	uint64_t first;
	uint64_t last;		       /* inclusive */
	const struct mhp_block *block; /* the first; like all others */
};

static inline uint64_t run_count(const struct run *run)
{
	return run->last - run->first + 1;
}

/*
 * Finds the run that starts at block *index and moves *index past it; with each, every block is a
 * run of its own. Returns false after the last.
 */
bool run_next(const struct mhp_topology *topo, size_t *index, bool each, struct run *run);

/*
 * Returns the next block of a dax device, and moves *index past it; NULL after the last. *index is
 * 0 before the first.
 */
const struct mhp_block *block_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax,
					size_t *index);

/*
 * Does the same for the next run of block ids, in any state. Returns false after the last.
 */
bool run_of_device(const struct mhp_topology *topo, const struct mhp_dax *dax, size_t *index,
		   struct run *run);
