/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl online: brings memory online, from any state. */
#include "cmd/act.h"
#include "cmd/async.h"
#include "lib/base/error.h"

struct online_args {
	enum mhp_zone_request zone;
	uint64_t keep;
	struct act_choice_args choice;
	struct act_namespace_args ns;
	struct act_cxl_args cxl;
	struct async_args async;
};

static const struct online_args online_defaults = { .choice = { .node = ACT_NO_NODE } };

static const struct opt_word zone_words[] = {
	{ "movable", MHP_ZONE_REQUEST_MOVABLE, "memory that can be taken offline again" },
	{ "kernel", MHP_ZONE_REQUEST_KERNEL, "memory that the kernel can use too" },
	{ "auto", MHP_ZONE_REQUEST_AUTO, "by the ratio of the zones" },
	{ NULL, 0, NULL },
};

static const struct opt online_opts[] = {
	OPT_WORD('z', "zone", struct online_args, zone, zone_words, "zone",
		 "zone to bring the blocks online in (default: movable)"),
	OPT_SIZE(0, "keep-at-least", struct online_args, keep,
		 "let a block change its zone only while SIZE of the other blocks is online"),
	ACT_CHOICE_OPTS(struct online_args, choice),
	ACT_NAMESPACE_OPTS(struct online_args, ns),
	ACT_CXL_OPTS(struct online_args, cxl),
	ASYNC_OPTS(struct online_args, async),
	OPT_END,
};

static int run_online(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct online_args *args = opts;
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .zone = args->zone,
						      .keep_bytes = args->keep);
	int rc;

	act_request_namespace(&request, &args->ns);
	act_request_cxl(&request, &args->cxl);
	rc = act_request_choice(env, &args->choice, args->ns.size, &request, err);
	if (rc < 0)
		return rc;
	if (rc == 0 && !env->nr_operands)
		return err_usage(
			err, "usage: mhpctl online [OPTION]... TARGET..., or --node N --size SIZE",
			"TARGET is missing");
	return async_run(env, &request, &args->async, err);
}

static const char *const online_examples[] = {
	"mhpctl online region0",
	"mhpctl online --dry-run region0 region1",
	"mhpctl online --zone kernel dax0.0",
	"mhpctl online --zone movable --keep-at-least 12G node1",
	"mhpctl online memory32-47",
	"mhpctl online --node 1 --size 2G",
	"mhpctl online mem0",
	"mhpctl online --interleave mem0 mem1",
	"mhpctl online --async --first 4G region0",
	NULL,
};

const struct cmd cmd_online = {
	.name = "online",
	.summary = "bring memory online, whatever its state",
	.operands = "[TARGET...]",
	.about = "Does everything from the current state to online memory: modules, labels, "
		 "namespace, CXL region, driver, memory blocks. Finished parts are left alone. A "
		 "region without a devdax namespace gets one, a CXL memory device without a "
		 "region too.\n"
		 "With --size and --node or --device, and without TARGET, mhpctl chooses offline "
		 "blocks that add up to the size, and takes another one where one fails.",
	.examples = online_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.flags = CMD_ACTS,
	.completes = (CMD_OPERAND_ANY & ~CMD_OPERAND_ONLINE_BLOCK),
	.opts = online_opts,
	.args_size = sizeof(struct online_args),
	.defaults = &online_defaults,
	.run = run_online,
};
