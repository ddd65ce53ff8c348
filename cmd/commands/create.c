/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl create: creates devdax namespaces, devices of dax regions, and CXL regions. */
#include "cmd/act.h"

struct create_args {
	struct act_namespace_args ns;
	struct act_cxl_args cxl;
};

static const struct opt create_opts[] = {
	ACT_NAMESPACE_OPTS(struct create_args, ns),
	ACT_CXL_OPTS(struct create_args, cxl),
	OPT_END,
};

static int run_create(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct create_args *args = opts;
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE);

	act_request_namespace(&request, &args->ns);
	act_request_cxl(&request, &args->cxl);
	return act_run(env, &request, err);
}

static const char *const create_examples[] = {
	"mhpctl create region0",
	"mhpctl create --size 4G dax_region0",
	"mhpctl create --dry-run --interleave mem0 mem1",
	"mhpctl create --dry-run --init-labels --size 4G --name scratch region0",
	NULL,
};

const struct cmd cmd_create = {
	.name = "create",
	.summary = "create devdax namespaces, devices of dax regions, and CXL regions",
	.operands = "TARGET...",
	.about = "Creates one namespace in devdax mode on each region, such as region0, from "
		 "all its free space or of --size, and enables it. With --name, nothing changes "
		 "if a matching namespace of that name exists. On a dax region that can be "
		 "divided, such as dax_region0, creates a dax device instead. For a CXL memory "
		 "device, such as mem0, creates a CXL region with a dax device.",
	.examples = create_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = CMD_OPERAND_REGION | CMD_OPERAND_DAX_REGION | CMD_OPERAND_CXL,
	.opts = create_opts,
	.args_size = sizeof(struct create_args),
	.run = run_create,
};
