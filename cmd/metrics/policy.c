/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of the installed policy: which sections the machine meets. */
#include "cmd/cleanup.h"
#include "cmd/metrics/metrics.h"
#include "lib/base/error.h"

#include <errno.h>

#define WOULD_CHANGE "would_change"
#define HIDDEN	     "hidden"

/* Returns why the machine is not as a request of a section wants it, or NULL. */
static const char *unmet_reason(const struct mhp_policy_job *job)
{
	const struct mhp_failure *failure;

	if (!job->plan)
		return mhp_reason_name(job->error.reason);
	failure = mhp_plan_failure(job->plan, 0);
	if (failure)
		return mhp_reason_name(failure->error.reason);
	if (mhp_plan_step(job->plan, 0))
		return WOULD_CHANGE;
	return mhp_plan_hidden(job->plan, 0) ? HIDDEN : NULL;
}

static void add_met(struct metrics *metrics, const char *section, const char *reason)
{
	metrics_add(metrics, METRIC_SECTION_MET, !reason, section);
	if (reason)
		metrics_add(metrics, METRIC_SECTION_UNMET_INFO, 1, section, reason);
}

static void add_section(struct metrics *metrics, const struct mhp_policy_section *section,
			const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;
	const char *reason = NULL;
	uint64_t nr_targets = 0;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++) {
		if (job->section != section)
			continue;
		nr_targets += job->nr_targets;
		if (!reason)
			reason = unmet_reason(job);
	}
	add_met(metrics, section->name, reason);
	metrics_add(metrics, METRIC_SECTION_TARGETS, nr_targets, section->name);
}

/* Compares the section [reporting] with the machine. Returns 0 or -ENOMEM. */
static int add_reporting(struct mhp_ctx *ctx, struct metrics *metrics,
			 const struct mhp_policy_reporting *wanted)
{
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = wanted->has_order, .order = wanted->order,
					   .has_delay = wanted->has_delay,
					   .delay_ms = wanted->delay_ms, .dry_run = true);
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };
	bool is_met;

	if (mhp_reporting_set(ctx, &options, &change, &err) == -ENOMEM)
		return -ENOMEM;
	is_met = (!wanted->has_order || wanted->order == change.old_order) &&
		 (!wanted->has_delay || wanted->delay_ms == change.old_delay_ms);
	add_met(metrics, "reporting",
		err.reason != MHP_REASON_NONE ? mhp_reason_name(err.reason)
		: is_met		      ? NULL
					      : WOULD_CHANGE);
	return 0;
}

static uint64_t count_problems(const struct mhp_policy *policy)
{
	const struct mhp_policy_problem *problem;
	uint64_t nr = 0;

	for (size_t i = 0; (problem = mhp_policy_problem(policy, i)); i++)
		nr += !problem->is_warning;
	return nr;
}

/* Adds the sections of a policy that is wrong, and so is never carried out. */
static void add_wrong(struct metrics *metrics, const struct mhp_policy *policy)
{
	const struct mhp_policy_section *section;

	for (size_t i = 0; (section = mhp_policy_section(policy, i)); i++)
		add_met(metrics, section->name, mhp_reason_name(MHP_REASON_USAGE));
}

int metrics_policy(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_policy_plan struct mhp_policy_plan *plan = NULL;
	const struct mhp_policy_section *section;
	const struct mhp_policy_reporting *reporting;
	int rc = mhp_policy_load(ctx, NULL, 0, &policy, err);

	if (rc < 0)
		return rc;
	metrics_add(metrics, METRIC_POLICY_PROBLEMS, count_problems(policy));
	reporting = mhp_policy_reporting(policy);
	if (count_problems(policy)) {
		add_wrong(metrics, policy);
		return 0;
	}
	if (reporting && add_reporting(ctx, metrics, reporting) < 0)
		return err_errno(err, -ENOMEM, "reporting");
	if (!mhp_policy_section(policy, 0))
		return 0;
	rc = mhp_scan_policy(ctx, policy, 0, &topo, err);
	if (rc == 0)
		rc = mhp_policy_plan_new(topo, policy, 0, &plan, err);
	for (size_t i = 0; rc == 0 && (section = mhp_policy_section(policy, i)); i++)
		add_section(metrics, section, plan);
	return rc;
}
