/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/killed-runs.h"
#include "lib/tool.h"

static void on_warning(const struct mhp_event *event, void *data)
{
	out_event(data, event);
}

void killed_runs_warn(const struct cmd_env *env)
{
	const struct mhp_run_options options = {
		.size = sizeof(options),
		.event = on_warning,
		.data = env->out,
	};

	mhp_interrupted_warn(env->ctx, &options);
}
