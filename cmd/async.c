/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/async.h"
#include "cmd/job.h"
#include "lib/base/error.h"
#include "lib/tool.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Cuts " (deleted)" off the link, which has it after a package upgrade: use the new program. */
static void cut_deleted(char *program)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(program), tail = strlen(deleted);

	if (len > tail && strcmp(program + len - tail, deleted) == 0)
		program[len - tail] = '\0';
}

static int launch_job(const struct cmd_env *env, uint64_t *id, struct mhp_error *err)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len < 0)
		return err_errno(err, -errno, "cannot find the program of this process");
	program[len] = '\0';
	cut_deleted(program);
	return mhp_job_start(env->ctx, program, env->words, env->nr_words, id, err);
}

/*
 * Starts the job; with --first, waits until that much memory is online: failures until then fail
 * the command.
 */
static int run_in_background(const struct cmd_env *env, const struct async_args *args,
			     struct mhp_error *err)
{
	const struct job_follow follow = { .first = args->first };
	cleanup_job_views struct job_views views = { 0 };
	struct out_jobs report = { .kind = OUT_JOBS_STARTED, .changed = true };
	uint64_t id = 0;
	int rc = launch_job(env, &id, err);

	if (rc == 0)
		rc = job_views_open_one(env, id, &views, err);
	if (rc < 0)
		return rc;
	rc = args->first ? job_views_follow(env, &views, &follow, err)
			 : job_views_update(env, &views, err);
	if (rc < 0)
		report.err = err;
	report.views = views.views;
	report.nr = views.nr;
	report.exit_code = rc < 0 ? mhp_reason_exit_code(err->reason) : job_views_exit_code(&views);
	env->out->jobs(env->out, &report);
	return report.exit_code;
}

int async_run(const struct cmd_env *env, struct mhp_request *request, const struct async_args *args,
	      struct mhp_error *err)
{
	struct mhp_run_options options = act_options(env);
	int rc;

	if (args->first && !args->async)
		return err_usage(err, "add --async", "--first goes with --async");
	if (!args->async || env->is_job)
		return act_run(env, request, err);
	if (env->act->dry_run)
		return err_usage(err, "leave out --async to see the plan",
				 "--async and --dry-run cannot be combined");
	act_fill(env, request);
	rc = mhp_run_check(env->ctx, request, &options, err);
	if (rc < 0)
		return rc;
	return rc ? run_in_background(env, args, err) : act_run(env, request, err);
}
