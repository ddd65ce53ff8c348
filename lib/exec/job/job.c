/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists jobs and whether they run. It trusts nothing that it reads. */
#include "lib/exec/job/job.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/ctx.h"
#include "lib/sys/jobdir.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define BEGIN_US  (60ULL * 1000 * 1000)
#define ID_DIGITS 9

struct job {
	struct mhp_job job;
	char *command;
	size_t len;	   /* of the command */
	uint64_t checksum; /* that the files have; MHP_UNKNOWN: none */
	const char **words;
};

struct mhp_jobs {
	struct job *jobs;
	size_t nr;
	size_t space;
};

int job_none(uint64_t id, struct mhp_error *err)
{
	return err_hint(err,
			err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
				"job %" PRIu64 ": no such job", id),
			"mhpctl jobs lists them");
}

/* Parses the name of a job: "17" is 17. Returns -EINVAL for any other name. */
static int parse_id(const char *name, uint64_t *id)
{
	uint64_t value;

	if (strlen(name) > ID_DIGITS || *name == '0' || parse_u64(name, 10, &value) < 0)
		return -EINVAL;
	*id = value;
	return 0;
}

/* ---- the process ------------------------------------------------------------------------- */

int job_has_begun(const struct mhp_ctx *ctx, uint64_t id)
{
	JOB_PATH(path, id, "events");

	return root_exists(&ctx->sys, path);
}

/* Returns 1, 0 or a negative errno. A job started just now counts as running without its lock. */
static int is_running(const struct mhp_ctx *ctx, struct mhp_job *job)
{
	uint64_t now = clock_real_usec();
	pid_t pid;
	int rc = job_has_begun(ctx, job->id);

	if (rc < 0)
		return rc;
	if (rc == 0 && now >= job->start_us && now - job->start_us < BEGIN_US) {
		job->pid = 0;
		return 1;
	}
	rc = jobdir_is_locked(&ctx->sys, job->id, &pid);
	job->pid = pid;
	return rc;
}

/* ---- the files --------------------------------------------------------------------------- */

static int read_words(struct job *job, size_t len)
{
	size_t nr = 0;

	if (!len || job->command[len - 1])
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		nr += !job->command[i];
	job->words = calloc(nr + 1, sizeof(*job->words));
	if (!job->words)
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < nr; i++, at += strlen(job->command + at) + 1)
		job->words[i] = job->command + at;
	job->job.words = job->words;
	job->job.nr_words = nr;
	return 0;
}

uint64_t job_checksum(const struct mhp_job *job, const char *command, size_t len)
{
	uint64_t hash = hash_bytes(HASH_INIT, command, len);

	hash = hash_number(hash, job->start_us);
	return hash_number(hash, job->uid);
}

static int read_command(const struct mhp_ctx *ctx, struct job *job)
{
	int rc = jobdir_command(&ctx->sys, job->job.id, &job->command, &job->len);

	return rc < 0 ? rc : read_words(job, job->len);
}

/* Parses the line "START UID CHECKSUM". One without its end is not whole. */
static void read_start(char *text, size_t len, struct job *job)
{
	char *rest = text, *start = strsep(&rest, " "), *user = strsep(&rest, " ");
	uint64_t uid;

	if (!len || text[len - 1] != '\n')
		return;
	text[len - 1] = '\0';
	parse_u64(start, 10, &job->job.start_us);
	if (user && parse_u64(user, 10, &uid) == 0 && uid < UINT32_MAX)
		job->job.uid = (uint32_t)uid;
	if (!rest || parse_hex(rest, &job->checksum) < 0)
		job->checksum = MHP_UNKNOWN;
}

/* Reads the files of the job; missing ones are skipped. Returns 0, or an errno if unreadable. */
static int read_about(const struct mhp_ctx *ctx, struct job *job)
{
	char text[128];
	int rc;

	JOB_PATH(about, job->job.id, "job");
	JOB_PATH(unit, job->job.id, "unit");
	job->job.uid = UINT32_MAX;
	job->checksum = MHP_UNKNOWN;
	rc = root_read_text(&ctx->sys, about, text, sizeof(text));
	if (rc > 0)
		read_start(text, (size_t)rc, job);
	if (root_is_lack(rc))
		return rc;
	rc = root_read(&ctx->sys, unit, text, sizeof(text));
	if (rc == 0)
		str_copy(job->job.unit, text);
	return root_is_lack(rc) ? rc : 0;
}

static void job_clear(struct job *job)
{
	free(job->words);
	free(job->command);
}

static int jobs_add(const struct mhp_ctx *ctx, struct mhp_jobs *jobs, uint64_t id)
{
	struct job job = { .job.id = id };
	int rc = read_command(ctx, &job);

	if (rc == 0)
		rc = read_about(ctx, &job);
	job.job.is_whole = rc == 0 && job.checksum == job_checksum(&job.job, job.command, job.len);
	if (rc == 0)
		rc = is_running(ctx, &job.job);
	job.job.is_running = rc > 0;
	if (rc >= 0)
		rc = VEC_GROW(jobs->jobs, jobs->nr, jobs->space);
	if (rc < 0) {
		job_clear(&job);
		return rc;
	}
	jobs->jobs[jobs->nr++] = job;
	return 0;
}

struct scan {
	const struct mhp_ctx *ctx;
	struct mhp_jobs *jobs;
};

/* Returns whether the entry is gone or is not a complete job. An unreadable entry may be a job. */
static bool is_not_job(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -EINVAL || rc == -EISDIR || rc == -ELOOP;
}

static int scan_one(const struct root *sys, const char *name, void *data)
{
	const struct scan *scan = data;
	uint64_t id;
	int rc;

	if (parse_id(name, &id) < 0)
		return 0; /* not a job, or one that is not complete yet */
	rc = jobs_add(scan->ctx, scan->jobs, id);
	return rc == 0 || is_not_job(rc) ? 0 : rc;
}

static int compare_id(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->job.id < y->job.id ? -1 : x->job.id > y->job.id;
}

MHP_EXPORT int mhp_jobs_read(struct mhp_ctx *ctx, struct mhp_jobs **ret, struct mhp_error *err)
{
	struct mhp_jobs *jobs = calloc(1, sizeof(*jobs));
	struct scan scan = { ctx, jobs };
	int rc;

	if (!jobs)
		return err_errno(err, -ENOMEM, "jobs");
	rc = root_each(&ctx->sys, JOBS_FOLDER, scan_one, &scan);
	if (rc < 0 && rc != -ENOENT) {
		mhp_jobs_free(jobs);
		return err_errno(err, rc, "cannot read the background jobs");
	}
	if (jobs->nr)
		qsort(jobs->jobs, jobs->nr, sizeof(*jobs->jobs), compare_id);
	*ret = jobs;
	return 0;
}

MHP_EXPORT void mhp_jobs_free(struct mhp_jobs *jobs)
{
	if (!jobs)
		return;
	for (size_t i = 0; i < jobs->nr; i++)
		job_clear(&jobs->jobs[i]);
	free(jobs->jobs);
	free(jobs);
}

MHP_EXPORT const struct mhp_job *mhp_jobs_get(const struct mhp_jobs *jobs, size_t index)
{
	return index < jobs->nr ? &jobs->jobs[index].job : NULL;
}

MHP_EXPORT int mhp_job_poll(struct mhp_ctx *ctx, uint64_t id, int *pid)
{
	struct job job = { .job.id = id };
	int rc;

	JOB_PATH(path, id, "command");
	rc = root_exists(&ctx->sys, path);
	if (rc <= 0)
		return rc < 0 ? rc : -ENOENT;
	rc = read_about(ctx, &job);
	if (rc == 0)
		rc = is_running(ctx, &job.job);
	*pid = job.job.pid;
	return rc;
}

MHP_EXPORT int mhp_pause(struct mhp_ctx *ctx, uint64_t msec)
{
	struct pollfd pfd = { .fd = ctx->stop_fd, .events = POLLIN };

	clock_poll(&pfd, 1, clock_deadline(msec));
	return ctx_cancelled(ctx) ? -ECANCELED : 0;
}
