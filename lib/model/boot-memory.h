/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory present at boot, on an architecture whose kernel never takes such memory offline. */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/*
 * Marks the blocks of boot memory. Memory added by drivers has other names in /proc/iomem, "System
 * RAM (kmem)" and "System RAM (virtio_mem)"; memory with a firmware device may have been added
 * later, so its blocks are marked as unclear. So are all blocks of no device if /proc/iomem cannot
 * be read. 0 or -ENOMEM.
 */
int boot_memory_mark(const struct root *sys, struct mhp_topology *topo);
