/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/trial.h"
#include "lib/base/error.h"
#include "tests/unit/fake/remains.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void add(char *text, size_t size, const char *line)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s\n", line);
}

/* Formats "start set_mode dax0.0", "done set_mode dax0.0 changed" or "failure memory40 unmovable".
 */
static void format_event(const struct mhp_event *e, char *line, size_t size)
{
	switch (e->type) {
	case MHP_EVENT_STEP_STARTED:
		snprintf(line, size, "start %s %s", mhp_step_type_name(e->step->type),
			 e->step->object);
		break;
	case MHP_EVENT_STEP_DONE:
		snprintf(line, size, "done %s %s%s%s", mhp_step_type_name(e->step->type),
			 e->step->object, e->has_changes ? " changed" : "",
			 e->has_failed ? " failed" : "");
		break;
	case MHP_EVENT_FAILURE:
		snprintf(line, size, "failure %s %s", e->failure->target,
			 mhp_reason_name(e->failure->error.reason));
		break;
	case MHP_EVENT_HOOK_STARTED:
	case MHP_EVENT_HOOK_DONE:
		snprintf(line, size, "%s %s %s", mhp_event_type_name(e->type),
			 mhp_hook_when_name(e->hook->when), mhp_hook_status_name(e->hook->status));
		break;
	case MHP_EVENT_DRAIN_STARTED:
	case MHP_EVENT_DRAIN_DONE:
		snprintf(line, size, "%s %s %s %s", mhp_event_type_name(e->type),
			 mhp_drain_kind_name(e->drain->kind), e->drain->target,
			 mhp_drain_status_name(e->drain->status));
		break;
	default:
		snprintf(line, size, "%s", mhp_event_type_name(e->type));
	}
}

static void note_memmap(struct trial *t, const struct mhp_event *e)
{
	uint64_t done = 0, total = 0;
	bool estimated = false;

	for (size_t i = 0; i < e->nr_parts; i++) {
		const struct mhp_event_part *part = mhp_event_part(e, i);

		assert_true(part->done_bytes <= part->total_bytes);
		assert_true(*part->object != '\0');
		assert_false(part->is_estimated && !part->is_active);
		done += part->done_bytes;
		total += part->total_bytes;
		estimated = estimated || part->is_estimated;
	}
	assert_true(e->done_bytes == done && e->total_bytes == total);
	assert_int_equal(e->is_estimated, estimated);
	t->memmap.events++;
	t->memmap.estimated = t->memmap.estimated || estimated;
	t->memmap.parts = e->nr_parts;
	t->memmap.done_bytes = done;
	t->memmap.total_bytes = total;
	t->memmap.eta_ms = e->eta_ms;
}

static void note(struct trial *t, const struct mhp_event *e, const char *line)
{
	switch (e->type) {
	case MHP_EVENT_PROGRESS: /* their number depends on the time */
		assert_true(e->done <= e->total);
		assert_true(e->total > 0);
		if (e->is_in_pages)
			note_memmap(t, e);
		return;
	case MHP_EVENT_RETRYING:
		t->retrying++;
		snprintf(t->retried, sizeof(t->retried), "%s", e->object);
		if (t->at_retrying)
			t->at_retrying(t);
		return;
	case MHP_EVENT_WARNING:
		add(t->warnings, sizeof(t->warnings), e->message);
		break;
	case MHP_EVENT_WAITING:
		t->waiting++;
		if (t->kill_at_waiting)
			kill(t->kill_at_waiting, SIGKILL);
		assert_non_null(e->object);
		break;
	case MHP_EVENT_FAILURE:
		if (!*t->first_target) {
			t->first = e->failure->error;
			str_copy(t->first_target, e->failure->target);
		}
		break;
	default:
		break;
	}
	add(t->events, sizeof(t->events), line);
}

static void on_event(const struct mhp_event *e, void *data)
{
	struct trial *t = data;
	char line[160];

	assert_true(e->time_us > 0);
	format_event(e, line, sizeof(line));
	note(t, e, line);
	if (++t->nr_events == t->act_at && t->act)
		t->act(t);
	if (t->cancel_at && strncmp(line, t->cancel_at, strlen(t->cancel_at)) == 0)
		mhp_ctx_cancel(t->fs->ctx);
}

static bool on_consent(const struct mhp_plan *plan, void *data)
{
	struct trial *t = data;

	assert_non_null(mhp_plan_consent(plan, 0));
	t->asked++;
	return t->agrees;
}

void trial_begin(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *targets)
{
	char *save = NULL;
	size_t nr = 0;

	*t = (struct trial){
		.fs = fs,
		.request = MHP_REQUEST_INIT(.verb = verb),
		.options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000, .event = on_event,
						.consent = on_consent),
	};
	str_copy(t->names, targets);
	for (char *name = strtok_r(t->names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		assert_true(nr < TRIAL_TARGETS);
		t->targets[nr++] = name;
	}
	t->request.nr_targets = nr;
}

/* A process that is stuck in the kernel cannot be reaped. */
static bool has_stuck(const struct trial *t)
{
	for (size_t i = 0; t->result && i < t->result->nr_failures; i++) {
		const struct mhp_error *err = &mhp_result_failure(t->result, i)->error;

		if (err->reason == MHP_REASON_STUCK ||
		    strstr(err->message, "the kernel still works on it"))
			return true;
	}
	return strstr(t->warnings, "stuck") != NULL;
}

/* Fails if the run has left descriptors, children or temporary files. */
static void check_remains(struct trial *t, const struct remains *before)
{
	struct remains after;
	char text[1024];

	remains_read(&after, t->fs->tree.fd);
	if (has_stuck(t))
		after.children = before->children;
	remains_compare(before, &after, text, sizeof(text));
	if (*text)
		fail_msg("the run leaves %s", text);
}

void trial_go(struct trial *t)
{
	t->request.targets = t->targets;
	t->options.data = t;
	t->rc = mhp_run(t->fs->ctx, &t->request, &t->options, &t->result, &t->err);
}

void trial_run(struct trial *t)
{
	struct remains before;

	remains_read(&before, t->fs->tree.fd);
	trial_go(t);
	check_remains(t, &before);
}

void trial_online(struct trial *t, struct fakesys *fs, const char *targets)
{
	trial_begin(t, fs, MHP_VERB_ONLINE, targets);
	trial_run(t);
}

void trial_offline(struct trial *t, struct fakesys *fs, const char *targets)
{
	trial_begin(t, fs, MHP_VERB_OFFLINE, targets);
	trial_run(t);
}

void trial_end(struct trial *t)
{
	mhp_result_free(t->result);
	t->result = NULL;
}

void trial_check(const struct trial *t, enum mhp_status status, int exit_code)
{
	if (t->rc != 0)
		fail_msg("refused: %s", t->err.message);
	assert_non_null(t->result);
	if (t->result->status != status || t->result->exit_code != exit_code)
		fail_msg("%s, exit code %d, not %s, %d; %zu failures: %s",
			 mhp_status_name(t->result->status), t->result->exit_code,
			 mhp_status_name(status), exit_code, t->result->nr_failures,
			 t->result->nr_failures ? mhp_result_failure(t->result, 0)->error.message
						: "");
	for (size_t i = 0; status == MHP_STATUS_OK && i < t->result->nr_targets; i++) {
		const struct mhp_target_result *target = mhp_result_target(t->result, i);

		if (target->status != MHP_STATUS_OK)
			fail_msg("%s: %s in a run that is ok", target->target,
				 mhp_status_name(target->status));
	}
}

void trial_check_refused(const struct trial *t, int rc, enum mhp_reason reason)
{
	if (t->rc != rc || t->err.reason != reason)
		fail_msg("%d, %s: %s", t->rc, mhp_reason_name(t->err.reason), t->err.message);
	assert_null(t->result);
}

void trial_check_target(const struct trial *t, enum mhp_status status, bool changed, uint64_t done,
			uint64_t total)
{
	const struct mhp_target_result *target;

	assert_non_null(t->result);
	assert_true(t->result->nr_targets > 0);
	target = mhp_result_target(t->result, 0);
	assert_string_equal(target->target, t->targets[0]);
	if (target->status != status || target->has_changes != changed ||
	    target->blocks_done != done || target->blocks_total != total)
		fail_msg("%s %s: %s, %s, %d of %d blocks", target->target,
			 mhp_status_name(target->status), mhp_status_name(status),
			 target->has_changes ? "changed" : "unchanged", (int)target->blocks_done,
			 (int)target->blocks_total);
}
