/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/counting.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/exec/result.h"
#include "lib/exec/run-totals.h"
#include "lib/sys/ctx.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <string.h>

#define LOCK_MS 500

/* The end of a run. */
struct ending {
	enum mhp_status status;
	int exit_code;
	bool has_changes;
	const struct mhp_result *result; /* or NULL: */
	enum mhp_reason reason;
};

void counting_begin(struct counting *counting, struct mhp_ctx *ctx, size_t command)
{
	*counting = (struct counting){
		.ctx = ctx,
		.command = command,
		.start_ms = clock_msec(),
		.start_us = clock_real_usec(),
	};
}

static void add_failures(struct mhp_run_totals *totals, const struct ending *ending)
{
	const struct mhp_failure *failure;

	if (ending->reason != MHP_REASON_NONE)
		totals->nr_failures[ending->reason]++;
	for (size_t i = 0; ending->result && (failure = mhp_result_failure(ending->result, i)); i++)
		totals->nr_failures[failure->error.reason]++;
}

static int add_run(const struct counting *counting, const struct ending *ending)
{
	const struct mhp_ctx *ctx = counting->ctx;
	cleanup_lock int lock_fd = lock_whole(ctx, LOCK_POLICY, LOCK_MS);
	struct mhp_run_totals totals;
	struct mhp_command_total *total = &totals.commands[counting->command];
	int rc;

	if (lock_fd < 0)
		return lock_fd;
	rc = run_totals_read(&ctx->sys, &totals);
	if (rc == -EBADMSG) /* begin again: the sums become smaller, as after a boot */
		run_totals_init(&totals);
	else if (rc < 0)
		return rc;
	total->nr_runs[ending->status]++;
	total->start_us = counting->start_us;
	total->elapsed_ms = clock_msec() - counting->start_ms;
	total->status = ending->status;
	total->exit_code = ending->exit_code;
	add_failures(&totals, ending);
	return run_totals_write(&ctx->sys, &totals);
}

/* Counts it. A run that has changed nothing does not create the directory. */
static void count_run(const struct counting *counting, const struct ending *ending)
{
	const struct mhp_ctx *ctx = counting->ctx;
	int rc;

	if (ctx->is_copy || counting->command >= NR_TOTALS)
		return;
	if (!ending->has_changes && root_exists(&ctx->sys, STATE_RUN) == 0)
		return;
	rc = add_run(counting, ending);
	if (rc < 0)
		log_line(&ctx->log, "the run is not counted in /" STATE_TOTAL_RUNS ": %s",
			 strerror(-rc));
}

static struct ending failed(const struct mhp_error *err)
{
	return (struct ending){
		.status = status_of_reason(err->reason),
		.exit_code = mhp_reason_exit_code(err->reason),
		.reason = err->reason,
	};
}

void counting_end(const struct counting *counting, const struct mhp_result *result,
		  const struct mhp_error *err)
{
	struct ending ending = result ? (struct ending){ .status = result->status,
							 .exit_code = result->exit_code,
							 .has_changes = result->has_changes,
							 .result = result }
				      : failed(err);

	count_run(counting, &ending);
}

void counting_end_recovery(const struct counting *counting,
			   const struct mhp_recovery_report *report, const struct mhp_error *err)
{
	struct ending ending = failed(err);

	if (report)
		ending = (struct ending){
			.status = report->status,
			.exit_code = report->exit_code,
			.has_changes = report->has_changes,
		};
	count_run(counting, &ending);
}
