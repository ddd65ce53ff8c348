/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/policy-result.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/exec/policy-run.h"
#include "lib/exec/result.h"
#include "lib/plan/failure.h"

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

/* ---- the outcome of one request ---------------------------------------------------------- */

/* Adds the result of a target; that of a second round replaces that of the first. */
static void add_target(struct policy_run *run, const struct mhp_target_result *from)
{
	const char *section = run->job->section->name;
	struct mhp_target_result *targets = (struct mhp_target_result *)run->result->targets;
	struct mhp_target_result *to = policy_result_target(run->result, section, from->target);
	bool changed = from->has_changes || (to && to->has_changes);

	run->result->has_changes |= changed;
	if (!to && run->result->nr_targets < run->nr_targets)
		to = &targets[run->result->nr_targets++];
	if (!to)
		return; /* no job names this target */
	*to = *from;
	to->has_changes = changed;
	str_copy(to->section, section);
}

/* Adds a failure and takes its arrays. */
static void add_failure(struct policy_run *run, const struct mhp_failure *from)
{
	struct mhp_failure failure = *from;

	str_copy(failure.section, run->job->section->name);
	result_fail(run->result, &failure);
}

/* Sets the status of all targets of the job that have no failure of their own. */
void policy_add_status(struct policy_run *run, enum mhp_status status)
{
	for (size_t i = 0; i < run->job->nr_targets; i++) {
		struct mhp_target_result target = { .verb = run->job->verb, .node = -1 };
		const struct mhp_target_result *known = policy_result_target(
			run->result, run->job->section->name, mhp_policy_job_target(run->job, i));

		if (known && known->status != MHP_STATUS_OK)
			continue;
		if (known)
			target = *known;
		str_copy(target.target, mhp_policy_job_target(run->job, i));
		target.status = status;
		add_target(run, &target);
	}
}

void policy_add_error_as(struct policy_run *run, const struct mhp_error *err,
			 enum mhp_status status)
{
	struct mhp_failure failure;

	failure_init(&failure, run->job->nr_targets == 1 ? mhp_policy_job_target(run->job, 0) : "",
		     err);
	str_copy(failure.section, run->job->section->name);
	policy_add_status(run, status);
	add_failure(run, &failure);
	emit_failure(&run->emitter, &failure);
}

/* Adds the failure of a request that never started. */
void policy_add_error(struct policy_run *run, const struct mhp_error *err)
{
	policy_add_error_as(run, err, status_of_reason(err->reason));
}

void policy_add_result(struct policy_run *run, struct mhp_result *from)
{
	run->result->has_changes |= from->has_changes;
	for (size_t i = 0; i < from->nr_targets; i++)
		add_target(run, mhp_result_target(from, i));
	for (size_t i = 0; i < from->nr_failures; i++) {
		struct mhp_failure *failure = (struct mhp_failure *)mhp_result_failure(from, i);

		add_failure(run, failure);
		failure->pages = NULL; /* moved to our result */
		failure->owners = NULL;
	}
}
