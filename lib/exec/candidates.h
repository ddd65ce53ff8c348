/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/ctx.h"

/*
 * Reads what a request that chooses blocks needs to know: what is plugged in of them, their pages
 * and pins, the space on other nodes. Values that the caller may not read stay unknown. A
 * request that cannot be planned reads nothing: its plan says why. Returns 0 or a negative errno
 * with *err filled.
 */
int candidates_read(struct mhp_ctx *ctx, const struct mhp_request *request,
		    struct mhp_topology *topo, struct mhp_error *err);
