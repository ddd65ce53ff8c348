/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CXL bus: memory devices, and how much of them is in regions. Nothing is changed. */
#pragma once

#include "lib/sys/child.h"

#define CXL_DEVICES "sys/bus/cxl/devices"

/* Task: every memory device as an array of struct mhp_memdev. */
int cxl_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply, struct mhp_error *err);
