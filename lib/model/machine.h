/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this machine and its kernel can never do, whatever is asked of them. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

#include <stdbool.h>

#define MACHINE_NODES_MAX 256

struct mhp_topology;

struct machine {
	bool is_arm64;
	char nodes[MACHINE_NODES_MAX]; /* that the kernel was booted with: "0-3"; empty: not known
					*/
	/* Options that a driver needs and the kernel was built without, or empty. */
	char no_nd_pmem[40];
	char no_dax_pmem[40];
	char no_device_dax[40];
	char no_kmem[40];
};

/* After blocks and drivers were read; marks the blocks that never go offline. 0 or -ENOMEM. */
int machine_read(struct mhp_ctx *ctx, struct mhp_topology *topo);

/* False only where it is known not to be. */
bool machine_has_node(const struct machine *machine, int node);

/* The option that the driver of that name lacks, or NULL. */
const char *machine_lacks(const struct machine *machine, const char *module);
