/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that was there at boot, on an architecture whose kernel never takes such offline. */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/*
 * Marks the blocks of it. What devices have added has names of its own in /proc/iomem, "System RAM
 * (kmem)" and "System RAM (virtio_mem)"; memory behind a device of the firmware may have come
 * later. Where it cannot be told a block is doubtful. 0 or -ENOMEM.
 */
int boot_memory_mark(const struct root *sys, struct mhp_topology *topo);
