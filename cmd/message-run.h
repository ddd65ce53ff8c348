/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbouring blocks that fail in the same way share one message, and so do the targets of one
 * request that has failed as a whole, such as the members of a CXL region.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

/* A failure held back until the next one shows whether it extends the run. Zero before use. */
struct message_run {
	bool is_open;
	uint64_t first;
	uint64_t last;
	uint64_t shown; /* hash of the failure that was printed last, if it is not of a block */
	struct mhp_failure failure; /* of the first block, without pages and owners */
};

/*
 * Adds the failure to the run, or prints the run and starts a new one. Prints no failure twice in a
 * row.
 */
void message_run_add(struct message_run *run, const struct mhp_failure *failure, bool color);

/* Prints a held back run, before any other message and at the end. */
void message_run_end(struct message_run *run, bool color);
