/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a policy, by section. */
#pragma once

#include "lib/libmhp.h"
#include "lib/plan/policy/policy.h"

/* Finds the result of a target, or returns NULL. */
struct mhp_target_result *policy_result_target(const struct mhp_result *result, const char *section,
					       const char *target);

/* Returns the first failure of the section, or NULL. */
const struct mhp_error *policy_result_error(const struct mhp_result *result, const char *section);

/* Fills the results of all sections, for which there is memory, from their targets and failures. */
void policy_result_sections(struct mhp_result *result, const struct mhp_policy *policy);
