/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl plan: shows the changes of a policy, and saves them as a plan. */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/hook.h"
#include "cmd/killed-runs.h"
#include "cmd/policy.h"
#include "cmd/saved.h"
#include "lib/base/error.h"

/* Returns 0, or the exit status of the first section that cannot be planned. */
static int failure_of(const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;
	const struct mhp_failure *failure;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++) {
		if (!job->plan)
			return mhp_reason_exit_code(job->error.reason);
		failure = mhp_plan_failure(job->plan, 0);
		if (failure)
			return mhp_reason_exit_code(failure->error.reason);
	}
	return 0;
}

static bool would_change(const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++)
		if (job->plan && mhp_plan_step(job->plan, 0))
			return true;
	return false;
}

bool policy_reporting_differs(const struct mhp_policy_reporting *wanted,
			      const struct mhp_reporting_change *change)
{
	return (wanted->has_order && wanted->order != change->old_order) ||
	       (wanted->has_delay && wanted->delay_ms != change->old_delay_ms);
}

int policy_reporting_compare(struct mhp_ctx *ctx, const struct mhp_policy_reporting *wanted,
			     struct mhp_reporting_change *change, struct mhp_error *err)
{
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = wanted->has_order, .order = wanted->order,
					   .has_delay = wanted->has_delay,
					   .delay_ms = wanted->delay_ms, .dry_run = true);

	return mhp_reporting_set(ctx, &options, change, err);
}

/* Returns whether the section [reporting] would change something. */
static bool would_set(const struct out_policy_plan *report)
{
	const struct mhp_policy_reporting *wanted = mhp_policy_reporting(report->policy);

	return wanted && policy_reporting_differs(wanted, &report->reporting);
}

/* Compares the section [reporting] with the machine. */
static void plan_reporting(const struct cmd_env *env, struct out_policy_plan *report)
{
	const struct mhp_policy_reporting *wanted = mhp_policy_reporting(report->policy);

	if (!wanted)
		return;
	policy_reporting_compare(env->ctx, wanted, &report->reporting, &report->reporting_error);
	if (!report->exit_code && report->reporting_error.reason != MHP_REASON_NONE)
		report->exit_code = mhp_reason_exit_code(report->reporting_error.reason);
}

/* Refuses to save a plan with settings of the machine, which have no fingerprint. */
static int check_saving(const struct mhp_policy *policy, struct mhp_error *err)
{
	if (!mhp_policy_reporting(policy))
		return 0;
	return err_usage(err, "apply the policy instead, or set it with mhpctl reporting",
			 "a plan with the section [reporting] cannot be saved");
}

static bool is_unknown(const struct cmd_env *env, const struct mhp_policy_plan *plan,
		       struct mhp_error *why)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++)
		if (job->plan && act_is_unknown(env, job->plan, why))
			return true;
	return false;
}

/* Sets the status, which shows whether something would change, or that it is not known. */
static void tell_changes(const struct cmd_env *env, struct out_policy_plan *report,
			 const struct policy_plan_args *args)
{
	if (would_change(report->plan) || would_set(report))
		report->exit_code = args->exit_code ? MHP_EXIT_CHANGES : 0;
	else if ((args->exit_code || args->dry_run) &&
		 is_unknown(env, report->plan, &report->unknown))
		report->exit_code = mhp_reason_exit_code(report->unknown.reason);
}

/* Adds the hooks of all requests that would change something. */
static int add_hooks(const struct cmd_env *env, const struct mhp_policy_plan *plan,
		     struct out_hooks *hooks, struct mhp_error *err)
{
	const struct mhp_policy_job *job;
	int rc = 0;

	for (size_t i = 0; rc == 0 && (job = mhp_policy_plan_job(plan, i)); i++) {
		const struct mhp_policy_section *section = job->section;
		struct mhp_run_options options = {
			.hook_before = section->hook_before ? section->hook_before
							    : act_hook_before(env->act),
			.hook_after = section->hook_after ? section->hook_after
							  : act_hook_after(env->act),
			.hook_timeout_ms = section->hook_timeout_ms ? section->hook_timeout_ms
								    : env->act->hook_timeout_ms,
		};

		if (job->plan && mhp_plan_step(job->plan, 0))
			rc = hook_add_planned(env->ctx, &options, section->name, hooks, err);
	}
	return rc;
}

int policy_plan(const struct cmd_env *env, const struct mhp_policy *policy,
		const struct policy_plan_args *args, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	cleanup_hooks struct out_hooks hooks = { 0 };
	struct out_policy_plan report = { .policy = policy, .hooks = &hooks };
	int rc;

	killed_runs_warn(env);
	rc = mhp_policy_check(policy, err);
	if (rc == 0 && args->out)
		rc = check_saving(policy, err);
	if (rc == 0)
		rc = mhp_scan_policy(env->ctx, policy, args->agreed, &topo, err);
	if (rc == 0)
		rc = mhp_policy_plan_new(topo, policy, args->agreed, &plan, err);
	if (rc == 0)
		rc = add_hooks(env, plan, &hooks, err);
	if (rc < 0)
		return rc;
	report.plan = plan;
	report.exit_code = failure_of(plan);
	plan_reporting(env, &report);
	if (!report.exit_code)
		tell_changes(env, &report, args);
	if (args->out) {
		rc = saved_write(env->ctx, args->out, &env->out->call, &report, err);
		if (rc < 0)
			return rc;
	}
	env->out->policy_plan(env->out, &report);
	return report.exit_code;
}

static const struct opt plan_opts[] = {
	OPT_FLAG(0, "exit-code", struct policy_plan_args, exit_code,
		 "exit with status 10 when something would change"),
	OPT_TEXT('o', "out", struct policy_plan_args, out, "FILE",
		 "save the plan, for mhpctl apply FILE", .fill = OPT_FILL_FILES),
	OPT_END,
};

static int run_plan(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	int rc;

	rc = mhp_policy_load(env->ctx, env->operands, env->nr_operands, &policy, err);
	if (rc < 0)
		return rc;
	return policy_plan(env, policy, opts, err);
}

static const char *const plan_examples[] = {
	"mhpctl plan",
	"mhpctl plan --exit-code ./new.conf",
	"mhpctl plan --out today.plan; mhpctl apply today.plan",
	NULL,
};

const struct cmd cmd_plan = {
	.name = "plan",
	.summary = "show what a policy would change",
	.operands = "[POLICY...]",
	.about = "Shows the steps from the current state to the one that the policy declares, "
		 "with their cost, and changes nothing. POLICY is a file or a directory with "
		 "*.conf files; the default is the installed policy: the files in policy.d "
		 "below /etc/mhpctl, /run/mhpctl and /usr/lib/mhpctl, and the configuration of "
		 "daxctl.",
	.examples = plan_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_FILE,
	.document = OUT_DOCUMENT_PLAN,
	.opts = plan_opts,
	.args_size = sizeof(struct policy_plan_args),
	.run = run_plan,
};
