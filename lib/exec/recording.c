/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/recording.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <string.h>

#define LOCK_MS 500

/* Replaces the file atomically: a reader sees the old or the new one. */
static int write_records(const struct mhp_ctx *ctx, enum run_kind kind,
			 const struct run_records *records)
{
	char text[RUN_RECORDS_TEXT];

	run_records_format(records, text, sizeof(text));
	return statedir_write(&ctx->sys, run_records_path(kind), false, text, 0644);
}

static int put_record(struct recording *recording)
{
	cleanup_lock int lock_fd = lock_whole(recording->ctx, LOCK_POLICY, LOCK_MS);
	struct mhp_run_record *run = &recording->record.pub;
	const struct mhp_run_record *last;
	struct run_records records;
	int rc;

	if (lock_fd < 0)
		return lock_fd;
	rc = run_records_read(&recording->ctx->sys, recording->kind, &records);
	if (rc < 0)
		return rc;
	last = run_records_last(&records);
	if (!run->run)
		run->run = last ? last->run + 1 : 1;
	run_records_put(&records, &recording->record);
	return write_records(recording->ctx, recording->kind, &records);
}

static void save_record(struct recording *recording)
{
	int rc = put_record(recording);

	if (rc < 0)
		log_line(&recording->ctx->log, "the run is not recorded in /%s: %s",
			 run_records_path(recording->kind), strerror(-rc));
}

void recording_begin(struct recording *recording, struct mhp_ctx *ctx, enum run_kind kind)
{
	const int pid = procs_own_pid();

	*recording = (struct recording){
		.ctx = ctx,
		.kind = kind,
		.start_ms = clock_msec(),
		.record = { .pub = { .pid = pid, .start_us = clock_real_usec(), .exit_code = -1 },
			    .born = procs_born(&ctx->sys, pid) },
	};
	if (!ctx->is_copy && root_exists(&ctx->sys, STATE_RUN) != 0)
		save_record(recording);
}

void recording_begin_work(struct recording *recording)
{
	if (!recording->record.pub.run && !recording->ctx->is_copy)
		save_record(recording);
}

static enum mhp_run_state run_state_of(enum mhp_status status)
{
	if (status == MHP_STATUS_OK)
		return MHP_RUN_CONVERGED;
	return status == MHP_STATUS_PARTIAL ? MHP_RUN_PARTIAL : MHP_RUN_FAILED;
}

static void set_error(struct mhp_run_record *run, const struct mhp_error *err)
{
	run->reason = err->reason;
	text_escape(err->message, run->message, sizeof(run->message));
}

static void set_result(struct mhp_run_record *run, const struct mhp_result *result)
{
	run->state = run_state_of(result->status);
	run->exit_code = result->exit_code;
	run->has_changes = result->has_changes;
	if (result->status == MHP_STATUS_INTERRUPTED) {
		run->reason = MHP_REASON_INTERRUPTED;
		str_copy(run->message, "interrupted");
	} else if (result->nr_failures) {
		set_error(run, &mhp_result_failure(result, 0)->error);
	}
}

static void set_failed(struct mhp_run_record *run, const struct mhp_error *err)
{
	run->state = MHP_RUN_FAILED;
	run->exit_code = mhp_reason_exit_code(err->reason);
	set_error(run, err);
}

void recording_end(struct recording *recording, const struct mhp_result *result,
		   const struct mhp_error *err)
{
	struct mhp_run_record *run = &recording->record.pub;

	if (!run->run)
		return;
	run->elapsed_ms = clock_msec() - recording->start_ms;
	if (result)
		set_result(run, result);
	else
		set_failed(run, err);
	save_record(recording);
}

/* Returns the first error of a report that is not over, or NULL. */
static const struct mhp_error *error_of(const struct mhp_recovery_report *report)
{
	const struct mhp_interrupted *run;
	const struct mhp_leftover *left;

	for (size_t i = 0; (run = mhp_recovery_run(report, i)); i++) {
		if (run->error.reason)
			return &run->error;
		for (size_t k = 0; (left = mhp_interrupted_leftover(run, k)); k++)
			if (left->error.reason && !run->is_forgotten)
				return &left->error;
	}
	return NULL;
}

void recording_end_recovery(struct recording *recording, const struct mhp_recovery_report *report,
			    const struct mhp_error *err)
{
	struct mhp_run_record *run = &recording->record.pub;
	const struct mhp_error *why = report ? error_of(report) : NULL;

	if (!run->run)
		return;
	run->elapsed_ms = clock_msec() - recording->start_ms;
	if (!report) {
		set_failed(run, err);
	} else {
		run->state = run_state_of(report->status);
		run->exit_code = report->exit_code;
		run->has_changes = report->has_changes;
		if (why && report->exit_code)
			set_error(run, why);
	}
	save_record(recording);
}
