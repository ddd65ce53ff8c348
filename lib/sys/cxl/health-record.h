/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The health of a CXL memory device in a report: it is the answer of the device, not of a file. */
#pragma once

#include "lib/libmhp.h"

struct mhp_ctx;

/* Values that are not known. */
struct mhp_cxl_health cxl_no_health(void);

/* Records an answer (rc 0), or why there is none, if this context records what is read. */
void cxl_record_health(const struct mhp_ctx *ctx, const char *name,
		       const struct mhp_cxl_health *health, int rc, const struct mhp_error *err);

/* Reads what a report has of it. Returns 0, or the failure that was recorded. */
int cxl_recorded_health(const struct mhp_ctx *ctx, const char *name, struct mhp_cxl_health *health,
			struct mhp_error *err);
