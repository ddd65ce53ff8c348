/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl offline: takes memory blocks offline. */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/reporting-wait.h"
#include "lib/base/error.h"

struct offline_args {
	struct act_choice_args choice;
	uint64_t size;
	bool release;
	uint64_t drain_ms;
};

static const struct offline_args offline_defaults = { .choice = { .node = ACT_NO_NODE } };

static const struct opt offline_opts[] = {
	ACT_CHOICE_OPTS(struct offline_args, choice),
	OPT_SIZE('s', "size", struct offline_args, size,
		 "how much to take offline; needs --node or --device"),
	OPT_FLAG(0, "release", struct offline_args, release,
		 "wait first until free memory had the time to be reported to the host"),
	ACT_DRAIN_OPT(struct offline_args, drain_ms),
	OPT_END,
};

/* Returns 1 if something is to be taken offline, 0 if not, or a negative errno. */
static int has_work(const struct cmd_env *env, const struct mhp_request *request,
		    struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_plan struct mhp_plan *plan = NULL;
	int rc = mhp_scan_request(env->ctx, request, &topo, err);

	if (rc == 0)
		rc = mhp_plan_new(topo, request, &plan, err);
	return rc < 0 ? rc : mhp_plan_step(plan, 0) != NULL;
}

/*
 * Waits before the first block goes offline, as an offline block is never reported; what a hook has
 * freed counts too.
 */
static int release(void *data, struct mhp_error *err)
{
	const struct cmd_env *env = data;
	struct mhp_reporting_wait wait = { 0 };
	int rc = reporting_wait(env, 0, &wait, err);

	if (rc == 0)
		reporting_wait_warn(env, &wait);
	return rc;
}

/* Fails at once for a wrong name, and if there is nothing to wait for: no hook has run then. */
static int run_released(const struct cmd_env *env, struct mhp_request *request,
			struct mhp_error *err)
{
	int rc;

	act_fill(env, request);
	rc = has_work(env, request, err);
	if (rc > 0)
		rc = mhp_reporting_check(env->ctx, err);
	return rc < 0 ? rc : act_run_after(env, request, release, err);
}

static int run_offline(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct offline_args *args = opts;
	struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .drain_ms = args->drain_ms);
	int rc = act_request_choice(env, &args->choice, args->size, &request, err);

	if (rc < 0)
		return rc;
	if (rc == 0 && args->size)
		return err_usage(err, "give both and no TARGET: mhpctl offline --node 1 --size 2G",
				 "--size needs --node or --device");
	if (rc == 0 && !env->nr_operands)
		return err_usage(err, "mhpctl list shows the available targets",
				 "TARGET is missing");
	if (args->release && !env->act->dry_run)
		return run_released(env, &request, err);
	return act_run(env, &request, err);
}

static const char *const offline_examples[] = {
	"mhpctl offline --timeout 5s dax0.0",
	"mhpctl offline --rollback memory32-47",
	"mhpctl offline --node 1 --size 2G",
	"mhpctl offline --dry-run --device dax0.0 --size 512M",
	"mhpctl offline --release memory32-47",
	"mhpctl offline --drain=1min node2",
	NULL,
};

const struct cmd cmd_offline = {
	.name = "offline",
	.summary = "take memory blocks offline",
	.operands = "[TARGET...]",
	.about = "Takes the memory blocks of each TARGET offline; their pages move to other "
		 "memory first. mhpctl gives up on a block with an unmovable page after "
		 "--timeout, and still tries the other blocks.\n"
		 "With --size and --node or --device, and without TARGET, mhpctl chooses blocks "
		 "that add up to the size, cheapest first, and takes another one where one "
		 "fails.",
	.examples = offline_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = (CMD_OPERAND_ANY & ~CMD_OPERAND_OFFLINE_BLOCK),
	.opts = offline_opts,
	.args_size = sizeof(struct offline_args),
	.defaults = &offline_defaults,
	.run = run_offline,
};
