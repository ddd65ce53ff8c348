/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Background jobs. A job is a folder run/mhpctl/jobs/ID, which only root can look into, as events
 * name pages and processes:
 *
 *	command	the words of the command line, each with a NUL behind it
 *	job	when and by whom it was started
 *	unit	its unit of systemd, if it has one
 *	lock	locked by the process of the job for its life
 *	events	what the job prints, a JSON document a line; there once it has begun
 *	log	its standard error
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/statedir.h"

#include <stdbool.h>
#include <sys/types.h>

struct mhp_ctx;

#define JOBS_FOLDER STATE_JOBS

/* A file of a job as a path. */
#define JOB_PATH(name, id, file) ROOT_PATH(name, JOBS_FOLDER "/%" PRIu64 "/" file, id)

#define JOB_COMMAND_MAX (1U << 20)

/* Is its process alive? 1, 0 or a negative errno. *pid 0: not known here. */
int job_is_locked(const struct mhp_ctx *ctx, uint64_t id, pid_t *pid);

/* 1, 0 or a negative errno. */
int job_has_begun(const struct mhp_ctx *ctx, uint64_t id);

/* "17" is 17; -EINVAL for what is no name of a job. */
int job_id_of(const char *name, uint64_t *id);

/* Remove all that there is of it. */
void job_remove(const struct mhp_ctx *ctx, uint64_t id);

int job_none(uint64_t id, struct mhp_error *err);
