/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Background jobs as text. */
#include "cmd/job.h"
#include "cmd/out/text/text.h"
#include "cmd/out/text/table.h"
#include "lib/base/parse.h"
#include "lib/tool.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define COMMAND_MAX 160

enum column {
	COLUMN_JOB = 0,
	COLUMN_STATE,
	COLUMN_DONE,
	COLUMN_ETA,
	COLUMN_EXIT,
	COLUMN_PID,
	COLUMN_UNIT,
	COLUMN_STARTED,
	COLUMN_COMMAND,
};

static const struct table_column columns[] = {
	[COLUMN_JOB] = TABLE_RIGHT("Job"),	  [COLUMN_STATE] = TABLE_LEFT("State"),
	[COLUMN_DONE] = TABLE_LEFT("Done"),	  [COLUMN_ETA] = TABLE_RIGHT("ETA"),
	[COLUMN_EXIT] = TABLE_RIGHT("Exit"),	  [COLUMN_PID] = TABLE_RIGHT("PID"),
	[COLUMN_UNIT] = TABLE_LEFT("Unit"),	  [COLUMN_STARTED] = TABLE_LEFT("Started"),
	[COLUMN_COMMAND] = TABLE_LEFT("Command"),
};

static void escaped_command(const struct mhp_job *job, char *buf, size_t size)
{
	char command[COMMAND_MAX];

	job_command(job, command, sizeof(command));
	text_escape(command, buf, size);
}

static void format_reached(const struct job_view *view, char *buf, size_t size)
{
	const struct mhp_event *progress = &view->seen.progress;
	char done[OUT_TEXT_SIZE_MAX], total[OUT_TEXT_SIZE_MAX];

	snprintf(buf, size, "%s of %s", format_size(progress->done_bytes, done, sizeof(done)),
		 format_size(progress->total_bytes, total, sizeof(total)));
}

static void set_started(struct table *table, uint64_t usec)
{
	time_t sec = (time_t)(usec / 1000000);
	struct tm tm = { 0 };
	char text[48];

	localtime_r(&sec, &tm);
	if (usec && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		table_set(table, COLUMN_STARTED, "%s", text);
}

static enum table_style style_of(enum job_state state)
{
	if (state == JOB_RUNNING || state == JOB_DONE)
		return state == JOB_DONE ? TABLE_DIM : TABLE_GOOD;
	return TABLE_ODD;
}

static void add_job(struct table *table, const struct job_view *view)
{
	const struct mhp_event *progress = &view->seen.progress;
	char text[4 * COMMAND_MAX];

	table_add_row(table);
	table_set(table, COLUMN_JOB, "%" PRIu64, view->job->id);
	table_set(table, COLUMN_STATE, "%s", job_state_name(view->state));
	table_set_style(table, COLUMN_STATE, style_of(view->state));
	if (progress->total_bytes) {
		format_reached(view, text, sizeof(text));
		table_set(table, COLUMN_DONE, "%s", text);
	}
	if (view->state == JOB_RUNNING && progress->total_bytes && progress->eta_ms != MHP_UNKNOWN)
		table_set(table, COLUMN_ETA, "%" PRIu64 " s", (progress->eta_ms + 999) / 1000);
	if (view->state != JOB_RUNNING)
		table_set(table, COLUMN_EXIT, "%d", job_exit_code(view));
	if (view->pid)
		table_set(table, COLUMN_PID, "%d", view->pid);
	if (*view->job->unit)
		table_set(table, COLUMN_UNIT, "%s",
			  text_escape(view->job->unit, text, sizeof(text)));
	set_started(table, view->job->start_us);
	escaped_command(view->job, text, sizeof(text));
	table_set(table, COLUMN_COMMAND, "%s", text);
}

static int print_list(FILE *f, const struct out_jobs *jobs, bool color)
{
	cleanup_table struct table table = { .columns = columns,
					     .nr_columns = sizeof(columns) / sizeof(*columns) };

	if (!jobs->nr) {
		fputs("there are no background jobs\n", f);
		return 0;
	}
	for (size_t i = 0; i < jobs->nr; i++)
		add_job(&table, &jobs->views[i]);
	return table_print(&table, f, color);
}

static void print_targets(FILE *f, const struct job_seen *seen)
{
	for (size_t i = 0; i < seen->nr_targets; i++) {
		out_text_target(f, &seen->targets[i]);
		fputc('\n', f);
	}
}

/* Prints "job 3: cancelled after 1 GiB of 8 GiB: online region0", then the targets. */
static void print_followed(FILE *f, const struct job_view *view)
{
	bool runs = view->state == JOB_RUNNING, has_progress = view->seen.progress.total_bytes;
	char text[4 * COMMAND_MAX];

	fprintf(f, "job %" PRIu64 ": %s", view->job->id,
		runs ? "still running" : job_state_name(view->state));
	if (has_progress && view->state != JOB_DONE) {
		format_reached(view, text, sizeof(text));
		fprintf(f, " after %s", text);
	}
	escaped_command(view->job, text, sizeof(text));
	fprintf(f, ": %s\n", text);
	if (!runs)
		print_targets(f, &view->seen);
}

static void print_started(FILE *f, const struct job_view *view, const struct out_call *call)
{
	if (view->state != JOB_RUNNING) {
		print_targets(f, &view->seen);
		return;
	}
	fprintf(f, "job %" PRIu64 ": %s", view->job->id, call->command);
	for (size_t i = 0; i < call->nr_targets; i++)
		out_text_escaped(f, " ", call->targets[i], "");
	fprintf(f, " continues in the background: mhpctl wait %" PRIu64 "\n", view->job->id);
}

int out_text_jobs(FILE *f, const struct out_jobs *jobs, const struct out_call *call)
{
	if (jobs->kind == OUT_JOBS_LIST)
		return print_list(f, jobs, call->color);
	if (jobs->kind == OUT_JOBS_FOLLOWED && !jobs->nr)
		fputs("no background job is running\n", f);
	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs->kind == OUT_JOBS_STARTED)
			print_started(f, &jobs->views[i], call);
		else
			print_followed(f, &jobs->views[i]);
	}
	return 0;
}
