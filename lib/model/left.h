/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that kmem has left behind: its device was taken away while blocks were online, so the
 * kernel keeps them and the name of their addresses until the next boot.
 */
#pragma once

#include "lib/model/topology.h"
#include "lib/sys/root.h"

/* Does a device that is bound to kmem have memory there, or may it? */
bool left_is_of_kmem(const struct mhp_topology *topo, const struct mhp_range *range);

/* On a copied tree, or with a bus that could not be read, nothing is known of devices. */
bool left_knows_devices(const struct mhp_topology *topo);

/* Mark such blocks, when all else is known. */
void left_mark(const struct root *sys, struct mhp_topology *topo);
