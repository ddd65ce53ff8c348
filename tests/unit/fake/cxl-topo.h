/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CXL in topologies that are built in memory. */
#pragma once

#include "tests/unit/fake/topo.h"

/* Adds memN with that much volatile memory behind the host bridge, bound and in no region. */
struct mhp_cxl_memdev *cxl_topo_card(struct mhp_topology *topo, unsigned n, int bridge,
				     uint64_t bytes);

/*
 * Adds decoder0.N, whose N-th piece of 64 GiB from 256 GiB on is free up to that size. Its ways are
 * the host bridges: "12", or "12 44".
 */
struct mhp_cxl_window *cxl_topo_window(struct mhp_topology *topo, unsigned n, uint64_t bytes,
				       const char *bridges);

/*
 * Adds cxl/regionN at the start of the window's free piece, over the cards "0" or "0 1", each with
 * its next decoder, in that state.
 */
struct mhp_cxl_region *cxl_topo_region(struct mhp_topology *topo, unsigned n, unsigned window,
				       uint64_t bytes, const char *cards, enum mhp_cxl_state state);

/* Adds daxN.0 of cxl/regionN, which is enabled. As system-ram it has blocks in that state. */
struct mhp_dax *cxl_topo_dax(struct mhp_topology *topo, unsigned n, enum mhp_dax_mode mode,
			     enum mhp_block_state state);

/*
 * Returns topo_new() with mem0 and mem1, of 1 GiB, behind the host bridges 12 and 44; decoder0.0
 * and decoder0.1 are their windows, decoder0.2 is one of both, each with 4 GiB.
 */
struct mhp_topology *cxl_topo_two_cards(void);
