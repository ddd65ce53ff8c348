/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/job.h"
#include "cmd/hook.h"
#include "cmd/progress.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define STEP_MS 50

/* ---- which jobs -------------------------------------------------------------------------- */

int job_number(const char *text, uint64_t *id, struct mhp_error *err)
{
	char shown[OPT_SHOWN_MAX];

	if (parse_u64(text, 10, id) == 0 && *id)
		return 0;
	return err_usage(err, "a job is a number; mhpctl jobs lists them", "\"%s\" is not a job",
			 text_escape(text, shown, sizeof(shown)));
}

int job_find(const struct mhp_jobs *jobs, uint64_t id, const struct mhp_job **job,
	     struct mhp_error *err)
{
	for (size_t i = 0; (*job = mhp_jobs_get(jobs, i)); i++)
		if ((*job)->id == id)
			return 0;
	err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "job %" PRIu64 ": no such job", id);
	return err_hint(err, -ENOENT, "mhpctl jobs lists them");
}

static int add_view(struct mhp_ctx *ctx, struct job_views *views, const struct mhp_job *job,
		    struct mhp_error *err)
{
	struct job_view *view = &views->views[views->nr];
	int rc;

	for (size_t i = 0; i < views->nr; i++)
		if (views->views[i].job == job)
			return 0;
	*view = (struct job_view){ .job = job, .pid = job->pid };
	rc = mhp_job_events_new(ctx, job->id, &view->events, err);
	views->nr += rc == 0;
	return rc;
}

static int read_jobs(const struct cmd_env *env, struct job_views *views, struct mhp_error *err)
{
	size_t nr = 0;
	int rc = mhp_jobs_read(env->ctx, &views->jobs, err);

	if (rc < 0)
		return rc;
	while (mhp_jobs_get(views->jobs, nr))
		nr++;
	views->views = calloc(nr + 1, sizeof(*views->views));
	return views->views ? 0 : err_errno(err, -ENOMEM, "jobs");
}

static int add_named(const struct cmd_env *env, struct job_views *views, struct mhp_error *err)
{
	const struct mhp_job *job = NULL;
	uint64_t id;
	int rc = 0;

	for (size_t i = 0; i < env->nr_operands && rc == 0; i++) {
		rc = job_number(env->operands[i], &id, err);
		if (rc == 0)
			rc = job_find(views->jobs, id, &job, err);
		if (rc == 0)
			rc = add_view(env->ctx, views, job, err);
	}
	return rc;
}

int job_views_open(const struct cmd_env *env, enum job_choice choice, struct job_views *views,
		   struct mhp_error *err)
{
	const struct mhp_job *job;
	int rc = read_jobs(env, views, err);

	if (rc == 0 && env->nr_operands)
		return add_named(env, views, err);
	for (size_t i = 0; rc == 0 && (job = mhp_jobs_get(views->jobs, i)); i++)
		if (choice == JOB_CHOOSE_ALL || job->is_running == (choice == JOB_CHOOSE_RUNNING))
			rc = add_view(env->ctx, views, job, err);
	return rc;
}

int job_views_open_one(const struct cmd_env *env, uint64_t id, struct job_views *views,
		       struct mhp_error *err)
{
	const struct mhp_job *job = NULL;
	int rc = read_jobs(env, views, err);

	if (rc == 0)
		rc = job_find(views->jobs, id, &job, err);
	return rc == 0 ? add_view(env->ctx, views, job, err) : rc;
}

void job_views_close(struct job_views *views)
{
	for (size_t i = 0; i < views->nr; i++) {
		mhp_job_events_free(views->views[i].events);
		out_json_forget(&views->views[i].seen);
	}
	free(views->views);
	mhp_jobs_free(views->jobs);
}

/* ---- reading events ---------------------------------------------------------------------- */

static enum job_state state_of(const struct job_view *view)
{
	if (!view->seen.document)
		return JOB_DIED;
	if (view->seen.result.exit_code == 0)
		return JOB_DONE;
	return view->seen.result.status == MHP_STATUS_INTERRUPTED ? JOB_CANCELLED : JOB_FAILED;
}

/* Polls before reading: the events of a job that has ended are complete. */
static int update_view(const struct cmd_env *env, struct job_view *view, struct mhp_error *err)
{
	const char *line;
	bool running;
	int rc;

	if (view->state != JOB_RUNNING)
		return 0;
	rc = mhp_job_poll(env->ctx, view->job->id, &view->pid);
	if (rc < 0 && rc != -ENOENT) /* it may still run: leave its state */
		return err_errno(err, rc, "job %" PRIu64, view->job->id);
	running = rc == 1;
	while ((rc = mhp_job_events_next(view->events, &line)) == 1) {
		env->out->job_line(env->out, view->job->id, line);
		rc = out_json_read_event(line, &view->seen);
		if (rc < 0)
			break;
	}
	if (!running)
		view->pid = 0;
	if (!running)
		view->state = state_of(view);
	if (rc >= 0 || rc == -EINVAL || rc == -EISDIR || rc == -ELOOP) /* not a file: no events */
		return 0;
	return err_errno(err, rc, "events of job %" PRIu64, view->job->id);
}

int job_views_update(const struct cmd_env *env, struct job_views *views, struct mhp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < views->nr && rc == 0; i++)
		rc = update_view(env, &views->views[i], err);
	return rc;
}

/* ---- following --------------------------------------------------------------------------- */

static const struct job_view *still_awaited(const struct job_views *views,
					    const struct job_follow *follow)
{
	for (size_t i = 0; i < views->nr; i++) {
		const struct job_view *view = &views->views[i];

		if (view->state == JOB_RUNNING &&
		    (!follow->first || view->seen.usable_bytes < follow->first))
			return view;
	}
	return NULL;
}

static int fail_running(const struct job_view *view, int rc, enum mhp_reason reason,
			struct mhp_error *err)
{
	err_set(err, rc, reason, "job %" PRIu64 " is still running; %s", view->job->id,
		reason == MHP_REASON_DEADLINE ? "the time limit has passed"
					      : "the wait was interrupted");
	return err_hint(err, rc,
			"mhpctl wait %" PRIu64 " keeps waiting, mhpctl cancel %" PRIu64 " stops it",
			view->job->id, view->job->id);
}

/* Fails a wait that would only end when the hook that waits is killed at its deadline. */
static int fail_own(const struct job_view *view, struct mhp_error *err)
{
	err_set(err, -EDEADLK, MHP_REASON_LOCK_HELD,
		"job %" PRIu64 " waits for the end of this hook", view->job->id);
	return err_hint(err, -EDEADLK, "a hook cannot wait for the job that runs it");
}

int job_views_follow(const struct cmd_env *env, struct job_views *views,
		     const struct job_follow *follow, struct mhp_error *err)
{
	uint64_t deadline = clock_deadline(follow->timeout_ms);
	const struct job_view *view;
	int rc;

	for (;;) {
		rc = job_views_update(env, views, err);
		view = still_awaited(views, follow);
		if (rc < 0 || !view)
			break;
		if (view->pid && view->pid == hook_pid()) {
			rc = fail_own(view, err);
			break;
		}
		if (view->seen.progress.total_bytes)
			progress_event(env->progress, &view->seen.progress);
		if (clock_msec() >= deadline) {
			rc = fail_running(view, -ETIMEDOUT, MHP_REASON_DEADLINE, err);
			break;
		}
		if (mhp_pause(env->ctx, STEP_MS) < 0) {
			rc = fail_running(view, -ECANCELED, MHP_REASON_INTERRUPTED, err);
			break;
		}
	}
	progress_clear(env->progress);
	return rc;
}

/* ---- outcome ----------------------------------------------------------------------------- */

int job_exit_code(const struct job_view *view)
{
	if (view->state == JOB_RUNNING)
		return 0;
	return view->seen.document ? view->seen.result.exit_code
				   : mhp_reason_exit_code(MHP_REASON_JOB_DIED);
}

int job_views_exit_code(const struct job_views *views)
{
	int worst = 0;

	for (size_t i = 0; i < views->nr; i++)
		if (job_exit_code(&views->views[i]) > worst)
			worst = job_exit_code(&views->views[i]);
	return worst;
}

const char *job_state_name(enum job_state state)
{
	static const char *const names[] = {
		[JOB_RUNNING] = "running",     [JOB_DONE] = "done", [JOB_FAILED] = "failed",
		[JOB_CANCELLED] = "cancelled", [JOB_DIED] = "died",
	};

	return names[state];
}

void job_died(const struct job_view *view, struct mhp_error *err)
{
	const struct mhp_event *progress = &view->seen.progress;
	char command[192], shown[256], done[24], total[24], reached[96] = "nothing yet";

	if (progress->total_bytes)
		str_format(reached, "%s of %s",
			   format_size(progress->done_bytes, done, sizeof(done)),
			   format_size(progress->total_bytes, total, sizeof(total)));
	err_set(err, 0, MHP_REASON_JOB_DIED,
		"job %" PRIu64
		": its process died without a result; its last progress was %s; mhpctl list "
		"shows the current state",
		view->job->id, reached);
	job_command(view->job, command, sizeof(command));
	err_hint(err, 0, "run the command again to continue: mhpctl %s",
		 text_escape(command, shown, sizeof(shown)));
}

void job_command(const struct mhp_job *job, char *buf, size_t size)
{
	size_t at = 0;

	*buf = '\0';
	for (size_t i = 0; i < job->nr_words && at + 2 < size; i++) {
		if (i)
			buf[at++] = ' ';
		str_copy_to(buf + at, size - at, job->words[i]);
		at += strlen(buf + at);
	}
}
