/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of the installed policy: which sections the machine meets. */
#include "cmd/cleanup.h"
#include "cmd/metrics/metrics.h"
#include "cmd/policy.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

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

/* Returns whether objects of a whole kind are hidden, so that a section may match some of them. */
static bool hides_objects(const struct mhp_topology *topo)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++)
		if (!strchr(hidden->what, '.')) /* with a dot it is a value of them */
			return true;
	return false;
}

static void add_section(struct metrics *metrics, const struct mhp_policy_section *section,
			const struct mhp_policy_plan *plan, bool is_hidden)
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
	if (!reason && !nr_targets && is_hidden) {
		metrics->nr_unknown++;
		return;
	}
	add_met(metrics, section->name, reason);
	metrics_add(metrics, METRIC_SECTION_TARGETS, nr_targets, section->name);
}

/* Compares the section [reporting] with the machine. Returns 0 or -ENOMEM. */
static int add_reporting(struct mhp_ctx *ctx, struct metrics *metrics,
			 const struct mhp_policy_reporting *wanted)
{
	struct mhp_reporting_change change = { 0 };
	struct mhp_error err = { 0 };
	const char *reason = NULL;

	if (policy_reporting_compare(ctx, wanted, &change, &err) == -ENOMEM)
		return -ENOMEM;
	if (err.reason != MHP_REASON_NONE)
		reason = mhp_reason_name(err.reason);
	else if (policy_reporting_differs(wanted, &change))
		reason = WOULD_CHANGE;
	add_met(metrics, "reporting", reason);
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
	uint64_t nr_problems;
	int rc = mhp_policy_load(ctx, NULL, 0, &policy, err);

	if (rc < 0)
		return rc;
	nr_problems = count_problems(policy);
	metrics_add(metrics, METRIC_POLICY_PROBLEMS, nr_problems);
	reporting = mhp_policy_reporting(policy);
	if (nr_problems) {
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
		add_section(metrics, section, plan, hides_objects(topo));
	return rc;
}
