/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/ctx.h"

struct mhp_topology;

/*
 * Adds what brings memory online on the machine: the kernel's policy and rules of udev. Lists rules
 * that cannot be read as hidden. Returns 0 or a negative errno.
 */
int onliners_scan(struct mhp_ctx *ctx, struct mhp_topology *topo);
