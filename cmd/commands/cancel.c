/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl cancel: stops background jobs. */
#include "cmd/job.h"
#include "lib/tool.h"

static const struct job_follow cancel_defaults = { .timeout_ms = 60 * 1000 };

static const struct opt cancel_opts[] = {
	OPT_MSEC('t', "timeout", struct job_follow, timeout_ms,
		 "wait no longer than TIME for the end of a job; 0: no limit (default: 1min)"),
	OPT_END,
};

/* Stops every job even if one cannot be stopped, and returns the first failure. */
static int stop_all(const struct cmd_env *env, const struct job_views *views, bool *changed,
		    struct mhp_error *err)
{
	int first = 0;

	for (size_t i = 0; i < views->nr; i++) {
		int rc = mhp_job_stop(env->ctx, views->views[i].job->id, first ? NULL : err);

		*changed = *changed || rc == 1;
		if (rc < 0 && !first)
			first = rc;
	}
	return first;
}

static int run_cancel(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_job_views struct job_views views = { 0 };
	struct out_jobs report = { .kind = OUT_JOBS_FOLLOWED };
	int rc = job_views_open(env, JOB_CHOOSE_RUNNING, &views, err);

	if (rc < 0)
		return rc;
	rc = stop_all(env, &views, &report.changed, err);
	if (rc == 0)
		rc = job_views_follow(env, &views, opts, err);
	report.views = views.views;
	report.nr = views.nr;
	if (rc < 0) {
		report.err = err;
		report.exit_code = mhp_reason_exit_code(err->reason);
	}
	env->out->jobs(env->out, &report);
	return report.exit_code;
}

static const char *const cancel_examples[] = {
	"mhpctl cancel 3",
	NULL,
};

const struct cmd cmd_cancel = {
	.name = "cancel",
	.summary = "stop background jobs",
	.operands = "JOB...",
	.about = "Asks jobs to stop and waits until they have. Finished work stays and is "
		 "reported; running the command of the job again continues from there. A job "
		 "that has already ended is not changed.",
	.examples = cancel_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_RUNNING_JOB,
	.document = OUT_DOCUMENT_JOBS,
	.opts = cancel_opts,
	.args_size = sizeof(struct job_follow),
	.defaults = &cancel_defaults,
	.run = run_cancel,
};
