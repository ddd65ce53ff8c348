/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Neighbouring memory blocks that are equal in all but their place. */
struct run {
	uint64_t first;
	uint64_t last;		       /* included */
	const struct mhp_block *block; /* the first; stands for all */
};

#define RUN_NAME_MAX 64

/* Name the blocks from first to last: "memory33-47", or "memory41" where it is one. Returns buf. */
const char *run_name(uint64_t first, uint64_t last, char *buf, size_t size);

static inline uint64_t run_count(const struct run *run)
{
	return run->last - run->first + 1;
}

/*
 * The run that begins with the *index-th block, *index is moved behind it; with each every block is
 * a run of its own. False after the last.
 */
bool run_next(const struct mhp_topology *topo, size_t *index, bool each, struct run *run);

/*
 * The next run of block ids of one dax device, whatever state they are in; *index is moved behind
 * it. False after the last.
 */
bool run_of_device(const struct mhp_topology *topo, const char *device, size_t *index,
		   struct run *run);
