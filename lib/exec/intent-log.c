/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/intent-log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/exec/exec.h"
#include "lib/exec/intent-step.h"
#include "lib/plan/choice.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define END_MS	2000 /* for records that no step waits for */
#define LASTING "/" STATE_INTENTS_LASTING

void intent_log_init(struct intent_log *log, struct mhp_ctx *ctx, const struct mhp_request *request,
		     const struct emitter *emitter)
{
	*log = (struct intent_log){
		.ctx = ctx,
		.request = request,
		.emitter = emitter,
		.run = { .fd = -1 },
		.child = CHILD_INIT(ctx),
	};
}

/* ---- the file below /run ----------------------------------------------------------------- */

/*
 * Writes a request that chooses blocks as its command line names it: without the size the command
 * would mean all blocks.
 */
static void copy_choice(const struct mhp_request *request, struct intent *intent)
{
	bool is_resize = request->verb == MHP_VERB_RESIZE;
	char target[64], size[24];

	if (request->has_node)
		str_format(target, "node%d", request->node);
	else
		str_copy(target, request->nr_targets ? request->targets[0] : "");
	size_word(choice_bytes(request), size, sizeof(size));
	str_format(intent->targets[intent->nr_targets++], "--%s=%s", is_resize ? "to" : "size",
		   size);
	if (is_resize)
		str_copy(intent->targets[intent->nr_targets++], target);
	else if (strncmp(target, "node", 4) == 0)
		str_format(intent->targets[intent->nr_targets++], "--node=%.50s", target + 4);
	else
		str_format(intent->targets[intent->nr_targets++], "--device=%.50s", target);
}

static int copy_targets(const struct mhp_request *request, struct intent *intent)
{
	size_t nr =
		request->nr_targets < INTENT_TARGETS_MAX ? request->nr_targets : INTENT_TARGETS_MAX;

	intent->targets = calloc(nr + 2, sizeof(*intent->targets));
	if (!intent->targets)
		return -ENOMEM;
	if (choice_bytes(request)) {
		copy_choice(request, intent);
		return 0;
	}
	for (; intent->nr_targets < nr; intent->nr_targets++)
		str_copy(intent->targets[intent->nr_targets], request->targets[intent->nr_targets]);
	return 0;
}

static char *head_text(const struct intent_log *log)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = {
		.pid = (uint64_t)procs_own_pid(),
		.start = procs_born(&log->ctx->sys, procs_own_pid()),
		.time_us = clock_real_usec(),
	};

	intentdir_boot(log->ctx, intent.boot);
	str_copy(intent.verb, mhp_verb_name(log->request->verb));
	if (copy_targets(log->request, &intent) < 0 || memstream_open(&m) < 0 ||
	    intent_put_head(m.file, &intent) < 0)
		return NULL;
	return memstream_end(&m);
}

static char *mark_text(const char *word)
{
	cleanup_memstream struct memstream m = { 0 };

	if (memstream_open(&m) < 0 || intent_put_mark(m.file, word) < 0)
		return NULL;
	return memstream_end(&m);
}

/* Creates the file below /run, which has the lock of the run. */
static int open_run(struct intent_log *log)
{
	if (log->run.fd >= 0)
		return 0;
	if (!log->head)
		log->head = head_text(log);
	return log->head ? intentdir_create(log->ctx, log->head, log->name, &log->run) : -ENOMEM;
}

/* Appends to it. */
static int append_run(struct intent_log *log, const char *text)
{
	cleanup_free char *full = NULL;
	int rc = intentdir_append(&log->run, text);

	if (rc != -EFBIG)
		return rc;
	log->is_full = true;
	full = mark_text("full");
	if (full)
		intentdir_finish(&log->run, full);
	return 0;
}

static int set_not_written(int rc, struct mhp_error *err)
{
	if (rc == -ENOMEM)
		return rc;
	err_errno(err, rc, "its record cannot be written to /" STATE_INTENTS);
	if (rc == -ENOSPC)
		err_hint(err, rc,
			 "free space or inodes there: df /" STATE_RUN "; df -i /" STATE_RUN);
	if (rc == -EPERM)
		err_hint(err, rc, "other users can write there: ls -ld /" STATE_INTENTS);
	return rc;
}

/* ---- the lasting file -------------------------------------------------------------------- */

/* Returns the length of the first lines that fit into one task. */
static size_t first_lines(const char *text)
{
	size_t len = strlen(text);

	if (len < INTENT_WRITE_MAX)
		return len;
	for (len = INTENT_WRITE_MAX - 1; len && text[len - 1] != '\n';)
		len--;
	return len;
}

/* Writes the lines through the child. *is_hung: no answer came. */
static int write_lasting(struct intent_log *log, const char *text, bool sync,
			 const struct child_wait *wait, struct child_result *result)
{
	struct intent_write_args args = { .create = !log->lasting_size };
	int rc = 0;

	str_copy(args.name, log->name);
	for (size_t len; *text && rc == 0; text += len) {
		len = first_lines(text);
		if (!len)
			return -EMSGSIZE;
		memcpy(args.text, text, len);
		args.text[len] = '\0';
		args.sync = sync && !text[len];
		rc = child_call(&log->child, CHILD_TASK(intentdir_write, &args), wait, NULL, result,
				NULL);
		args.create = false;
		if (rc == 0)
			log->lasting_size += len;
	}
	return rc;
}

/* Does the same for lines that no step waits for. After a failure nothing more is written. */
static void note_lasting(struct intent_log *log, const char *text, bool sync)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(END_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct child_result result = { .end = CHILD_ANSWERED };

	if (!log->lasting_size || log->is_lost ||
	    write_lasting(log, text, sync, &wait, &result) == 0)
		return;
	log->is_lost = true;
	log->is_hung = result.end != CHILD_ANSWERED;
}

/* Fails because of a cancel, or because the disk gave no answer. */
static int set_hung(bool is_cancelled, struct mhp_error *err)
{
	if (is_cancelled)
		return err_set(err, -EINTR, MHP_REASON_INTERRUPTED,
			       "interrupted while its record was written");
	err_set(err, -ETIMEDOUT, MHP_REASON_DEADLINE,
		"its record cannot be written in time, because the disk of " LASTING
		" does not answer");
	return err_hint(err, -ETIMEDOUT, "see the kernel log about that disk");
}

/* Keeps these records and all later ones below /run, as long as the machine is up. */
static int fall_back(struct intent_log *log, int why, const char *text, struct mhp_error *err)
{
	int rc;

	if (!log->is_lost)
		emit_warning(log->emitter,
			     "cannot write to " LASTING ": %s; after a power failure, mhpctl "
			     "recover does not know what this run was doing",
			     why == -EPERM ? "other users can write to it" : strerror(-why));
	log->is_lost = true;
	rc = append_run(log, text);
	return rc < 0 ? set_not_written(rc, err) : 0;
}

static void mark_lasting_full(struct intent_log *log)
{
	cleanup_free char *full = mark_text("full");

	log->is_full = true;
	if (full)
		note_lasting(log, full, true);
}

/* Returns both texts as one, NULL without memory. */
static char *join_texts(const char *a, const char *b)
{
	size_t len = strlen(a) + strlen(b) + 1;
	char *text = malloc(len);

	if (text)
		snprintf(text, len, "%s%s", a, b);
	return text;
}

/* Writes steps, the last of that number, and syncs them to disk. */
static int append_lasting(struct exec *x, uint64_t number, const char *text, struct mhp_error *err)
{
	const struct child_wait wait = { .deadline = exec_deadline(x, 0), .watch_fd = -1 };
	struct intent_log *log = x->intent;
	struct child_result result = { .end = CHILD_ANSWERED };
	cleanup_free char *first = NULL;
	int rc;

	if (log->is_hung)
		return set_hung(false, err);
	if (log->is_lost)
		return fall_back(log, 0, text, err);
	if (!intentdir_has_space(log->lasting_size, text)) {
		mark_lasting_full(log);
		return 0;
	}
	first = log->lasting_size ? NULL : join_texts(log->head, text);
	if (!log->lasting_size && !first)
		return -ENOMEM;
	rc = write_lasting(log, first ? first : text, true, &wait, &result);
	if (rc == 0)
		log->last = number;
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	if (result.end == CHILD_ANSWERED || result.end == CHILD_DIED)
		return fall_back(log, rc, text, err);
	log->is_lost = log->is_hung = true;
	return set_hung(result.cancelled, err);
}

/* ---- the steps --------------------------------------------------------------------------- */

uint64_t intent_log_number(const struct exec *x, const struct mhp_step *step)
{
	return x->intent->base + (uint64_t)(step - x->plan->steps) + 1;
}

/* Returns whether the step writes labels or an info block. */
static bool is_lasting(const struct exec *x, const struct mhp_step *step)
{
	const struct mhp_namespace *ns;

	switch (step->type) {
	case MHP_STEP_INIT_LABELS:
	case MHP_STEP_CREATE_NAMESPACE:
	case MHP_STEP_DESTROY_NAMESPACE:
		return true;
	case MHP_STEP_ENABLE_NAMESPACE:
		ns = topology_find_namespace(x->topo, step->object);
		return step->overwrite || (ns && ns->mode == MHP_NAMESPACE_DEVDAX && !ns->align);
	default:
		return false;
	}
}

/* Returns the lines of those steps that belong to that file, NULL without memory; or "". */
static char *steps_text(const struct exec *x, struct mhp_step *const *steps, size_t nr,
			bool lasting)
{
	cleanup_memstream struct memstream m = { 0 };
	struct intent_step out;

	if (memstream_open(&m) < 0)
		return NULL;
	for (size_t i = 0; i < nr; i++) {
		if (steps[i]->type == MHP_STEP_LOAD_MODULE || is_lasting(x, steps[i]) != lasting)
			continue;
		intent_step_fill(x, steps[i], intent_log_number(x, steps[i]), &out);
		if (intent_put_step(m.file, &out) < 0)
			return NULL;
	}
	return memstream_end(&m);
}

/* Continues without records of devices and blocks: what a boot forgets need not wait for them. */
static int warn_not_written(struct intent_log *log, int rc)
{
	if (!log->is_warned)
		emit_warning(log->emitter,
			     "cannot write to /" STATE_INTENTS
			     ": %s; if this run is killed, mhpctl "
			     "recover does not know what it was doing",
			     rc == -EPERM ? "other users can write to it" : strerror(-rc));
	log->is_warned = true;
	return 0;
}

static int begin_place(struct exec *x, struct mhp_step *const *steps, size_t nr,
		       enum intent_place place, struct mhp_error *err)
{
	cleanup_free char *text = steps_text(x, steps, nr, place == INTENT_LASTING);
	int rc = text ? 0 : -ENOMEM;

	if (rc == 0 && *text) {
		rc = open_run(x->intent);
		if (rc == 0 && place == INTENT_LASTING)
			return append_lasting(x, intent_log_number(x, steps[nr - 1]), text, err);
		if (rc == 0)
			rc = append_run(x->intent, text);
	}
	if (rc < 0 && rc != -ENOMEM && place == INTENT_RUN)
		return warn_not_written(x->intent, rc);
	return rc < 0 ? set_not_written(rc, err) : 0;
}

int intent_log_begin(struct exec *x, struct mhp_step *const *steps, size_t nr,
		     struct mhp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < nr; i++)
		if (steps[i]->type == MHP_STEP_CREATE_NAMESPACE)
			nd_new_uuid(x->plan->chains[steps[i]->chain].new_id);
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++)
		if (x->intent && !x->intent->is_full)
			rc = begin_place(x, steps, nr, place, err);
	return rc;
}

void intent_log_done(struct exec *x, const struct mhp_step *step)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;
	uint64_t number = x->intent ? intent_log_number(x, step) : 0;
	struct intent_log *log = x->intent;

	if (!log || log->is_full || step->type == MHP_STEP_LOAD_MODULE || log->run.fd < 0 ||
	    memstream_open(&m) < 0 || intent_put_done(m.file, number) < 0)
		return;
	text = memstream_end(&m);
	if (text && is_lasting(x, step) && number <= log->last)
		note_lasting(log, text, false); /* the machine shows it as well: no sync */
	else if (text)
		append_run(log, text);
}

void intent_log_undo(struct exec *x)
{
	cleanup_free char *text = x->intent ? mark_text("undoing") : NULL;

	if (text && x->intent->run.fd >= 0)
		append_run(x->intent, text);
	if (text)
		note_lasting(x->intent, text, true);
}

void intent_log_next(struct intent_log *log, size_t nr_steps)
{
	log->base += nr_steps;
}

static void drop_lasting(struct intent_log *log)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(END_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct intent_write_args args = { .create = false };
	struct child_result result;
	int rc;

	str_copy(args.name, log->name);
	rc = child_call(&log->child, CHILD_TASK(intentdir_drop, &args), &wait, NULL, &result, NULL);
	if (rc < 0)
		emit_warning(log->emitter,
			     "cannot remove " LASTING "/%s: %s; mhpctl recover does it", log->name,
			     result.end == CHILD_ANSWERED ? strerror(-rc)
							  : "the disk does not answer");
}

void intent_log_keep(struct exec *x)
{
	if (x->intent)
		x->intent->is_kept = true;
}

/* Removes the lasting file first, under the lock of the other: without it, its run looks dead. */
void intent_log_end(struct intent_log *log)
{
	if (log->lasting_size || log->is_lost)
		drop_lasting(log);
	child_stop(&log->child);
	if (log->run.fd >= 0 && log->is_kept)
		intentdir_close(&log->run);
	else if (log->run.fd >= 0)
		intentdir_remove(log->ctx, INTENT_RUN, log->name, &log->run);
	free(log->head);
	log->head = NULL;
}
