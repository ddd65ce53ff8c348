/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks that follow each other and fail alike are one message. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

/* What is held back until it is seen whether the next block joins it. Zero it before use. */
struct message_run {
	bool is_open;
	uint64_t first;
	uint64_t last;
	struct mhp_failure failure; /* of the block that came first, without pages and owners */
};

/* Tell of a failure, or hold it back; what was held back before and is not joined is told. */
void message_run_add(struct message_run *run, const struct mhp_failure *failure, bool color);

/* Tell what is held back: something else is to be told, or nothing comes any more. */
void message_run_end(struct message_run *run, bool color);
