/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Orphaned memory: its kmem device was unbound while blocks were online, so the kernel keeps the
 * blocks and their entry in /proc/iomem until the next boot.
 */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/* Returns whether a device bound to kmem has, or may have, memory in the range. */
bool orphans_are_of_kmem(const struct mhp_topology *topo, const struct mhp_range *range);

/* Returns false if dax devices are not known: on a copied tree, or with an unreadable bus. */
bool orphans_know_devices(const struct mhp_topology *topo);

/* Marks the orphaned blocks. Call it after all else is read. */
void orphans_mark(const struct root *sys, struct mhp_topology *topo);
