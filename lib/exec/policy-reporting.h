/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out the section [reporting] of a policy. */
#pragma once

#include "lib/exec/event.h"
#include "lib/plan/policy/policy.h"

/* The name of the section in results: no section for memory can have it. */
#define POLICY_REPORTING "[reporting]"

/*
 * Sets what the section says, if the policy has it. Adds a target, and a failure if it fails; the
 * result has space for the target.
 */
void policy_reporting_run(struct mhp_ctx *ctx, const struct mhp_policy *policy,
			  const struct emitter *emitter, struct mhp_result *result);

/* Adds the result of the section, for which there is space. */
void policy_reporting_section(struct mhp_result *result, const struct mhp_policy *policy);
