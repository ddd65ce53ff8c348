/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands that apply or show a policy. */
#pragma once

#include "cmd/cmd.h"

/* Options of policy_plan(), which plans a policy on the current machine and prints the plan. */
struct policy_plan_args {
	unsigned agreed; /* bits of enum mhp_consent_kind */
	bool exit_code;	 /* the exit status shows whether something would change */
	bool dry_run;	 /* it shows at least whether that is not known */
	const char *out; /* a file for the plan, or NULL */
};

/* Compares the section [reporting] with the machine. Returns as mhp_reporting_set() does. */
int policy_reporting_compare(struct mhp_ctx *ctx, const struct mhp_policy_reporting *wanted,
			     struct mhp_reporting_change *change, struct mhp_error *err);

/* Returns whether the section would change what policy_reporting_compare() found. */
bool policy_reporting_differs(const struct mhp_policy_reporting *wanted,
			      const struct mhp_reporting_change *change);

int policy_plan(const struct cmd_env *env, const struct mhp_policy *policy,
		const struct policy_plan_args *args, struct mhp_error *err);
