/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/wording.h"
#include "lib/base/parse.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

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

void wording_loss(const struct mhp_loss *loss, char *text, size_t size)
{
	char bytes[24];

	snprintf(text, size, "%s (%s, %s: %s)", loss->object, loss->mode,
		 format_size(loss->size, bytes, sizeof(bytes)), loss->content_text);
}
