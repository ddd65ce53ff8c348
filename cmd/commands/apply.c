/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl apply: makes the changes of a policy, or of a saved plan. */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/policy.h"
#include "cmd/progress.h"
#include "cmd/saved.h"
#include "lib/base/error.h"

struct apply_args {
	bool skip_failed;
};

static const struct opt apply_opts[] = {
	OPT_FLAG(0, "no-retry", struct apply_args, skip_failed,
		 "leave out sections that failed, until a device or the policy changes"),
	OPT_END,
};

/*
 * Loads the policy or the saved plan. A saved plan is complete, so it cannot be combined with other
 * operands.
 */
static int load_policy(const struct cmd_env *env, struct mhp_policy **policy, struct mhp_error *err)
{
	for (size_t i = 0; i < env->nr_operands; i++) {
		int rc = saved_read(env->ctx, env->operands[i], policy, err);

		if (rc < 0)
			return rc;
		if (!*policy)
			continue;
		if (env->nr_operands == 1)
			return 0;
		mhp_policy_free(*policy);
		*policy = NULL;
		return err_usage(err, "apply it alone",
				 "a saved plan and other operands cannot be combined");
	}
	return mhp_policy_load(env->ctx, env->operands, env->nr_operands, policy, err);
}

static int run_apply(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct policy_plan_args plan_args = { .agreed = env->act->agreed, .dry_run = true };
	const struct apply_args *args = opts;
	struct mhp_run_options options = act_options(env);
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_result struct mhp_result *result = NULL;
	int rc;

	options.skip_failed = args->skip_failed;
	rc = load_policy(env, &policy, err);
	if (rc < 0)
		return rc;
	if (env->act->dry_run)
		return policy_plan(env, policy, &plan_args, err);
	mhp_ctx_guard(env->ctx);
	rc = mhp_policy_run(env->ctx, policy, env->act->agreed, &options, &result, err);
	progress_clear(env->progress);
	if (rc < 0)
		return rc;
	out_result(env->out, result);
	return result->exit_code;
}

static const char *const apply_examples[] = {
	"mhpctl apply",
	"mhpctl apply --dry-run",
	"mhpctl apply ./new.conf",
	"mhpctl apply today.plan",
	NULL,
};

const struct cmd cmd_apply = {
	.name = "apply",
	.summary = "apply a policy",
	.operands = "[POLICY...]",
	.about = "Carries out the changes that mhpctl plan shows. A second call changes "
		 "nothing, because parts that match the policy are left alone. Without a policy "
		 "there is nothing to do.\n"
		 "POLICY is as for mhpctl plan, or one plan saved with mhpctl plan --out: "
		 "mhpctl then runs exactly that plan, or nothing at all if the machine has "
		 "changed since.",
	.examples = apply_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS | CMD_NO_TARGETS,
	.completes = CMD_OPERAND_FILE,
	.opts = apply_opts,
	.args_size = sizeof(struct apply_args),
	.document = OUT_DOCUMENT_PLAN,
	.run = run_apply,
};
