/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl help: shows the help of the program or of a command. */
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "lib/base/cleanup.h"

static int run_help(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct cmd *cmd = NULL;
	int rc;

	if (env->nr_operands) {
		rc = cmd_get(env->operands[0], &cmd, err);
		if (rc < 0)
			return rc;
	}
	return help_show(env->out, cmd, err);
}

static const char *const help_examples[] = {
	"mhpctl help",
	"mhpctl help online",
	NULL,
};

const struct cmd cmd_help = {
	.name = "help",
	.summary = "show help for a command",
	.operands = "[COMMAND]",
	.about = "Shows the help of COMMAND, or of the program as a whole.",
	.examples = help_examples,
	.max_operands = 1,
	.flags = CMD_NO_SYSTEM | CMD_NO_PAGE,
	.completes = CMD_OPERAND_COMMAND,
	.run = run_help,
};
