/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the sink for people. All return 0 or -ENOMEM. */
#pragma once

#include "cmd/out.h"

#include <stdio.h>

int out_text_list(FILE *f, const struct mhp_topology *topo, const struct out_view *view,
		  bool color);
int out_text_check(FILE *f, const struct mhp_check *check, uint64_t page_size, bool color);
int out_text_plan(FILE *f, const struct mhp_plan *plan);

/* A line a target: what was reached. */
void out_text_outcome(FILE *f, const struct out_outcome *outcome);

/* "(63 blocks", "7.9 GiB", "-": MHP_UNKNOWN is "-". Returns buf. */
const char *out_text_size(uint64_t bytes, bool plain, char *buf, size_t size);

#define OUT_TEXT_SIZE_MAX 32
