/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/message-event.h"
#include "cmd/job.h"
#include "cmd/message.h"

#include <stdio.h>

static void say_warnings(const struct mhp_plan *plan, struct message_memory *memory, bool color)
{
	const char *text;

	for (size_t i = 0; (text = mhp_plan_warning(plan, i)); i++)
		message_warning(text, memory, color);
}

/* Progress events do not end a run of failures: neighbouring blocks still share one message. */
static bool ends_run(const struct mhp_event *event)
{
	return event->type != MHP_EVENT_FAILURE && event->type != MHP_EVENT_PROGRESS;
}

void message_event(const struct mhp_event *event, struct message_memory *memory, bool color)
{
	if (ends_run(event))
		message_run_end(&memory->run, color);
	if (event->type == MHP_EVENT_PLAN)
		say_warnings(event->plan, memory, color);
	if (event->type == MHP_EVENT_FAILURE && event->failure)
		message_run_add(&memory->run, event->failure, color);
	if (event->type == MHP_EVENT_WARNING && event->message)
		message_warning(event->message, memory, color);
	if (event->type == MHP_EVENT_WAITING && event->object) {
		fputs("mhpctl: waiting for ", stderr);
		message_text(event->object);
		fputc('\n', stderr);
	}
}

void message_jobs(const struct out_jobs *jobs, bool color)
{
	for (size_t i = 0; jobs->kind != OUT_JOBS_LIST && i < jobs->nr; i++) {
		const struct job_view *view = &jobs->views[i];
		const struct job_seen *seen = &view->seen;
		struct message_run run = { .is_open = false };
		struct mhp_error lost = { 0 };

		for (size_t k = 0; view->state != JOB_RUNNING && k < seen->nr_failures; k++)
			message_run_add(&run, &seen->failures[k], color);
		message_run_end(&run, color);
		if (view->state != JOB_DIED)
			continue;
		job_died(view, &lost);
		message_error(&lost, color);
	}
	if (jobs->err)
		message_error(jobs->err, color);
}

void message_plan(const struct mhp_policy_plan *plan, struct message_memory *memory, bool color)
{
	const struct mhp_policy_job *job;
	const struct mhp_failure *failure;
	const char *text;

	for (size_t i = 0; (text = mhp_policy_plan_warning(plan, i)); i++)
		message_warning(text, memory, color);
	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++) {
		if (!job->plan) {
			message_error(&job->error, color);
			continue;
		}
		for (size_t k = 0; (failure = mhp_plan_failure(job->plan, k)); k++)
			message_run_add(&memory->run, failure, color);
		message_run_end(&memory->run, color);
	}
}
