/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl jobs: shows background jobs. */
#include "cmd/job.h"
#include "lib/tool.h"

struct jobs_args {
	bool forget;
};

static const struct opt jobs_opts[] = {
	OPT_FLAG(0, "forget", struct jobs_args, forget,
		 "delete the records of jobs that have ended"),
	OPT_END,
};

static int forget_jobs(const struct cmd_env *env, const struct job_views *views,
		       struct mhp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < views->nr && rc == 0; i++)
		rc = mhp_job_forget(env->ctx, views->views[i].job->id, err);
	return rc;
}

static int run_jobs(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct jobs_args *args = opts;
	cleanup_job_views struct job_views views = { 0 };
	struct out_jobs report = { .kind = OUT_JOBS_LIST };
	int rc = job_views_open(env, args->forget ? JOB_CHOOSE_ENDED : JOB_CHOOSE_ALL, &views, err);

	if (rc == 0)
		rc = job_views_update(env, &views, err);
	if (rc == 0 && args->forget)
		rc = forget_jobs(env, &views, err);
	if (rc < 0)
		return rc;
	report.views = views.views;
	report.nr = views.nr;
	report.changed = args->forget && views.nr;
	env->out->jobs(env->out, &report);
	return 0;
}

static const char *const jobs_examples[] = {
	"mhpctl jobs",
	"mhpctl jobs --json 3",
	"mhpctl jobs --forget",
	NULL,
};

const struct cmd cmd_jobs = {
	.name = "jobs",
	.summary = "show background jobs",
	.operands = "[JOB...]",
	.about = "Shows the jobs that --async started: running ones with their progress, and "
		 "recently ended ones. A job has died if its process ended without a result; "
		 "running its command again continues the work.",
	.examples = jobs_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_JOB,
	.document = OUT_DOCUMENT_JOBS,
	.opts = jobs_opts,
	.args_size = sizeof(struct jobs_args),
	.run = run_jobs,
};
