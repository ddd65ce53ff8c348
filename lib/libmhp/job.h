/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Background jobs: runs of a program that goes on when its caller has ended. */
#pragma once

#include "context.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Only root can look at jobs, as their events name pages and processes. */
struct mhp_job {
	uint64_t id;	   /* 1 or more */
	bool running;	   /* its process lives, or is about to begin */
	int pid;	   /* 0: not known */
	uint64_t start_us; /* since the epoch; 0: not known */
	uint32_t uid;	   /* of whoever started it; UINT32_MAX: not known */
	char unit[64];	   /* of systemd, or empty */
	size_t nr_words;   /* of its command line */
	const char *const *words;
};

struct mhp_jobs;

/**
 * mhp_jobs_read - the background jobs that run, and those that ended lately
 * @ctx: the context
 * @jobs: receives a snapshot; free with mhp_jobs_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, also where there are none, or -EACCES, -ENOMEM.
 * Since: 0.1
 */
int mhp_jobs_read(struct mhp_ctx *ctx, struct mhp_jobs **jobs, struct mhp_error *err);

/**
 * mhp_jobs_free - free a snapshot of jobs
 * @jobs: the snapshot, or NULL
 *
 * Since: 0.1
 */
void mhp_jobs_free(struct mhp_jobs *jobs);

/**
 * mhp_jobs_get - one of the jobs, the oldest first
 * @jobs: the snapshot
 * @index: from 0 up
 *
 * Return: the job, borrowed, or NULL behind the last.
 * Since: 0.1
 */
const struct mhp_job *mhp_jobs_get(const struct mhp_jobs *jobs, size_t index);

/**
 * mhp_job_poll - does a job run now?
 * @ctx: the context
 * @id: number of the job
 * @pid: receives its process, 0 where there is none or it is not known
 *
 * Return: 1 (it runs), 0 (it has ended), or -ENOENT.
 * Since: 0.1
 */
int mhp_job_poll(struct mhp_ctx *ctx, uint64_t id, int *pid);

/**
 * mhp_job_start - run a program in the background
 * @ctx: the context
 * @program: absolute path of a program. It is started as "PROGRAM --job ID", as a transient unit
 *	of systemd where that runs the machine and can be asked, else as a detached process, and has
 *	to call mhp_job_enter().
 * @words: what it is to do, kept with the job
 * @nr_words: how many
 * @id: receives the number of the job
 * @err: receives reason and hint, or NULL
 *
 * Of the jobs that have ended the last twenty are kept.
 * Return: 0 when the job has begun, or -EACCES, -ENOSPC, -ETIMEDOUT, or why it cannot be started.
 * Since: 0.1
 */
int mhp_job_start(struct mhp_ctx *ctx, const char *program, const char *const *words,
		  size_t nr_words, uint64_t *id, struct mhp_error *err);

/**
 * mhp_job_enter - become the process of a job
 * @ctx: the context
 * @id: number of the job
 * @events_fd: receives the stream of its events, which has to be one JSON document a line and a
 *	`result` event last; the caller closes it
 * @log_fd: receives a file for what it says besides; the caller closes it
 * @err: receives reason and hint, or NULL
 *
 * The job runs until this process ends.
 * Return: 0, or -ENOENT, -EAGAIN (another process is it), -EEXIST (it has been run).
 * Since: 0.1
 */
int mhp_job_enter(struct mhp_ctx *ctx, uint64_t id, int *events_fd, int *log_fd,
		  struct mhp_error *err);

/**
 * mhp_job_stop - ask a job to stop
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * The process of the job gets a SIGTERM, no other ever does. The job ends a little later.
 * Return: 1 (it was asked), 0 (it has ended already), or -ENOENT, -ESRCH, -EPERM.
 * Since: 0.1
 */
int mhp_job_stop(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

/**
 * mhp_job_forget - remove what is kept of a job that has ended
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -EBUSY (it runs).
 * Since: 0.1
 */
int mhp_job_forget(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

struct mhp_job_events;

/**
 * mhp_job_events_new - follow the events of a job, from the first on
 * @ctx: the context
 * @id: number of the job; it need not have begun
 * @events: receives the stream; free with mhp_job_events_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int mhp_job_events_new(struct mhp_ctx *ctx, uint64_t id, struct mhp_job_events **events,
		       struct mhp_error *err);

/**
 * mhp_job_events_next - the next line of a job's events
 * @events: the stream
 * @line: receives the line without its newline; valid until the next call
 *
 * What the process of a job printed may be anything. A line without its end is left, one of more
 * than 16 MiB is passed over.
 * Return: 1 (there was one), 0 (none for now), or a negative errno.
 * Since: 0.1
 */
int mhp_job_events_next(struct mhp_job_events *events, const char **line);

/**
 * mhp_job_events_free - end following
 * @events: the stream, or NULL
 *
 * Since: 0.1
 */
void mhp_job_events_free(struct mhp_job_events *events);

/**
 * mhp_pause - wait a moment, or until mhp_ctx_cancel()
 * @ctx: the context
 * @msec: for how long
 *
 * Return: 0, or -ECANCELED.
 * Since: 0.1
 */
int mhp_pause(struct mhp_ctx *ctx, uint64_t msec);

#ifdef __cplusplus
}
#endif
