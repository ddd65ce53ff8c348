/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all commands, and lookup by name. */
#include "cmd/cmd.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/suggest.h"

#include <errno.h>
#include <string.h>

const struct cmd *const cmd_table[] = {
	&cmd_list,	&cmd_check,   &cmd_create,  &cmd_destroy, &cmd_resize, &cmd_init,
	&cmd_online,	&cmd_offline, &cmd_remove,  &cmd_plan,	  &cmd_apply,  &cmd_policy,
	&cmd_doctor,	&cmd_recover, &cmd_jobs,    &cmd_wait,	  &cmd_cancel, &cmd_monitor,
	&cmd_reporting, &cmd_report,  &cmd_metrics, &cmd_help,	  NULL,
};

const struct cmd *cmd_find(const char *name)
{
	for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
		if (strcmp((*cmd)->name, name) == 0)
			return *cmd;
	return NULL;
}

int cmd_get(const char *name, const struct cmd **cmd, struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char shown[OPT_SHOWN_MAX];

	*cmd = cmd_find(name);
	if (*cmd)
		return 0;
	for (const struct cmd *const *other = cmd_table; *other; other++)
		suggest_offer(&guess, name, strlen(name), (*other)->name);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown command \"%s\"",
		text_escape(name, shown, sizeof(shown)));
	if (guess.best)
		return err_hint(err, -EINVAL, "did you mean %s?", guess.best);
	return err_hint(err, -EINVAL, "mhpctl help lists the commands");
}
