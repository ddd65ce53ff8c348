/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that carry out or show a policy have in common. */
#pragma once

#include "cmd/cmd.h"

/* Plan a policy on the machine as it is and tell it; out: a file for it, or NULL. */
struct policy_plan_args {
	unsigned agreed; /* bits of enum mhp_consent_kind */
	bool exit_code;	 /* tell by the exit status whether something would change */
	const char *out;
};

int policy_plan(const struct cmd_env *env, const struct mhp_policy *policy,
		const struct policy_plan_args *args, struct mhp_error *err);
