/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/root.h"

/* Bytes of a node that are free or soon can be: pages of files that nobody has used lately. */
uint64_t meminfo_available(const struct root *sys, int node);
