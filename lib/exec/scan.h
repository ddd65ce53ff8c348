/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine as far as a request needs it. A plan without contents names the namespaces that it
 * could lose; these are read, and no others.
 */
#pragma once

#include "lib/model/topology.h"

/* second_round: as of plan_new(). Results as of mhp_topology_scan(). */
int scan_for(struct mhp_ctx *ctx, const struct mhp_request *request, bool second_round,
	     struct mhp_topology **topo, struct mhp_error *err);
