/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the nvdimm bus from its files alone, for a copied tree: libndctl knows no other root. It
 * finds what nd_scan() finds.
 */
#pragma once

#include "lib/sys/child.h"

/* Replies, as a task without an argument, like nd_ops.scan. */
int nd_scan_files(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
