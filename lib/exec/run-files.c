/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/run-files.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/record.h"
#include "lib/sys/statedir.h"
#include "lib/sys/tracing.h"

#define FORGET_MS 5000

struct file_args {
	enum intent_place place;
	bool is_claimed;
	char name[INTENT_NAME_MAX];
};

static int remove_file(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	const struct file_args *args = arg;
	struct intent_file file;
	int rc;

	(void)reply;
	(void)err;
	if (args->is_claimed)
		return intentdir_discard(ctx, args->place, args->name);
	rc = intentdir_claim(ctx, args->place, args->name, &file);
	if (rc == 0)
		intentdir_remove(ctx, args->place, args->name, &file);
	return rc;
}

static int sweep(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)arg;
	(void)reply;
	(void)err;
	for (enum intent_place place = 0; place < INTENT_PLACES; place++)
		intentdir_sweep(ctx, place);
	statedir_sweep(&ctx->sys);
	return 0;
}

static int call_child(struct child *child, const struct child_task *task)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(FORGET_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct child_result result;

	return child_call(child, task, &wait, NULL, &result, NULL);
}

int run_files_remove(struct child *child, enum intent_place place, const char *name,
		     bool is_claimed)
{
	struct file_args args = { .place = place, .is_claimed = is_claimed };

	str_copy(args.name, name);
	return call_child(child, CHILD_TASK(remove_file, &args));
}

int run_files_remove_records(struct child *child, const struct judgement *judgement)
{
	int rc = 0;

	for (size_t i = 0; i < judgement->nr && rc >= 0; i++) {
		struct record_seal_args args = { .size = 0 };

		if (judgement->at[i].act != LEFTOVER_FORGET)
			continue;
		str_copy(args.uuid, judgement->at[i].target);
		rc = call_child(child, CHILD_TASK(record_drop, &args));
	}
	return rc;
}

void run_files_sweep(struct child *child)
{
	call_child(child, &(struct child_task){ .fn = sweep });
}

int run_files_traces(const struct mhp_ctx *ctx, const struct emitter *emitter, bool dry_run)
{
	unsigned kept;
	int found = trace_leftovers(ctx, !dry_run, &kept);

	if (found < 0)
		emit_warning(emitter, "tracing instances of killed runs cannot be listed");
	else if (kept && !dry_run)
		emit_warning(emitter, "%u tracing instance%s of killed runs cannot be removed",
			     kept, kept == 1 ? "" : "s");
	return found < 0 ? 0 : dry_run ? found : found - (int)kept;
}
