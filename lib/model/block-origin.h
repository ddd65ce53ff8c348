/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source of the memory of a block. */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/*
 * Sets the origin of all blocks, from their devices and from /proc/iomem; call it after the devices
 * of the blocks are known. An origin that cannot be read is unknown, and listed as hidden. 0 or
 * -ENOMEM.
 */
int block_origin_mark(const struct root *sys, struct mhp_topology *topo);
