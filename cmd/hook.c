/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/hook.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

int hook_pid(void)
{
	const char *text = getenv("MHPCTL_PID");
	uint64_t pid = 0;

	return text && parse_u64(text, 10, &pid) == 0 && pid <= INT_MAX ? (int)pid : 0;
}

static int add_one(struct mhp_ctx *ctx, const struct out_hook *hook, struct out_hooks *hooks,
		   struct mhp_error *err)
{
	struct out_hook *added;

	if (!hook->command)
		return 0;
	added = VEC_PUSH(hooks->at, hooks->nr);
	if (!added)
		return err_errno(err, -ENOMEM, "plan");
	*added = *hook;
	mhp_hook_check(ctx, hook->command, &added->problem);
	return 0;
}

int hook_add_planned(struct mhp_ctx *ctx, const struct mhp_run_options *options,
		     const char *section, struct out_hooks *hooks, struct mhp_error *err)
{
	struct out_hook hook = {
		.section = section,
		.when = MHP_HOOK_BEFORE,
		.command = options->hook_before,
		.timeout_ms =
			options->hook_timeout_ms ? options->hook_timeout_ms : MHP_HOOK_TIMEOUT_MS,
	};
	int rc = add_one(ctx, &hook, hooks, err);

	hook.when = MHP_HOOK_AFTER;
	hook.command = options->hook_after;
	return rc < 0 ? rc : add_one(ctx, &hook, hooks, err);
}

void hook_free_planned(struct out_hooks *hooks)
{
	free(hooks->at);
	*hooks = (struct out_hooks){ .nr = 0 };
}
