/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/hooks.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/exec/result.h"
#include "lib/plan/failure.h"
#include "lib/sys/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CANCELLED_MS 10000 /* for the hook after a request that was cancelled */

int hooks_init(struct hooks *hooks, struct mhp_ctx *ctx, const struct mhp_run_options *options,
	       struct mhp_error *err)
{
	int rc = 0;

	*hooks = (struct hooks){ .ctx = ctx, .timeout_ms = options->hook_timeout_ms };
	if (!hooks->timeout_ms)
		hooks->timeout_ms = MHP_HOOK_TIMEOUT_MS;
	if (options->hook_before)
		rc = command_parse(options->hook_before, &hooks->before, err);
	if (rc == 0 && options->hook_after)
		rc = command_parse(options->hook_after, &hooks->after, err);
	return rc;
}

void hooks_free(struct hooks *hooks)
{
	hook_facts_free(&hooks->facts);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void name_hook(enum mhp_hook_when when, const struct command *command, char *text,
		      size_t size)
{
	char shown[192];

	snprintf(text, size, "hook %s %s", mhp_hook_when_name(when),
		 text_escape(command->words[0], shown, sizeof(shown)));
}

/* Prefixes the error of a hook that cannot run. Returns rc. */
static int fail_unusable(const struct command *command, int rc, const struct mhp_error *why,
			 struct mhp_error *err)
{
	char shown[256];

	if (why->reason == MHP_REASON_INTERRUPTED)
		return err_set(err, rc, MHP_REASON_INTERRUPTED, "interrupted");
	err_set(err, rc, MHP_REASON_HOOK_FAILED, "hook %s: cannot run: %s",
		text_escape(command->words[0], shown, sizeof(shown)), why->message);
	if (rc == -EPERM)
		return err_hint(err, rc,
				"a hook runs with all rights of mhpctl, so only root may be able "
				"to change it: chown root, chmod go-w");
	return rc;
}

static int check_one(struct hooks *hooks, enum mhp_hook_when when, bool ignore_cancel,
		     struct mhp_error *err)
{
	const struct command *command = when == MHP_HOOK_BEFORE ? &hooks->before : &hooks->after;
	struct mhp_error why = { 0 };
	int rc = 0;

	if (command->nr)
		rc = program_check(hooks->ctx, command->words[0], ignore_cancel, &why);
	return rc < 0 ? fail_unusable(command, rc, &why, err) : 0;
}

int hooks_check(struct hooks *hooks, struct mhp_error *err)
{
	int rc = check_one(hooks, MHP_HOOK_BEFORE, false, err);

	return rc < 0 ? rc : check_one(hooks, MHP_HOOK_AFTER, false, err);
}

/* Returns the last line of an output that is not empty; it is not terminated. */
static const char *last_line(const char *output, int *len)
{
	const char *end = output + strlen(output), *from;

	while (end > output && (end[-1] == '\n' || end[-1] == '\t' || end[-1] == ' '))
		end--;
	for (from = end; from > output && from[-1] != '\n';)
		from--;
	*len = end - from > 200 ? 200 : (int)(end - from);
	return from;
}

/* Says how a hook ended that failed. */
static void describe_end(const struct mhp_hook *hook, int errnum, char *text, size_t size)
{
	switch (hook->status) {
	case MHP_HOOK_FAILED:
		snprintf(text, size, "exit status %d", hook->exit_status);
		return;
	case MHP_HOOK_KILLED:
		snprintf(text, size, "signal %d (%s) ended it", hook->signal,
			 strsignal(hook->signal));
		return;
	case MHP_HOOK_DEADLINE:
		snprintf(text, size, "it has not ended within %g s, and was killed",
			 (double)hook->timeout_ms / 1000);
		return;
	case MHP_HOOK_NOT_STARTED:
		snprintf(text, size, "the kernel cannot start it: %s", strerror(errnum));
		return;
	default:
		snprintf(text, size, "its end is not known, and it may still run");
		return;
	}
}

static int fail_ended(const struct mhp_hook *hook, int errnum, const struct command *command,
		      struct mhp_error *err)
{
	const bool is_before = hook->when == MHP_HOOK_BEFORE;
	char name[256], how[128];
	const char *line;
	int len;

	name_hook(hook->when, command, name, sizeof(name));
	if (hook->status == MHP_HOOK_INTERRUPTED) {
		err_set(err, -EINTR, MHP_REASON_INTERRUPTED, "%s: interrupted", name);
		return is_before ? err_hint(err, -EINTR, "nothing was changed")
				 : err_hint(err, -EINTR, "the changes stay");
	}
	describe_end(hook, errnum, how, sizeof(how));
	line = last_line(hook->output, &len);
	err_set(err, -ECANCELED, MHP_REASON_HOOK_FAILED, "%s: %s%s%.*s", name, how, len ? ": " : "",
		len, line);
	if (hook->status == MHP_HOOK_DEADLINE)
		return err_hint(err, -ECANCELED, "%s; allow more time with %s",
				is_before ? "nothing was changed" : "the changes stay",
				"--hook-timeout or hook.timeout");
	return err_hint(err, -ECANCELED, "%s",
			is_before ? "nothing was changed: the hook stopped it"
				  : "the changes stay; only the hook after them failed");
}

/* ---- runs -------------------------------------------------------------------------------- */

static enum mhp_hook_status status_of(const struct program_end *end)
{
	if (end->how == PROGRAM_LOST)
		return MHP_HOOK_UNKNOWN;
	if (end->is_late)
		return MHP_HOOK_DEADLINE;
	if (end->is_cancelled)
		return MHP_HOOK_INTERRUPTED;
	if (end->how == PROGRAM_NOT_STARTED)
		return MHP_HOOK_NOT_STARTED;
	if (end->how == PROGRAM_SIGNALLED)
		return MHP_HOOK_KILLED;
	return end->value ? MHP_HOOK_FAILED : MHP_HOOK_OK;
}

static void fill_hook(struct mhp_hook *hook, const struct program_end *end)
{
	hook->status = status_of(end);
	if (end->how == PROGRAM_EXITED)
		hook->exit_status = end->value;
	if (end->how == PROGRAM_SIGNALLED)
		hook->signal = end->value;
	hook->elapsed_ms = end->elapsed_ms;
	hook->output_bytes = end->output_bytes;
}

/* Runs one hook, and emits its events. Returns 0, or a negative errno with *err set. */
static int run_one(struct hooks *hooks, const struct emitter *emitter, enum mhp_hook_when when,
		   const struct hook_outcome *outcome, struct mhp_error *err)
{
	const struct command *command = when == MHP_HOOK_BEFORE ? &hooks->before : &hooks->after;
	const bool is_late = when == MHP_HOOK_AFTER && ctx_cancelled(hooks->ctx);
	cleanup_hook_message struct hook_message message = { 0 };
	char line[COMMAND_TEXT_MAX] = "", text[4 * PROGRAM_OUTPUT_MAX + 1];
	struct mhp_hook hook = { .when = when, .command = line, .exit_status = -1, .output = "" };
	struct program_end end;
	struct program program = {
		.argv = command->words,
		.timeout_ms = hooks->timeout_ms,
		.ignore_cancel = is_late,
	};
	int rc = check_one(hooks, when, is_late, err);

	if (rc == 0 && hook_message_new(&message, &hooks->facts, outcome) < 0)
		rc = err_errno(err, -ENOMEM, "hook");
	if (rc < 0)
		return rc;
	if (is_late && program.timeout_ms > CANCELLED_MS)
		program.timeout_ms = CANCELLED_MS;
	for (size_t i = 0; i < command->nr; i++)
		str_append(line, "%s%s", i ? " " : "", command->words[i]);
	hook.timeout_ms = program.timeout_ms;
	program.env = (const char *const *)message.env;
	program.input = message.json;
	emit_hook(emitter, &hook, false);
	rc = program_run(hooks->ctx, &program, &end, err);
	if (rc < 0)
		return rc;
	fill_hook(&hook, &end);
	hook.output = hook_output_text(end.output, end.nr_kept, text, sizeof(text));
	emit_hook(emitter, &hook, true);
	return hook.status == MHP_HOOK_OK ? 0 : fail_ended(&hook, end.value, command, err);
}

int hooks_begin(struct hooks *hooks, const struct emitter *emitter, const struct mhp_topology *topo,
		const struct mhp_plan *plan, struct mhp_error *err)
{
	int rc;

	if (hooks->has_begun || (!hooks->before.nr && !hooks->after.nr))
		return 0;
	/* before anything is changed: a hook that cannot run is no reason to stop half way */
	rc = hooks_check(hooks, err);
	if (rc == 0) {
		hooks->facts.verb = plan->verb;
		rc = hook_facts_take(&hooks->facts, topo, plan);
		if (rc < 0)
			err_errno(err, rc, "hook");
	}
	if (rc < 0)
		return rc;
	hooks->has_begun = true;
	if (!hooks->before.nr)
		return 0;
	rc = run_one(hooks, emitter, MHP_HOOK_BEFORE, NULL, err);
	return rc < 0 ? rc : 1;
}

static void add_failure(struct mhp_result *result, const struct emitter *emitter,
			const struct mhp_error *err)
{
	struct mhp_failure failure;

	failure_init(&failure, "", err);
	emit_failure(emitter, &failure);
	result_fail(result, &failure);
	if (result->status == MHP_STATUS_OK)
		result_end(result, status_of_reason(err->reason), err->reason);
}

bool hooks_end(struct hooks *hooks, const struct emitter *emitter, struct mhp_result *result,
	       const struct mhp_error *error)
{
	const struct hook_outcome outcome = { result, error, hooks->has_changes };
	struct mhp_error err = { 0 };

	if (!hooks->has_begun || hooks->has_ended || !hooks->after.nr)
		return true;
	hooks->has_ended = true;
	if (run_one(hooks, emitter, MHP_HOOK_AFTER, &outcome, &err) == 0)
		return true;
	if (result)
		add_failure(result, emitter, &err);
	else
		emit_warning(emitter, "%s", err.message);
	return false;
}

MHP_EXPORT int mhp_hook_check(struct mhp_ctx *ctx, const char *command, struct mhp_error *err)
{
	struct mhp_error why = { 0 };
	struct command words;
	int rc = command_parse(command, &words, err);

	if (rc < 0 || ctx->is_copy)
		return rc;
	rc = program_check(ctx, words.words[0], false, &why);
	return rc < 0 ? fail_unusable(&words, rc, &why, err) : 0;
}
