/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds that can be known without an offline: registered buffers of io_uring. Whoever
 * has VmPin, a device that pins, a pipe with data in it, a direct transfer that it waits for, or
 * huge pages is suspected of all of its pages: the page flags show none of these.
 */
#pragma once

#include "lib/sys/child.h"

struct pins_args {
	uint64_t pages_per_block;
	uint64_t first_block; /* only blocks between these are of interest, both included */
	uint64_t last_block;
	uint64_t budget_ms;
};

struct pins_head {
	unsigned processes;
	unsigned unreadable;
	bool cut_short;
	size_t nr_pins;
	uint64_t pinned_bytes; /* that processes have pinned, wherever that is */
};

/* Held pages of one process in one block. */
struct pin {
	uint64_t block;
	struct mhp_owner owner;
};

/* Task (struct pins_args): struct pins_head, then as many struct pin. */
int pins_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
