/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The health of CXL memory devices. */
#pragma once

#include "lib/model/topology.h"

/*
 * Asks all memory devices in parallel. The health of one that does not answer stays unknown and is
 * listed as hidden. Returns 0, or -ECANCELED, -ENOMEM.
 */
int topology_read_cxl_health(struct mhp_ctx *ctx, struct mhp_topology *topo);
