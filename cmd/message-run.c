/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/message-run.h"
#include "cmd/message.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

#define BLOCK "memory"

/* Returns the message after "memory33: ", or NULL if it is not about a block. */
static const char *block_message(const struct mhp_failure *failure, uint64_t *id)
{
	const char *message = failure->error.message;
	size_t len = strlen(failure->target);

	if (strncmp(failure->target, BLOCK, strlen(BLOCK)) != 0 ||
	    parse_u64(failure->target + strlen(BLOCK), 10, id) < 0 ||
	    strncmp(message, failure->target, len) != 0 || strncmp(message + len, ": ", 2) != 0)
		return NULL;
	return message + len;
}

static bool same_hidden(const struct mhp_failure *a, const struct mhp_failure *b)
{
	if (a->nr_hidden != b->nr_hidden)
		return false;
	for (size_t i = 0; i < a->nr_hidden; i++)
		if (strcmp(mhp_failure_hidden(a, i)->why, mhp_failure_hidden(b, i)->why) != 0)
			return false;
	return true;
}

static bool is_same_failure(const struct mhp_failure *a, const struct mhp_failure *b)
{
	uint64_t id;
	const char *message = block_message(a, &id), *other = block_message(b, &id);

	return message && other && strcmp(message, other) == 0 &&
	       a->error.reason == b->error.reason && strcmp(a->error.hint, b->error.hint) == 0 &&
	       strcmp(a->section, b->section) == 0 &&
	       strcmp(a->kernel_reason, b->kernel_reason) == 0 && same_hidden(a, b);
}

/* Extends the run at either end: blocks go offline in either order. */
static bool extend_run(struct message_run *run, const struct mhp_failure *failure, uint64_t id)
{
	if (!run->is_open || !is_same_failure(&run->failure, failure))
		return false;
	if (id == run->last + 1)
		run->last = id;
	else if (id + 1 == run->first)
		run->first = id;
	else
		return false;
	return true;
}

void message_run_end(struct message_run *run, bool color)
{
	struct mhp_failure merged = run->failure;
	uint64_t id;

	if (!run->is_open)
		return;
	run->is_open = false;
	if (run->first < run->last)
		str_format(merged.error.message, BLOCK "%" PRIu64 "-%" PRIu64 "%s", run->first,
			   run->last, block_message(&run->failure, &id));
	message_failure(&merged, color);
}

/* Prints a failure that is not of a block, but not again for the next target. */
static void print_other(struct message_run *run, const struct mhp_failure *failure, bool color)
{
	uint64_t hash = hash_text(HASH_INIT, failure->error.message);

	hash = hash_text(hash_text(hash, failure->kernel_reason), failure->error.hint);
	hash = hash_text(hash, failure->section);
	message_run_end(run, color);
	if (hash != run->shown)
		message_failure(failure, color);
	run->shown = hash;
}

void message_run_add(struct message_run *run, const struct mhp_failure *failure, bool color)
{
	uint64_t id;

	if (!block_message(failure, &id)) {
		print_other(run, failure, color);
		return;
	}
	if (extend_run(run, failure, id))
		return;
	message_run_end(run, color);
	*run = (struct message_run){ .is_open = true, .first = id, .last = id };
	run->failure = *failure;
	run->failure.pages = NULL;
	run->failure.owners = NULL;
	run->failure.nr_pages = run->failure.nr_owners = 0;
}
