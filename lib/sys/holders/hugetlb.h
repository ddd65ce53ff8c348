/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that use or have reserved pages of the hugetlb pools. */
#pragma once

#include "lib/sys/holders/procs.h"

/*
 * Fills in holder, detail, source and confidence of owner->pid if it has hugetlb mappings, and
 * calls fn for each of them until it returns true. Returns false if it has none. A mapping reserves
 * pages that it does not have yet, so a pool may be unable to shrink although nobody has its pages.
 */
bool huge_look(const struct root *sys, struct mhp_owner *owner, mapping_fn fn, void *data);

/*
 * Finds owners as owners_find() does, as a task, for a block whose huge pages cannot be dissolved.
 */
int huge_owners_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);
