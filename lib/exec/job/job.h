/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Background jobs: understands the files in their directories (lib/sys/jobdir.h). */
#pragma once

#include "lib/tool.h"

#include <sys/types.h>

struct mhp_ctx;
struct mhp_job;

/* Returns 1 if the job has started, 0 or a negative errno. */
int job_has_begun(const struct mhp_ctx *ctx, uint64_t id);

/* Sets and returns the failure that there is no such job. */
int job_none(uint64_t id, struct mhp_error *err);

/* Returns the checksum of the words and of who started the job when. */
uint64_t job_checksum(const struct mhp_job *job, const char *command, size_t len);
