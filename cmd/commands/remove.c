/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl remove: takes memory offline and frees its devices. */
#include "cmd/act.h"

struct remove_args {
	bool destroy;
	uint64_t drain_ms;
};

static const struct opt remove_opts[] = {
	OPT_FLAG(0, "destroy", struct remove_args, destroy,
		 "destroy the namespaces, devices or CXL regions too"),
	ACT_DRAIN_OPT(struct remove_args, drain_ms),
	OPT_END,
};

static int run_remove(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct remove_args *args = opts;
	struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_REMOVE, .destroy = args->destroy,
				 .drain_ms = args->drain_ms);

	return act_run(env, &request, err);
}

static const char *const remove_examples[] = {
	"mhpctl remove dax0.0",
	"mhpctl remove --destroy region0",
	"mhpctl remove --destroy mem0",
	"mhpctl remove --rollback all",
	NULL,
};

const struct cmd cmd_remove = {
	.name = "remove",
	.summary = "take memory offline and give its devices back",
	.operands = "TARGET...",
	.about =
		"Takes all memory blocks of each TARGET offline, checks the result, unbinds "
		"the dax device from the system RAM driver and returns it to devdax mode. With "
		"--destroy, also destroys the namespace, a device of a dax region, or a CXL region.",
	.examples = remove_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = CMD_OPERAND_REGION | CMD_OPERAND_NAMESPACE | CMD_OPERAND_DAX |
		     CMD_OPERAND_DAX_REGION | CMD_OPERAND_CXL | CMD_OPERAND_NODE | CMD_OPERAND_ALL,
	.opts = remove_opts,
	.args_size = sizeof(struct remove_args),
	.run = run_remove,
};
