/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl check: predicts whether memory can go offline. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/killed-runs.h"

static bool is_blocked(const struct mhp_check *check)
{
	for (size_t i = 0; i < check->nr_blocks; i++)
		if (mhp_check_block(check, i)->verdict == MHP_VERDICT_BLOCKED)
			return true;
	return false;
}

static int run_check(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_check struct mhp_check *check = NULL;
	int rc;

	(void)opts;
	killed_runs_warn(env);
	rc = mhp_topology_scan(env->ctx, 0, &topo, err);
	if (rc < 0)
		return rc;
	rc = mhp_topology_select(topo, env->operands, env->nr_operands, err);
	if (rc < 0)
		return rc;
	rc = mhp_check_blocks(env->ctx, topo, &check, err);
	if (rc < 0)
		return rc;
	rc = is_blocked(check) ? mhp_reason_exit_code(MHP_REASON_UNMOVABLE) : 0;
	env->out->check(env->out, check, mhp_topology_memory(topo)->page_size, rc);
	return rc;
}

static const char *const check_examples[] = {
	"mhpctl check dax0.0",
	"mhpctl check node2",
	"mhpctl check memory32-47 --json | jq '.blocks[] | select(.verdict == \"blocked\")'",
	NULL,
};

const struct cmd cmd_check = {
	.name = "check",
	.summary = "predict whether memory can be taken offline",
	.operands = "TARGET...",
	.about = "Inspects every page of the memory blocks of each TARGET, the processes that "
		 "hold pins and the free memory of other nodes, and gives a verdict for each "
		 "block: removable, maybe, blocked. Changes nothing. Exits 4 when a block is "
		 "blocked.",
	.examples = check_examples,
	.min_operands = 1,
	.max_operands = CMD_MANY_OPERANDS,
	.completes = CMD_OPERAND_ANY,
	.document = OUT_DOCUMENT_CHECK,
	.run = run_check,
};
