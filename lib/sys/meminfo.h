/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The available memory of a node. */
#pragma once

#include "lib/sys/root.h"

/*
 * Returns the bytes of a node that are free or easily freed: file pages that were not used lately.
 */
uint64_t meminfo_available(const struct root *sys, int node);
