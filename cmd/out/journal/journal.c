/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/journal/journal.h"
#include "cmd/out/text/text.h"
#include "cmd/progress.h"
#include "cmd/out/record-fields.h"
#include "cmd/wording.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define STATUS_EVERY_MS 1000
#define OWNERS_MAX	8  /* in one record */
#define TARGETS_MAX	32 /* in a record of a plan; also records of targets */

struct out_journal {
	const char *command;
	uint64_t job;
	struct journal_route route;
	struct message_memory warnings;
	size_t failures_logged; /* reported during the run */
	char retrying[64];	/* the object of the last record of a retry */
	uint64_t retry_ms;	/* age of the retry at which the next record is due */
	uint64_t status_ms;	/* time of the last status, or 0 */
};

/* ---- common fields ----------------------------------------------------------------------- */

static void start_record(const struct out_journal *journal, struct record *record,
			 enum record_kind kind, int priority)
{
	record_begin(record, kind, priority);
	record_text(record, "MHPCTL_COMMAND", journal->command);
	if (journal->job)
		record_format(record, "MHPCTL_JOB", "%" PRIu64, journal->job);
}

static void finish_record(const struct out_journal *journal, struct record *record)
{
	journal->route.send(journal->route.data, record);
	record_clear(record);
}

/* ---- events ------------------------------------------------------------------------------ */

static size_t count_steps(const struct mhp_plan *plan, uint64_t *blocks)
{
	const struct mhp_step *step;
	size_t nr = 0;

	for (*blocks = 0; (step = mhp_plan_step(plan, nr)); nr++)
		if (step->type == MHP_STEP_ONLINE_BLOCK || step->type == MHP_STEP_OFFLINE_BLOCK)
			*blocks += step->last_block - step->first_block + 1;
	return nr;
}

static void log_plan(const struct out_journal *journal, const struct mhp_event *event)
{
	struct record record;
	const char *target;
	uint64_t blocks;
	size_t steps = count_steps(event->plan, &blocks);
	char text[128];

	start_record(journal, &record, RECORD_PLAN, steps ? LOG_INFO : LOG_DEBUG);
	record_place(&record, event, NULL);
	for (size_t i = 0; i < TARGETS_MAX && (target = mhp_plan_target(event->plan, i)); i++)
		record_text(&record, "MHPCTL_TARGET", target);
	record_format(&record, "MHPCTL_STEPS", "%zu", steps);
	record_number(&record, "MHPCTL_BLOCKS_TOTAL", blocks);
	str_format(text, "%s: %zu step%s, %" PRIu64 " memory block%s", journal->command, steps,
		   steps == 1 ? "" : "s", blocks, blocks == 1 ? "" : "s");
	record_message(&record, steps ? text : "nothing to do", "");
	finish_record(journal, &record);
}

static void log_step(const struct out_journal *journal, const struct mhp_event *event)
{
	bool is_done = event->type == MHP_EVENT_STEP_DONE;
	struct record record;
	char text[160];

	start_record(journal, &record, is_done ? RECORD_STEP_DONE : RECORD_STEP_STARTED,
		     !is_done		 ? LOG_DEBUG
		     : event->has_failed ? LOG_WARNING
					 : LOG_INFO);
	record_place(&record, event, NULL);
	str_format(text, "%s %s: %s", mhp_step_type_text(event->step->type), event->step->object,
		   !is_done		? "begun"
		   : event->has_failed	? "failed"
		   : event->has_changes ? "done"
					: "already done");
	if (is_done) {
		record_text(&record, "MHPCTL_RESULT", event->has_failed ? "failed" : "ok");
		record_bool(&record, "MHPCTL_CHANGED", event->has_changes);
		record_number(&record, "MHPCTL_ELAPSED_MS", event->elapsed_ms);
	}
	record_message(&record, text, "");
	finish_record(journal, &record);
}

/*
 * Logs a repeated try. The event comes every second; the records come after about 1, 2, 4, 8 ...
 * seconds.
 */
static void log_retrying(struct out_journal *journal, const struct mhp_event *event)
{
	const char *object = event->object ? event->object : "memory";
	struct record record;
	char text[256];

	if (strcmp(journal->retrying, object) != 0)
		journal->retry_ms = 0;
	if (event->elapsed_ms < journal->retry_ms || !progress_text(event, text, sizeof(text)))
		return;
	str_copy(journal->retrying, object);
	journal->retry_ms = 2 * event->elapsed_ms;
	start_record(journal, &record, RECORD_RETRYING, LOG_NOTICE);
	record_place(&record, event, object);
	record_number(&record, "MHPCTL_ELAPSED_MS", event->elapsed_ms);
	record_number(&record, "MHPCTL_PAGES_STUCK", event->pages_stuck);
	if (event->owner)
		record_owner(&record, event->owner);
	record_message(&record, text, "");
	finish_record(journal, &record);
}

/* Logs a failure. event: only gives the section, step and device */
static void log_failure(struct out_journal *journal, const struct mhp_event *event,
			const struct mhp_failure *failure)
{
	const struct mhp_error *err = &failure->error;
	char text[sizeof(err->message) + sizeof(failure->kernel_reason) + 32];
	struct record record;

	journal->failures_logged++;
	start_record(journal, &record, RECORD_FAILURE, LOG_ERR);
	record_place(&record, event, failure->target);
	if (!event->step && failure->has_step)
		record_text(&record, "MHPCTL_STEP", mhp_step_type_name(failure->step));
	record_text(&record, "MHPCTL_TARGET", failure->target);
	record_text(&record, "MHPCTL_RESULT", "failed");
	record_error(&record, err);
	record_text(&record, "MHPCTL_KERNEL_REASON", failure->kernel_reason);
	record_number(&record, "MHPCTL_ELAPSED_MS", failure->elapsed_ms);
	for (size_t i = 0; i < failure->nr_owners && i < OWNERS_MAX; i++)
		record_owner(&record, mhp_failure_owner(failure, i));
	for (size_t i = 0; i < failure->nr_hidden; i++)
		record_text(&record, "MHPCTL_HIDDEN", mhp_failure_hidden(failure, i)->why);
	failure_text(failure, text, sizeof(text));
	record_message(&record, text, err->hint);
	finish_record(journal, &record);
}

static void log_warning(struct out_journal *journal, const struct mhp_event *event,
			const char *text)
{
	struct record record;

	if (!message_is_new(&journal->warnings, text))
		return;
	start_record(journal, &record, RECORD_WARNING, LOG_WARNING);
	record_place(&record, event, NULL);
	record_message(&record, text, "");
	finish_record(journal, &record);
}

/* Logs the losses to which the user has agreed: a plan event comes only with consent. */
static void log_losses(struct out_journal *journal, const struct mhp_event *event)
{
	const struct mhp_loss *loss;
	char what[256], text[300];

	for (size_t i = 0; (loss = mhp_plan_loss(event->plan, i)); i++) {
		wording_loss(loss, what, sizeof(what));
		str_format(text, "its data will be lost: %s", what);
		log_warning(journal, event, text);
	}
}

static void log_waiting(const struct out_journal *journal, const struct mhp_event *event)
{
	struct record record;
	char text[128];

	str_format(text, "waiting for %s", event->object);
	start_record(journal, &record, RECORD_WAITING, LOG_NOTICE);
	record_place(&record, event, NULL);
	record_text(&record, "MHPCTL_HOLDER", event->object);
	record_message(&record, text, "");
	finish_record(journal, &record);
}

/* Logs the end of a hook or of an action of a drain. */
static void log_action(const struct out_journal *journal, const struct mhp_event *event)
{
	const bool is_hook = event->type == MHP_EVENT_HOOK_DONE;
	const bool is_ok = is_hook ? event->hook->status == MHP_HOOK_OK
				   : event->drain->status != MHP_DRAIN_FAILED;
	struct record record;

	start_record(journal, &record, is_hook ? RECORD_HOOK : RECORD_DRAIN,
		     is_ok ? LOG_INFO : LOG_WARNING);
	record_place(&record, event, NULL);
	if (is_hook)
		record_hook(&record, event->hook);
	else
		record_drain(&record, event->drain);
	finish_record(journal, &record);
}

static void log_event(struct out_journal *journal, const struct mhp_event *event)
{
	const char *text;

	switch (event->type) {
	case MHP_EVENT_PLAN:
		log_plan(journal, event);
		log_losses(journal, event);
		for (size_t i = 0; (text = mhp_plan_warning(event->plan, i)); i++)
			log_warning(journal, event, text);
		break;
	case MHP_EVENT_STEP_STARTED:
	case MHP_EVENT_STEP_DONE:
		log_step(journal, event);
		break;
	case MHP_EVENT_RETRYING:
		log_retrying(journal, event);
		break;
	case MHP_EVENT_FAILURE:
		if (event->failure)
			log_failure(journal, event, event->failure);
		break;
	case MHP_EVENT_WARNING:
		if (event->message)
			log_warning(journal, event, event->message);
		break;
	case MHP_EVENT_WAITING:
		if (event->object)
			log_waiting(journal, event);
		break;
	case MHP_EVENT_HOOK_DONE:
	case MHP_EVENT_DRAIN_DONE:
		log_action(journal, event);
		break;
	case MHP_EVENT_DRAIN_STARTED:
	case MHP_EVENT_HOOK_STARTED:
	case MHP_EVENT_PROGRESS:
		break;
	}
}

/* ---- status ------------------------------------------------------------------------------ */

/* Sends the progress to systemd as status, at most once a second. */
static void send_progress(struct out_journal *journal, const struct mhp_event *event)
{
	uint64_t now = clock_msec();
	char text[256], status[512];

	if (journal->status_ms && now - journal->status_ms < STATUS_EVERY_MS)
		return;
	if (event->type == MHP_EVENT_WAITING && event->object)
		str_format(text, "waiting for %s", event->object);
	else if (!progress_text(event, text, sizeof(text)))
		return;
	journal->status_ms = now;
	str_format(status, "%s: %s%s%s", journal->command, event->section ? event->section : "",
		   event->section ? ": " : "", text);
	journal->route.status(journal->route.data, status);
}

/* ---- the result -------------------------------------------------------------------------- */

static void log_target(const struct out_journal *journal, const struct mhp_target_result *target)
{
	cleanup_free char *text = NULL;
	struct record record;
	struct memstream m;

	if (memstream_open(&m) == 0) {
		out_text_target(m.file, target);
		text = memstream_end(&m);
	}
	start_record(journal, &record, RECORD_TARGET,
		     target->status != MHP_STATUS_OK ? LOG_WARNING : LOG_INFO);
	record_section(&record, target->section, NULL, 0);
	record_object(&record, target->target);
	record_text(&record, "MHPCTL_TARGET", target->target);
	record_text(&record, "MHPCTL_NAMESPACE", target->ns_name);
	record_text(&record, "MHPCTL_RESULT", mhp_status_name(target->status));
	record_bool(&record, "MHPCTL_CHANGED", target->has_changes);
	record_number(&record, "MHPCTL_BLOCKS_DONE", target->blocks_done);
	record_number(&record, "MHPCTL_BLOCKS_TOTAL", target->blocks_total);
	record_number(&record, "MHPCTL_ONLINE_BYTES", target->online_bytes);
	if (target->zone != MHP_ZONE_NONE)
		record_text(&record, "MHPCTL_ZONE", mhp_zone_name(target->zone));
	if (target->online_bytes && target->node >= 0)
		record_format(&record, "MHPCTL_NODE", "%d", target->node);
	record_message(&record, text ? text : mhp_status_name(target->status), "");
	finish_record(journal, &record);
}

static void log_section(const struct out_journal *journal, const struct mhp_section_result *section)
{
	bool is_ok = section->status == MHP_STATUS_OK;
	char text[sizeof(section->section) + sizeof(section->file) + 96];
	struct record record;

	str_format(text, "section %s (%s:%u): %s", section->section, section->file, section->line,
		   !is_ok		  ? mhp_status_name(section->status)
		   : !section->nr_targets ? "no device matches it"
		   : section->has_changes ? "done"
					  : "already done");
	start_record(journal, &record, RECORD_SECTION, is_ok ? LOG_INFO : LOG_WARNING);
	record_section(&record, section->section, section->file, section->line);
	record_text(&record, "MHPCTL_RESULT", mhp_status_name(section->status));
	record_bool(&record, "MHPCTL_CHANGED", section->has_changes);
	record_number(&record, "MHPCTL_TARGETS", section->nr_targets);
	record_message(&record, text, "");
	finish_record(journal, &record);
}

/* Formats "done: 14 of 15 blocks, 1.75 GiB online". */
static void format_success(const struct mhp_result *result, char *text, size_t size)
{
	uint64_t done = 0, total = 0, bytes = 0;
	char online[32];
	size_t len;

	for (size_t i = 0; i < result->nr_targets; i++) {
		const struct mhp_target_result *target = mhp_result_target(result, i);

		if (target->blocks_total == MHP_UNKNOWN)
			continue;
		done += target->blocks_done;
		total += target->blocks_total;
		bytes += target->online_bytes;
	}
	len = (size_t)snprintf(text, size, "%s",
			       result->has_changes  ? "done"
			       : result->nr_targets ? "everything is already done"
						    : "there is nothing to do");
	if (total && len < size)
		len += (size_t)snprintf(text + len, size - len,
					": %" PRIu64 " of %" PRIu64 " blocks", done, total);
	if (bytes && len < size)
		snprintf(text + len, size - len, ", %s online",
			 format_size(bytes, online, sizeof(online)));
}

#define MESSAGE_SIZE sizeof(((struct mhp_error *)NULL)->message)

/* Formats the result as one sentence, with the first failure. */
static void format_result(const struct out_journal *journal, const struct mhp_result *result,
			  char *text, size_t size)
{
	char what[MESSAGE_SIZE + 64];
	size_t more = result->nr_failures > 1 ? result->nr_failures - 1 : 0;

	if (result->status == MHP_STATUS_OK && !result->exit_code)
		format_success(result, what, sizeof(what));
	else if (!result->nr_failures)
		str_format(what, "%s", mhp_status_name(result->status));
	else if (more)
		str_format(what, "%s: %s; and %zu more failure%s", mhp_status_name(result->status),
			   mhp_result_failure(result, 0)->error.message, more,
			   more == 1 ? "" : "s");
	else
		str_format(what, "%s: %s", mhp_status_name(result->status),
			   mhp_result_failure(result, 0)->error.message);
	snprintf(text, size, "%s: %s", journal->command, what);
}

static int priority_of(const struct mhp_result *result)
{
	if (result->status == MHP_STATUS_INTERRUPTED)
		return LOG_WARNING;
	if (result->status != MHP_STATUS_OK)
		return LOG_ERR;
	return result->has_changes ? LOG_NOTICE : LOG_INFO;
}

/*
 * Logs the end of a call. text: the message of a success; failures have their own records, so only
 * their count is given.
 */
static void log_end(const struct out_journal *journal, const struct mhp_result *result,
		    const char *text)
{
	struct record record;
	char count[96];

	str_format(count, "%s: %s: %zu failure%s", journal->command,
		   mhp_status_name(result->status), result->nr_failures,
		   result->nr_failures == 1 ? "" : "s");
	start_record(journal, &record, RECORD_RESULT, priority_of(result));
	record_text(&record, "MHPCTL_RESULT", mhp_status_name(result->status));
	record_format(&record, "MHPCTL_EXIT_CODE", "%d", result->exit_code);
	record_bool(&record, "MHPCTL_CHANGED", result->has_changes);
	record_number(&record, "MHPCTL_ELAPSED_MS", result->elapsed_ms);
	record_number(&record, "MHPCTL_TARGETS", result->nr_targets);
	record_number(&record, "MHPCTL_FAILURES", result->nr_failures);
	if (result->nr_failures)
		record_error(&record, &mhp_result_failure(result, 0)->error);
	record_message(&record, result->nr_failures ? count : text, "");
	finish_record(journal, &record);
}

static void log_result(struct out_journal *journal, const struct mhp_result *result,
		       const char *text)
{
	const struct mhp_event nowhere = { 0 };
	size_t nr[2] = { 0 }; /* targets with success, and the others */

	for (size_t i = journal->failures_logged; i < result->nr_failures; i++)
		log_failure(journal, &nowhere, mhp_result_failure(result, i));
	for (size_t i = 0; i < result->nr_targets; i++)
		if (nr[mhp_result_target(result, i)->status != MHP_STATUS_OK]++ < TARGETS_MAX)
			log_target(journal, mhp_result_target(result, i));
	for (size_t i = 0; i < result->nr_sections; i++)
		log_section(journal, mhp_result_section(result, i));
	log_end(journal, result, text);
}

/* ---- the sink ---------------------------------------------------------------------------- */

void out_journal_event(struct out_journal *journal, const struct mhp_event *event)
{
	if (journal->route.send)
		log_event(journal, event);
	if (journal->route.status)
		send_progress(journal, event);
}

void out_journal_result(struct out_journal *journal, const struct mhp_result *result)
{
	char text[MESSAGE_SIZE + 128];

	format_result(journal, result, text, sizeof(text));
	if (journal->route.send)
		log_result(journal, result, text);
	if (journal->route.status)
		journal->route.status(journal->route.data, text);
}

void out_journal_error(struct out_journal *journal, const struct mhp_error *err)
{
	char text[sizeof(err->message) + 64];
	struct record record;

	if (journal->route.send) {
		start_record(journal, &record, RECORD_ERROR, LOG_ERR);
		record_error(&record, err);
		record_text(&record, "MHPCTL_RESULT", "failed");
		record_format(&record, "MHPCTL_EXIT_CODE", "%d", mhp_reason_exit_code(err->reason));
		record_message(&record, err->message, err->hint);
		finish_record(journal, &record);
	}
	str_format(text, "%s: nothing was started: %s", journal->command, err->message);
	if (journal->route.status)
		journal->route.status(journal->route.data, text);
}

struct out_journal *out_journal_new(const char *command, uint64_t job,
				    const struct journal_route *route)
{
	struct out_journal *journal = calloc(1, sizeof(*journal));

	if (!journal) {
		route->free(route->data);
		return NULL;
	}
	journal->command = command;
	journal->job = job;
	journal->route = *route;
	return journal;
}

void out_journal_free(struct out_journal *journal)
{
	if (!journal)
		return;
	journal->route.free(journal->route.data);
	free(journal);
}
