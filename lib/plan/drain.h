/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Returns a drain without actions, whose sizes are unknown; NULL without memory. */
struct mhp_drain *drain_new(void);
void drain_free(const struct mhp_drain *drain);

/* Adds an action whose sizes are unknown. NULL: -ENOMEM. */
struct mhp_drain_action *drain_add(struct mhp_drain *drain, enum mhp_drain_kind kind,
				   const char *target);

/* Adds what a later round of the same run has planned and done. Returns 0 or -ENOMEM. */
int drain_join(struct mhp_drain *drain, const struct mhp_drain *later);

/* Returns the action to change it. */
struct mhp_drain_action *drain_get(struct mhp_drain *drain, size_t index);
