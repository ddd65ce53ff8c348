/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of failures that takes one more without fetching memory: where there is none for all of
 * them, the last says that others are missing.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>

struct failures {
	struct mhp_failure *at;
	size_t nr;
	size_t room;
	bool is_cut; /* the last tells of it */
};

/* Have room for so many in all, and for one that says that it is not enough. 0, or -ENOMEM. */
int failures_reserve(struct failures *list, size_t nr);

/* Behind the last. The arrays of *failure are taken over, or freed. There has been a reserve. */
void failures_add(struct failures *list, const struct mhp_failure *failure);

/* One of the call as a whole, or of its target where there is but one; target: "" for none. */
void failures_add_error(struct failures *list, const struct mhp_error *err, const char *target);

void failures_clear(struct failures *list);
