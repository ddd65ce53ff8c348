/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl destroy: destroys namespaces, devices of dax regions, and CXL regions. */
#include "cmd/act.h"

static int run_destroy(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_DESTROY);

	return act_run(env, &request, err);
}

static const char *const destroy_examples[] = {
	"mhpctl destroy --dry-run namespace0.0",
	"mhpctl destroy --yes namespace0.0",
	"mhpctl destroy dax0.1",
	"mhpctl destroy cxl/region0",
	NULL,
};

const struct cmd cmd_destroy = {
	.name = "destroy",
	.summary = "destroy namespaces, devices of dax regions, and CXL regions",
	.operands = "TARGET...",
	.about = "Destroys each TARGET: a namespace, given as namespace0.0 or by its UUID, a "
		 "device of a dax region, such as dax0.1, or a CXL region, which leaves bare CXL "
		 "memory devices. Its data is lost. A TARGET with memory blocks online is "
		 "refused: mhpctl remove takes them offline first.",
	.examples = destroy_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = CMD_OPERAND_NAMESPACE | CMD_OPERAND_DAX_REGION | CMD_OPERAND_DAX_PART |
		     CMD_OPERAND_CXL,
	.run = run_destroy,
};
