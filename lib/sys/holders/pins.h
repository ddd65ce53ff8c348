/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds held pages before any offline: registered buffers of io_uring. A process with VmPin, a
 * device that pins, a pipe with data, a direct transfer that it waits for, or huge pages may hold
 * any of its pages, as the page flags show none of these.
 */
#pragma once

#include "lib/sys/holders/search.h"

struct pins_args {
	uint64_t pages_per_block;
	uint64_t first_block; /* only blocks between these count, both included */
	uint64_t last_block;
	uint64_t budget_ms;
};

struct pins_head {
	struct search_cover cover;
	size_t nr_pins;
	uint64_t pinned_bytes; /* all that processes have pinned, in any block */
};

/* Held pages of one process in one block. */
struct pin {
	uint64_t block;
	struct mhp_owner owner;
};

/* Replies, as a task (struct pins_args), with struct pins_head, then that many struct pin. */
int pins_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
