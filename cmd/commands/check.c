/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl check: predicts whether memory can go offline, or can be pinned. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/killed-runs.h"
#include "lib/base/error.h"

static bool is_blocked(const struct mhp_check *check)
{
	for (size_t i = 0; i < check->nr_blocks; i++)
		if (mhp_check_block(check, i)->verdict == MHP_VERDICT_BLOCKED)
			return true;
	return false;
}

struct check_args {
	uint64_t pin;
	int node;
	int pid;
};

static const struct check_args no_args = { .node = -1, .pid = -1 };

static const struct opt check_opts[] = {
	OPT_SIZE(0, "pin", struct check_args, pin,
		 "predict instead whether SIZE can be pinned for the long term"),
	OPT_NUMBER(0, "node", struct check_args, node, "N", "with --pin: memory of node N",
		   .fill = OPT_FILL_NODES),
	OPT_NUMBER(0, "pid", struct check_args, pid, "PID", "with --pin: by the process PID"),
	OPT_END,
};

/* Returns 0, or -EINVAL if the operands do not suit the options. */
static int check_usage(const struct cmd_env *env, const struct check_args *args,
		       struct mhp_error *err)
{
	if (args->pin && env->nr_operands)
		return err_usage(err, "use --node N for the memory of one node",
				 "--pin cannot be combined with a target");
	if (!args->pin && (args->node >= 0 || args->pid >= 0))
		return err_usage(err, "add --pin SIZE", "--%s needs --pin",
				 args->node >= 0 ? "node" : "pid");
	if (args->pid == 0)
		return err_usage(err, "leave out --pid for any process",
				 "--pid: 0 is not a process");
	if (!args->pin && !env->nr_operands)
		return err_usage(err, "usage: mhpctl check [OPTION]... TARGET...",
				 "TARGET is missing");
	return 0;
}

/* Returns the exit status. A script must not take a pin that may not fit for one that fits. */
static int status_of_pin(enum mhp_pin_verdict verdict)
{
	if (verdict == MHP_PIN_FITS)
		return MHP_EXIT_OK;
	return verdict == MHP_PIN_UNKNOWN ? MHP_EXIT_CHANGES
					  : mhp_reason_exit_code(MHP_REASON_NO_TARGET_MEMORY);
}

static int check_pin(const struct cmd_env *env, const struct check_args *args,
		     struct mhp_error *err)
{
	cleanup_pin_check struct mhp_pin_check *check = NULL;
	int rc = mhp_check_pin(env->ctx, args->pin, args->node, args->pid > 0 ? args->pid : 0,
			       &check, err);

	if (rc < 0)
		return rc;
	rc = status_of_pin(check->verdict);
	env->out->pin(env->out, check, rc);
	return rc;
}

static int run_check(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_check struct mhp_check *check = NULL;
	int rc;

	rc = check_usage(env, opts, err);
	if (rc < 0)
		return rc;
	killed_runs_warn(env);
	if (((const struct check_args *)opts)->pin)
		return check_pin(env, opts, err);
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
	"mhpctl check --pin 8G --node 2 --pid 4711",
	"mhpctl check memory32-47 --json | jq '.blocks[] | select(.verdict == \"blocked\")'",
	NULL,
};

const struct cmd cmd_check = {
	.name = "check",
	.summary = "predict whether memory can be taken offline",
	.operands = "[TARGET...]",
	.about = "Inspects every page of the memory blocks of each TARGET, the processes that "
		 "hold pins and the free memory of other nodes, and gives a verdict for each "
		 "block: removable, maybe, blocked. Changes nothing. Exits 4 when a block is "
		 "blocked.\n"
		 "With --pin, predicts instead whether so much memory can be pinned for the long "
		 "term, as buffers for RDMA, vfio or io_uring are, and what the kernel would do "
		 "without space for it: it kills a process. Exits 4 if it does not fit, and 10 if "
		 "that is not known.",
	.examples = check_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.completes = CMD_OPERAND_ANY,
	.document = OUT_DOCUMENT_CHECK,
	.opts = check_opts,
	.args_size = sizeof(struct check_args),
	.defaults = &no_args,
	.run = run_check,
};
