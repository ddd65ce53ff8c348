/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts and stops jobs. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/exec/job/job.h"
#include "lib/sys/ctx.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/jobdir.h"
#include "lib/sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define BEGIN_MS  20000
#define STEP_MS	  10
#define KEEP_JOBS 20

DEFINE_CLEANUP(struct mhp_jobs *, cleanup_jobs_func, mhp_jobs_free)
#define cleanup_jobs __attribute__((cleanup(cleanup_jobs_func)))

/* Removes all files of the job. */
static void remove_job(const struct mhp_ctx *ctx, uint64_t id)
{
	ROOT_PATH(folder, JOBS_FOLDER "/%" PRIu64, id);

	if (!ctx->is_copy)
		jobdir_remove(&ctx->sys, folder);
}

/* Refuses a copied tree: its processes and files are those of another machine. */
static int refuse_copy(const struct mhp_ctx *ctx, struct mhp_error *err)
{
	if (!ctx->is_copy)
		return 0;
	return err_hint(err,
			err_set(err, -EROFS, MHP_REASON_USAGE, "a copied tree cannot be changed"),
			"leave out --sysroot");
}

MHP_EXPORT int mhp_job_forget(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err)
{
	int pid, rc = refuse_copy(ctx, err);

	if (rc < 0)
		return rc;
	rc = mhp_job_poll(ctx, id, &pid);
	if (rc == -ENOENT)
		return job_none(id, err);
	if (rc < 0) /* it may be running */
		return err_errno(err, rc, "job %" PRIu64, id);
	if (rc == 1)
		return err_hint(err,
				err_set(err, -EBUSY, MHP_REASON_IN_USE,
					"job %" PRIu64 " is still running", id),
				"end it first with mhpctl cancel %" PRIu64, id);
	remove_job(ctx, id);
	return 0;
}

/* ---- the directory of a new job ---------------------------------------------------------- */

/* Joins the words, each followed by a NUL. */
static int join_words(const char *const *words, size_t nr, char **text, size_t *len)
{
	size_t at = 0;

	*len = 0;
	for (size_t i = 0; i < nr; i++)
		*len += strlen(words[i]) + 1;
	if (*len > JOB_COMMAND_MAX)
		return -E2BIG;
	*text = malloc(*len + 1);
	if (!*text)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		memcpy(*text + at, words[i], strlen(words[i]) + 1);
		at += strlen(words[i]) + 1;
	}
	return 0;
}

/* Removes old jobs that have ended. Returns the highest number in use. */
static uint64_t remove_old_jobs(const struct mhp_ctx *ctx, const struct mhp_jobs *jobs)
{
	const struct mhp_job *job;
	uint64_t last = 0;
	size_t ended = 0;

	for (size_t i = 0; (job = mhp_jobs_get(jobs, i)); i++) {
		ended += !job->is_running;
		last = job->id;
	}
	for (size_t i = 0; ended >= KEEP_JOBS && (job = mhp_jobs_get(jobs, i)); i++) {
		if (job->is_running)
			continue;
		remove_job(ctx, job->id);
		ended--;
	}
	return last;
}

/* Creates the directory with the files of a job. Returns its open descriptor. */
static int create_directory(const struct mhp_ctx *ctx, const char *path, const char *const *words,
			    size_t nr)
{
	const struct mhp_job job = { .start_us = clock_real_usec(), .uid = procs_own_uid() };
	cleanup_close int folder = -1;
	cleanup_free char *command = NULL;
	char about[80];
	size_t command_len;
	int len, rc = join_words(words, nr, &command, &command_len);

	if (rc < 0)
		return rc;
	folder = jobdir_make(&ctx->sys, path);
	if (folder < 0)
		return folder;
	len = str_format(about, "%" PRIu64 " %u 0x%" PRIx64 "\n", job.start_us, job.uid,
			 job_checksum(&job, command, command_len));
	rc = jobdir_put(folder, "job", about, (size_t)len);
	if (rc == 0)
		rc = jobdir_put(folder, "command", command, command_len);
	return rc < 0 ? rc : TAKE_FD(folder);
}

/* Creates a job with a new number. Returns the open directory. */
static int create_job(struct mhp_ctx *ctx, const char *const *words, size_t nr, uint64_t *id,
		      struct mhp_error *err)
{
	cleanup_jobs struct mhp_jobs *jobs = NULL;
	cleanup_close int fd = -1;
	uint64_t last;
	int rc;

	ROOT_PATH(folder, JOBS_FOLDER "/new.%d", procs_own_pid());
	rc = jobdir_make_parent(&ctx->sys);
	if (rc < 0)
		return err_errno(err, rc, "cannot make /" JOBS_FOLDER);
	rc = mhp_jobs_read(ctx, &jobs, err);
	if (rc < 0)
		return rc;
	last = remove_old_jobs(ctx, jobs);
	jobdir_remove(&ctx->sys, folder); /* left by a killed process with our pid */
	rc = fd = create_directory(ctx, folder, words, nr);
	if (rc >= 0)
		rc = jobdir_claim(&ctx->sys, folder, last, id);
	if (rc == 0)
		return TAKE_FD(fd);
	jobdir_remove(&ctx->sys, folder);
	return err_errno(err, rc, "cannot record a background job");
}

/* ---- the process ------------------------------------------------------------------------- */

static int start_process(const struct mhp_ctx *ctx, int folder, const char *program, uint64_t id,
			 struct mhp_error *err)
{
	char number[24], unit[48];
	const char *const args[] = { program, "--job", number, NULL };
	int rc;

	str_format(number, "%" PRIu64, id);
	str_format(unit, "mhpctl-job-%" PRIu64 ".service", id);
	rc = jobdir_put(folder, "unit", unit, strlen(unit));
	if (rc < 0)
		return err_errno(err, rc, "cannot record a background job");
	rc = spawn_unit(ctx, unit, args, err);
	if (rc != -EOPNOTSUPP)
		return rc;
	jobdir_drop(folder, "unit");
	return spawn_detached(ctx, program, args, err);
}

static int await_start(const struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err)
{
	uint64_t deadline = clock_deadline(BEGIN_MS);

	int rc;

	while ((rc = job_has_begun(ctx, id)) == 0) {
		if (clock_msec() >= deadline || ctx_cancelled(ctx))
			return err_hint(err,
					err_set(err, -ETIMEDOUT,
						ctx_cancelled(ctx) ? MHP_REASON_INTERRUPTED
								   : MHP_REASON_DEADLINE,
						"job %" PRIu64 " was started but is not "
						"running yet",
						id),
					"mhpctl jobs %" PRIu64 " shows whether it does", id);
		clock_sleep(STEP_MS);
	}
	return rc < 0 ? err_errno(err, rc, "job %" PRIu64 " cannot be read", id) : 0;
}

MHP_EXPORT int mhp_job_start(struct mhp_ctx *ctx, const char *program, const char *const *words,
			     size_t nr_words, uint64_t *id, struct mhp_error *err)
{
	cleanup_close int folder = -1;
	int rc = refuse_copy(ctx, err);

	if (rc == 0)
		rc = folder = create_job(ctx, words, nr_words, id, err);
	if (rc < 0)
		return rc;
	rc = start_process(ctx, folder, program, *id, err);
	if (rc < 0) {
		remove_job(ctx, *id);
		return rc;
	}
	return await_start(ctx, *id, err);
}

MHP_EXPORT int mhp_job_enter(struct mhp_ctx *ctx, uint64_t id, int *events_fd, int *log_fd,
			     struct mhp_error *err)
{
	cleanup_close int log = -1, folder = -1;
	int rc = refuse_copy(ctx, err);

	if (rc < 0)
		return rc;
	ROOT_PATH(path, JOBS_FOLDER "/%" PRIu64, id);
	rc = folder = jobdir_open(&ctx->sys, path);
	if (rc >= 0)
		rc = jobdir_lock(folder);
	if (rc >= 0)
		rc = log = jobdir_stream(folder, "log", 0);
	/* the last file: it marks the job as started, and O_EXCL allows only one start */
	if (rc >= 0)
		rc = jobdir_stream(folder, "events", O_EXCL);
	if (rc < 0)
		return err_errno(err, rc, "job %" PRIu64 " cannot begin", id);
	*events_fd = rc;
	*log_fd = TAKE_FD(log);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

/*
 * Reads whether the job runs. One that was started counts as running before its process shows
 * itself, so waits for that.
 */
static int find_process(struct mhp_ctx *ctx, uint64_t id, int *pid)
{
	uint64_t deadline = clock_deadline(BEGIN_MS);
	int rc = mhp_job_poll(ctx, id, pid);

	while (rc > 0 && !*pid && !ctx->is_copy && clock_msec() < deadline && !ctx_cancelled(ctx)) {
		clock_sleep(STEP_MS);
		rc = mhp_job_poll(ctx, id, pid);
	}
	return rc;
}

MHP_EXPORT int mhp_job_stop(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err)
{
	int pid, rc = find_process(ctx, id, &pid);

	if (rc == 0 || rc == -ENOENT)
		return rc == 0 ? 0 : job_none(id, err);
	if (rc < 0)
		return err_errno(err, rc, "job %" PRIu64, id);
	rc = refuse_copy(ctx, err);
	if (rc < 0)
		return rc;
	if (!pid)
		return err_hint(err,
				err_set(err, -ESRCH, MHP_REASON_KERNEL,
					"job %" PRIu64 " has no process to stop", id),
				"it has not begun yet, or runs in another container; mhpctl jobs "
				"%" PRIu64 " shows it",
				id);
	rc = jobdir_stop(&ctx->sys, id, pid);
	return rc < 0 ? err_errno(err, rc, "process %d", pid) : rc;
}
