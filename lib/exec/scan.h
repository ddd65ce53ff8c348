/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scans the machine for a request. Reads the content only of namespaces that a plan could lose: it
 * plans and reads until a plan names no further one.
 */
#pragma once

#include "lib/model/topology.h"

/*
 * Scans for a request; second_round is that of plan_new(). Returns what mhp_topology_scan() does.
 */
int scan_for(struct mhp_ctx *ctx, const struct mhp_request *request, bool second_round,
	     struct mhp_topology **topo, struct mhp_error *err);

/*
 * Adds what the drain of the request needs about the blocks that its plan takes offline. Without
 * such a plan there is nothing to read. Returns what drain_look() does.
 */
int scan_drain(struct mhp_ctx *ctx, const struct mhp_request *request, bool second_round,
	       struct mhp_topology *topo, struct mhp_error *err);
