/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what a drain needs to know. */
#pragma once

#include "lib/plan/plan.h"
#include "lib/sys/ctx.h"

/*
 * Reads the content of the blocks that the plan takes offline, whose it is, and where it can go.
 * Without such blocks facts stay empty. A value that cannot be read stays unknown. Returns 0, or a
 * negative errno with *err filled for lack of memory or descriptors and for a cancel. Free the
 * facts in each case.
 */
int drain_look(struct mhp_ctx *ctx, const struct mhp_topology *topo, const struct mhp_plan *plan,
	       struct drain_facts *facts, struct mhp_error *err);
