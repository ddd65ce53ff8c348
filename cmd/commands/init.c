/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl init: enables namespaces in parallel. */
#include "cmd/async.h"

struct init_args {
	int jobs;
	struct async_args async;
};

static const struct opt init_opts[] = {
	OPT_NUMBER('j', "jobs", struct init_args, jobs, "N",
		   "initialise at most N memmaps at once (default: one for each CPU)"),
	ASYNC_OPTS(struct init_args, async),
	OPT_END,
};

static int run_init(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	static const char *const all[] = { "all" };
	const struct init_args *args = opts;
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_INIT);
	struct cmd_env with_all = *env;

	if (!env->nr_operands) {
		with_all.operands = all;
		with_all.nr_operands = 1;
	}
	with_all.jobs = (unsigned)args->jobs;
	return async_run(&with_all, &request, &args->async, err);
}

static const char *const init_examples[] = {
	"mhpctl init",
	"mhpctl init --dry-run region0 region1",
	"mhpctl init --jobs 4 all",
	"mhpctl init --async --first 1T",
	NULL,
};

const struct cmd cmd_init = {
	.name = "init",
	.summary = "enable namespaces in parallel, which initialises their memmap",
	.operands = "[TARGET...]",
	.about = "Enables namespaces of all modes and unbound dax devices as they are, several "
		 "at once, each near its memory. Nothing is created and nothing becomes system "
		 "memory. Without a TARGET: all.",
	.examples = init_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = CMD_OPERAND_REGION | CMD_OPERAND_NAMESPACE | CMD_OPERAND_DAX |
		     CMD_OPERAND_CXL | CMD_OPERAND_ALL,
	.opts = init_opts,
	.args_size = sizeof(struct init_args),
	.run = run_init,
};
