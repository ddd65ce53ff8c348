/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/wording.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"

#include <stdio.h>
#include <string.h>

bool message_is_new(struct message_memory *memory, const char *text)
{
	uint64_t hash = hash_text(HASH_INIT, text);

	for (size_t i = 0; i < memory->nr; i++)
		if (memory->seen[i] == hash)
			return false;
	if (memory->nr < ARRAY_SIZE(memory->seen))
		memory->seen[memory->nr++] = hash;
	return true;
}

void failure_text(const struct mhp_failure *failure, char *buf, size_t size)
{
	const char *words = failure->kernel_reason;
	const char *message = failure->error.message;

	if (*words && !strstr(message, words))
		snprintf(buf, size, "%s (the kernel says: %s)", message, words);
	else
		snprintf(buf, size, "%s", message);
}

void wording_hook(const struct mhp_hook *hook, char *text, size_t size)
{
	char how[64];

	str_format(how, "%s", "its end is not known");
	if (hook->status == MHP_HOOK_OK)
		str_format(how, "done");
	else if (hook->status == MHP_HOOK_FAILED)
		str_format(how, "exit status %d", hook->exit_status);
	else if (hook->status == MHP_HOOK_KILLED)
		str_format(how, "ended by signal %d", hook->signal);
	else if (hook->status == MHP_HOOK_DEADLINE)
		str_format(how, "killed at its deadline");
	else if (hook->status == MHP_HOOK_INTERRUPTED)
		str_format(how, "interrupted");
	else if (hook->status == MHP_HOOK_NOT_STARTED)
		str_format(how, "not started");
	snprintf(text, size, "hook %s %s: %s after %.1f s", mhp_hook_when_name(hook->when),
		 hook->command, how, (double)hook->elapsed_ms / 1000);
}

/* Returns the outcome of an action that has no size, or that did not start. */
static const char *drain_outcome(const struct mhp_drain_action *action)
{
	switch (action->status) {
	case MHP_DRAIN_PLANNED:
		return action->asked_bytes == MHP_UNKNOWN ? "planned" : "at most";
	case MHP_DRAIN_DONE:
	case MHP_DRAIN_PARTIAL:
		return "done";
	case MHP_DRAIN_FAILED:
		return "failed";
	case MHP_DRAIN_NOT_NEEDED:
		return "not needed";
	case MHP_DRAIN_PASSED_OVER:
		return "passed over";
	case MHP_DRAIN_NOT_TRIED:
		return "not tried";
	}
	return "its end is not known";
}

void wording_drain(const struct mhp_drain_action *action, char *text, size_t size)
{
	static const char *const verbs[NR_DRAIN_KINDS] = { "hold", "drop", "reclaim from",
							   "compact" };
	const char *verb = (unsigned)action->kind < NR_DRAIN_KINDS ? verbs[action->kind] : "drain";
	char asked[24], done[24], sizes[64] = "", took[32] = "";

	format_size(action->asked_bytes, asked, sizeof(asked));
	format_size(action->done_bytes, done, sizeof(done));
	if (action->done_bytes != MHP_UNKNOWN && action->asked_bytes != MHP_UNKNOWN)
		str_format(sizes, ", %s of %s", done, asked);
	else if (action->status == MHP_DRAIN_PLANNED && action->asked_bytes != MHP_UNKNOWN)
		str_format(sizes, " %s", asked);
	if (action->elapsed_ms != MHP_UNKNOWN)
		str_format(took, " after %.1f s", (double)action->elapsed_ms / 1000);
	snprintf(text, size, "%s %s: %s%s%s%s%s", verb, action->target, drain_outcome(action),
		 sizes, took, *action->why ? ": " : "", action->why);
}

void wording_loss(const struct mhp_loss *loss, char *text, size_t size)
{
	char bytes[24];

	snprintf(text, size, "%s (%s, %s: %s)", loss->object, loss->mode,
		 format_size(loss->size, bytes, sizeof(bytes)), loss->content_text);
}
