/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the CXL bus: memory devices, and how much of each is in regions. Changes nothing. */
#pragma once

#include "lib/sys/child.h"

#define CXL_DEVICES "sys/bus/cxl/devices"

/* Task: answers with an array of struct mhp_memdev, one for each memory device. */
int cxl_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err);
