/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Background jobs: what stands in their folders (lib/sys/jobdir.h) is understood here. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/jobdir.h"

#include <stdbool.h>
#include <sys/types.h>

struct mhp_ctx;

/* 1, 0 or a negative errno. */
int job_has_begun(const struct mhp_ctx *ctx, uint64_t id);

/* "17" is 17; -EINVAL for what is no name of a job. */
int job_id_of(const char *name, uint64_t *id);

/* Remove all that there is of it. */
void job_remove(const struct mhp_ctx *ctx, uint64_t id);

int job_none(uint64_t id, struct mhp_error *err);
