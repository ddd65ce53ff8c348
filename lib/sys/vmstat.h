/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/root.h"

#define VMSTAT "proc/vmstat"

/* A counter of /proc/vmstat or of a node's vmstat ("name number" lines). 0, or -ENOENT. */
int vmstat_read(const struct root *sys, const char *path, const char *name, uint64_t *value);

/* FOLL_PIN pins outstanding on a node: acquired less released, the transient ones included. */
int vmstat_node_pins(const struct root *sys, int node, uint64_t *pins);
