/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of failures with one spare entry. Without memory for all of them, the spare entry says
 * that others are missing.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>

struct failures {
	struct mhp_failure *at;
	size_t nr;
	size_t space;
	bool is_cut; /* the last entry says so */
};

/* Reserves space for nr failures in total, plus the spare entry. Returns 0 or -ENOMEM. */
int failures_reserve(struct failures *list, size_t nr);

/* Appends a failure, and takes or frees its arrays. Needs an earlier failures_reserve(). */
void failures_add(struct failures *list, const struct mhp_failure *failure);

/* Appends a failure of the whole call (target ""), or of its only target. */
void failures_add_error(struct failures *list, const struct mhp_error *err, const char *target);

/* Frees the arrays of one failure, whose place the caller uses again. */
void failures_drop(struct failures *list, size_t index);

void failures_clear(struct failures *list);
