/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Permanent limits of this machine and its kernel. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

#include <stdbool.h>

#define MACHINE_NODES_MAX 256

struct mhp_topology;

struct machine {
	bool is_arm64;
	char nodes[MACHINE_NODES_MAX]; /* possible nodes: "0-3"; empty: not known */
	/* The missing build option of the kernel that each driver needs, or empty. */
	char no_nd_pmem[40];
	char no_dax_pmem[40];
	char no_device_dax[40];
	char no_kmem[40];
	char no_dax_cxl[40];
};

/* Reads the limits and marks blocks of boot memory; needs blocks and drivers. 0 or -ENOMEM. */
int machine_read(struct mhp_ctx *ctx, struct mhp_topology *topo);

/* Returns false only if the kernel is known not to have that node. */
bool machine_has_node(const struct machine *machine, int node);

/* Returns the build option that the driver needs and the kernel lacks, or NULL. */
const char *machine_lacks(const struct machine *machine, const char *module);
