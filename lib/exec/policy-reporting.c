/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/policy-reporting.h"
#include "lib/base/error.h"
#include "lib/exec/policy-result.h"
#include "lib/exec/result.h"
#include "lib/plan/failure.h"

#define TARGET "reporting"

static void add_failure(const struct emitter *emitter, struct mhp_result *result,
			const struct mhp_error *err)
{
	struct mhp_failure failure;

	failure_init(&failure, TARGET, err);
	str_copy(failure.section, POLICY_REPORTING);
	result_fail(result, &failure);
	emit_failure(emitter, &failure);
}

void policy_reporting_run(struct mhp_ctx *ctx, const struct mhp_policy *policy,
			  const struct emitter *emitter, struct mhp_result *result)
{
	const struct mhp_policy_reporting *wanted = mhp_policy_reporting(policy);
	struct mhp_target_result *target;
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };

	if (!wanted)
		return;
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = wanted->has_order, .order = wanted->order,
					   .has_delay = wanted->has_delay,
					   .delay_ms = wanted->delay_ms);
	int rc = mhp_reporting_set(ctx, &options, &change, &err);

	target = (struct mhp_target_result *)result->targets + result->nr_targets++;
	*target = (struct mhp_target_result){ .verb = MHP_VERB_RESIZE, .node = -1 };
	str_copy(target->target, TARGET);
	str_copy(target->section, POLICY_REPORTING);
	target->has_changes = change.has_changes;
	target->status = rc < 0 ? status_of_reason(err.reason) : MHP_STATUS_OK;
	result->has_changes |= change.has_changes;
	if (rc < 0)
		add_failure(emitter, result, &err);
}

void policy_reporting_section(struct mhp_result *result, const struct mhp_policy *policy)
{
	const struct mhp_policy_reporting *wanted = mhp_policy_reporting(policy);
	const struct mhp_target_result *target =
		policy_result_target(result, POLICY_REPORTING, TARGET);
	struct mhp_section_result *section;

	if (!wanted || !target)
		return;
	section = (struct mhp_section_result *)result->sections + result->nr_sections++;
	str_copy(section->section, POLICY_REPORTING);
	str_copy(section->file, wanted->file);
	section->line = wanted->line;
	section->status = target->status;
	section->has_changes = target->has_changes;
	section->nr_targets = 1;
}
