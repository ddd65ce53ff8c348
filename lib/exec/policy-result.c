/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/policy-result.h"
#include "lib/base/error.h"
#include "lib/exec/result.h"

#include <string.h>

struct mhp_target_result *policy_result_target(const struct mhp_result *result, const char *section,
					       const char *target)
{
	for (size_t i = 0; i < result->nr_targets; i++)
		if (strcmp(mhp_result_target(result, i)->section, section) == 0 &&
		    strcmp(mhp_result_target(result, i)->target, target) == 0)
			return (struct mhp_target_result *)mhp_result_target(result, i);
	return NULL;
}

const struct mhp_error *policy_result_error(const struct mhp_result *result, const char *section)
{
	const struct mhp_failure *failure;

	for (size_t i = 0; (failure = mhp_result_failure(result, i)); i++)
		if (strcmp(failure->section, section) == 0)
			return &failure->error;
	return NULL;
}

static void fill_section(const struct mhp_result *result, struct mhp_section_result *section)
{
	for (size_t i = 0; i < result->nr_targets; i++) {
		const struct mhp_target_result *target = mhp_result_target(result, i);

		if (strcmp(target->section, section->section) != 0)
			continue;
		section->nr_targets++;
		section->has_changes |= target->has_changes;
		if (section->status == MHP_STATUS_OK)
			section->status = target->status;
	}
	for (size_t i = 0; i < result->nr_failures; i++)
		if (section->status == MHP_STATUS_OK &&
		    strcmp(mhp_result_failure(result, i)->section, section->section) == 0)
			section->status =
				status_of_reason(mhp_result_failure(result, i)->error.reason);
}

void policy_result_sections(struct mhp_result *result, const struct mhp_policy *policy)
{
	struct mhp_section_result *sections = (struct mhp_section_result *)result->sections;

	for (size_t i = 0; i < policy->nr_sections; i++) {
		str_copy(sections[i].section, policy->sections[i].pub.name);
		str_copy(sections[i].file, policy->sections[i].pub.file);
		sections[i].line = policy->sections[i].pub.line;
		fill_section(result, &sections[i]);
	}
	result->nr_sections = policy->nr_sections;
}
