/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of /proc/vmstat and of nodes. */
#pragma once

#include "lib/sys/root.h"

#define VMSTAT "proc/vmstat"

/*
 * Reads a counter of /proc/vmstat or of a node's vmstat ("name number" lines). Returns 0, -ENOENT
 * without that counter, or another negative errno.
 */
int vmstat_read(const struct root *sys, const char *path, const char *name, uint64_t *value);

/* Reads how many FOLL_PIN pins of pages on a node were acquired and released since boot. */
int vmstat_node_pin_counts(const struct root *sys, int node, uint64_t *acquired,
			   uint64_t *released);

/* Reads the number of FOLL_PIN pins on a node: acquired minus released, transient ones included. */
int vmstat_node_pins(const struct root *sys, int node, uint64_t *pins);
