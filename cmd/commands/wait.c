/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl wait: waits for background jobs. */
#include "cmd/job.h"

static const struct opt wait_opts[] = {
	OPT_SIZE(0, "first", struct job_follow, first,
		 "until SIZE of each job can be used (default: to the end)"),
	OPT_MSEC('t', "timeout", struct job_follow, timeout_ms,
		 "wait no longer than TIME; 0: no limit (default: 0)"),
	OPT_END,
};

static int run_wait(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_job_views struct job_views views = { 0 };
	struct out_jobs report = { .kind = OUT_JOBS_FOLLOWED };
	int rc = job_views_open(env, JOB_CHOOSE_RUNNING, &views, err);

	if (rc < 0)
		return rc;
	if (job_views_follow(env, &views, opts, err) < 0)
		report.err = err;
	report.views = views.views;
	report.nr = views.nr;
	report.exit_code =
		report.err ? mhp_reason_exit_code(err->reason) : job_views_exit_code(&views);
	env->out->jobs(env->out, &report);
	return report.exit_code;
}

static const char *const wait_examples[] = {
	"mhpctl wait",
	"mhpctl wait --first 16G 3",
	"mhpctl wait --timeout 10min 3 4",
	NULL,
};

const struct cmd cmd_wait = {
	.name = "wait",
	.summary = "wait for background jobs",
	.operands = "[JOB...]",
	.about = "Follows jobs to their end, by default all running ones, and exits with the "
		 "status of the job, or with the highest of several. Ctrl-C ends the wait, not "
		 "the job.",
	.examples = wait_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_JOB,
	.document = OUT_DOCUMENT_JOBS,
	.opts = wait_opts,
	.args_size = sizeof(struct job_follow),
	.run = run_wait,
};
