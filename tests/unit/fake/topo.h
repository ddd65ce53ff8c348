/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies built in memory, for tests of code that does not read the machine. */
#pragma once

#include "lib/model/topology.h"
#include "tests/unit/fake/unit.h"

#define TOPO_BLOCK (128 * MIB)

/*
 * Returns nodes 0 and 1 with memory0 to memory15 online and much memory available, all drivers, no
 * devices, and pages of 4 KiB.
 */
struct mhp_topology *topo_new(void);

/* Each adds an object and returns it, valid until the next object of that kind is added. */
struct mhp_node *topo_node(struct mhp_topology *topo, int node);

/* Adds regionN: 2 GiB from 4 GiB + N * 2 GiB on; with labels and empty; target node N + 2. */
struct mhp_region *topo_region(struct mhp_topology *topo, unsigned n);

/* Adds an enabled namespaceN.K that uses all of regionN. */
struct mhp_namespace *topo_namespace(struct mhp_topology *topo, unsigned n, unsigned k,
				     enum mhp_namespace_mode mode);

/*
 * Adds daxN.0 and its namespaceN.0, bound as the mode requires. In system-ram mode adds its 15
 * blocks in that state and zone.
 */
struct mhp_dax *topo_dax(struct mhp_topology *topo, unsigned n, enum mhp_dax_mode mode,
			 enum mhp_block_state state, enum mhp_zone zone);

/* Adds dax_regionN, which can be divided: soft-reserved memory of node N + 2, all of it free. */
struct mhp_dax_region *topo_dax_region(struct mhp_topology *topo, unsigned n, uint64_t start,
				       uint64_t size);

/* Adds daxN.K of it without a driver; with size 0 it has no range. */
struct mhp_dax *topo_dax_part(struct mhp_topology *topo, unsigned n, unsigned k, uint64_t start,
			      uint64_t size);

void topo_blocks(struct mhp_topology *topo, uint64_t first, uint64_t last,
		 enum mhp_block_state state, enum mhp_zone zone, int node);
struct mhp_block *topo_block(struct mhp_topology *topo, uint64_t id);

struct mhp_onliner *topo_onliner(struct mhp_topology *topo, enum mhp_onliner_kind kind,
				 const char *where);
