/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pins that can be known without an offline: registered buffers of io_uring, and who has VmPin. */
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
};

/* Pinned pages of one process in one block. */
struct pin {
	uint64_t block;
	struct mhp_owner owner;
};

/* Task (struct pins_args): struct pins_head, then as many struct pin. */
int pins_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
