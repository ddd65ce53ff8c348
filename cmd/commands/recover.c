/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl recover: completes or undoes the steps of killed runs. */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/progress.h"

struct recover_args {
	bool forget;
};

static const struct opt recover_opts[] = {
	OPT_FLAG(0, "forget", struct recover_args, forget,
		 "remove the records of runs that cannot be recovered, too"),
	OPT_END,
};

static int run_recover(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct mhp_run_options run = act_options(env);
	const struct recover_args *args = opts;
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.dry_run = env->act->dry_run, .forget = args->forget,
					 .agreed = env->act->agreed, .run = &run);
	cleanup_recovery_report struct mhp_recovery_report *report = NULL;
	int rc;

	if (!env->act->dry_run)
		mhp_ctx_guard(env->ctx);
	rc = mhp_recover(env->ctx, &options, &report, err);
	progress_clear(env->progress);
	if (rc < 0)
		return rc;
	env->out->changed |= report->has_changes;
	env->out->recovery(env->out, report);
	return report->exit_code;
}

static const char *const recover_examples[] = {
	"mhpctl recover --dry-run",
	"mhpctl recover",
	NULL,
};

const struct cmd cmd_recover = {
	.name = "recover",
	.summary = "end what killed runs have left half done",
	.operands = "",
	.about = "Finds runs that were killed, or ended by a power failure, and compares what "
		 "they were doing with the machine. Restores settings, completes or undoes work "
		 "on regions and namespaces, and leaves memory blocks as they are. Exits 0 only "
		 "if nothing is left.",
	.examples = recover_examples,
	.flags = CMD_ACTS | CMD_NO_TARGETS | CMD_NO_HOOKS,
	.document = OUT_DOCUMENT_RECOVER,
	.opts = recover_opts,
	.args_size = sizeof(struct recover_args),
	.run = run_recover,
};
