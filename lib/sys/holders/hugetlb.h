/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses pages of the hugetlb pools, or was promised some. */
#pragma once

#include "lib/sys/holders/owners.h"
#include "lib/sys/holders/procs.h"

/*
 * Fill holder, detail, source and confidence of owner->pid if it has hugetlb mappings, and call fn
 * for each of them until it returns true. False where it has none. A mapping promises pages that
 * it does not have yet, so a pool may not be able to shrink though nobody has its pages.
 */
bool huge_look(const struct root *sys, struct mhp_owner *owner, mapping_fn fn, void *data);

/* As owners_find(), for a block whose huge pages cannot be dissolved. */
int huge_owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);
