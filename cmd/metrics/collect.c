/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects all metrics, part by part. */
#include "cmd/cleanup.h"
#include "cmd/metrics/metrics.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"

#include <errno.h>

static int collect_reporting(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	cleanup_reporting struct mhp_reporting *reporting = NULL;
	const struct mhp_reporting_zone *zone;
	int rc = mhp_reporting_read(ctx, &reporting, err);

	if (rc < 0)
		return rc;
	metrics_add(metrics, METRIC_REPORTING_ACTIVE,
		    reporting->is_active == MHP_TRISTATE_UNKNOWN
			    ? MHP_UNKNOWN
			    : reporting->is_active == MHP_TRISTATE_YES);
	for (size_t i = 0; (zone = mhp_reporting_zone(reporting, i)); i++) {
		char node[16];

		snprintf(node, sizeof(node), "%d", zone->node);
		metrics_add(metrics, METRIC_REPORTABLE, zone->reportable_bytes, node, zone->zone);
	}
	for (size_t i = 0; mhp_reporting_hidden(reporting, i); i++)
		metrics->nr_unknown++;
	return 0;
}

static int collect_doctor(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	cleanup_doctor_report struct mhp_doctor_report *report = NULL;
	uint64_t nr[MHP_SEVERITY_ERROR + 1] = { 0 };
	int rc = mhp_doctor(ctx, &report, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < report->nr_findings; i++)
		nr[mhp_doctor_report_finding(report, i)->severity]++;
	for (unsigned i = 0; i < ARRAY_SIZE(nr); i++)
		metrics_add(metrics, METRIC_DOCTOR_FINDINGS, nr[i],
			    mhp_severity_name((enum mhp_severity)i));
	metrics->nr_unknown += report->nr_hidden;
	return 0;
}

static void add_command(struct metrics *metrics, const struct mhp_command_total *total)
{
	if (!total->start_us)
		return;
	for (unsigned i = 0; i < NR_STATUSES; i++)
		metrics_add(metrics, METRIC_RUNS, total->nr_runs[i], total->command,
			    mhp_status_name((enum mhp_status)i));
	metrics_add(metrics, METRIC_LAST_RUN_TIME, total->start_us, total->command);
	metrics_add(metrics, METRIC_LAST_RUN_DURATION, total->elapsed_ms, total->command);
	metrics_add(metrics, METRIC_LAST_RUN_EXIT_CODE, (uint64_t)total->exit_code, total->command);
	metrics_add(metrics, METRIC_LAST_RUN_SUCCESS, total->exit_code == 0, total->command);
}

static int collect_runs(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	struct mhp_run_totals totals;
	int rc = mhp_run_totals_read(ctx, &totals, err);

	if (rc < 0)
		return rc;
	if (!totals.is_known) {
		metrics->nr_unknown++;
		return 0;
	}
	for (size_t i = 0; i < totals.nr_commands; i++)
		add_command(metrics, &totals.commands[i]);
	for (unsigned i = MHP_REASON_NONE + 1; i < NR_REASONS; i++)
		metrics_add(metrics, METRIC_RUN_FAILURES, totals.nr_failures[i],
			    mhp_reason_name((enum mhp_reason)i));
	return 0;
}

int metrics_collect(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	static int (*const collectors[NR_METRIC_COLLECTORS])(struct mhp_ctx *, struct metrics *,
							     struct mhp_error *) = {
		[METRIC_COLLECTOR_MEMORY] = metrics_memory,
		[METRIC_COLLECTOR_CXL_HEALTH] = metrics_cxl_health,
		[METRIC_COLLECTOR_REPORTING] = collect_reporting,
		[METRIC_COLLECTOR_POLICY] = metrics_policy,
		[METRIC_COLLECTOR_DOCTOR] = collect_doctor,
		[METRIC_COLLECTOR_RUNS] = collect_runs,
	};
	uint64_t start = clock_msec();

	metrics_add(metrics, METRIC_BUILD_INFO, 1, mhp_version());
	for (unsigned i = 0; i < NR_METRIC_COLLECTORS; i++) {
		const char *name = metric_collector_name((enum metric_collector)i);
		int rc;

		metrics->nr_unknown = 0;
		rc = collectors[i](ctx, metrics, &metrics->error[i]);
		if (rc == -ENOMEM || rc == -ECANCELED) {
			*err = metrics->error[i];
			return rc;
		}
		metrics_add(metrics, METRIC_COLLECTOR_SUCCESS, rc == 0, name);
		metrics_add(metrics, METRIC_UNKNOWN_VALUES, metrics->nr_unknown, name);
	}
	metrics_add(metrics, METRIC_DURATION, clock_msec() - start);
	return metrics->lacks_memory ? err_errno(err, -ENOMEM, "metrics") : 0;
}
