/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/drain.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/drain-look.h"
#include "lib/exec/drain-reclaim.h"
#include "lib/exec/event.h"
#include "lib/plan/drain.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SETTING_WAIT_MS 10000

struct draining {
	struct exec *x;
	struct mhp_drain *drain;
	uint64_t deadline;
	struct drain_facts facts;
	bool is_known; /* facts are read */
	bool is_old;   /* something was reclaimed since then */
	uint64_t left; /* still to be reclaimed, or MHP_UNKNOWN */
};

/* ---- what is there now ------------------------------------------------------------------- */

/* Reads the blocks again; unknown values stay unknown, and so does all after a cancel. */
static void look_again(struct draining *d)
{
	struct mhp_error err = { 0 };

	drain_facts_free(&d->facts);
	d->is_known = drain_look(d->x->ctx, d->x->topo, d->x->plan, &d->facts, &err) == 0;
	d->is_old = false;
	d->left = d->facts.state.short_bytes;
}

static void need_facts(struct draining *d)
{
	if (!d->is_known || d->is_old)
		look_again(d);
}

static uint64_t huge_bytes(const struct drain_facts *facts, const char *target)
{
	char name[24];

	for (size_t i = 0; i < facts->nr_nodes && facts->huge_page_size; i++) {
		str_format(name, "node%d", facts->nodes[i].node);
		if (strcmp(name, target) == 0)
			return facts->nodes[i].huge_bytes;
	}
	return MHP_UNKNOWN;
}

/* ---- one action -------------------------------------------------------------------------- */

struct file_write {
	char path[64];
	char text[16];
};

static int write_file(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct file_write *w = arg;
	int rc = root_write(&ctx->sys, w->path, w->text);

	(void)reply;
	return rc < 0 ? err_errno(err, rc, "/%s", w->path) : 0;
}

/* Writes 1 to a file, which may take long: of all caches, or of the memory of a node. */
static void write_one(struct draining *d, const char *path, struct mhp_drain_action *action)
{
	struct child_wait wait = { .deadline = d->deadline, .watch_fd = -1 };
	struct file_write w = { .text = "1" };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	str_copy(w.path, path);
	child_call(&d->x->writer, CHILD_TASK(write_file, &w), &wait, NULL, &result, &err);
	rc = exec_explain(&result, action->target, &err);
	action->status = rc < 0 ? MHP_DRAIN_FAILED : MHP_DRAIN_DONE;
	str_format(action->why, "%.180s", rc < 0 ? err.message : "");
}

/* Sets what a change of a size has reached; one that became worse has reached nothing. */
static void set_change(struct mhp_drain_action *action, uint64_t less, uint64_t more)
{
	if (less == MHP_UNKNOWN || more == MHP_UNKNOWN)
		return;
	action->done_bytes = more > less ? more - less : 0;
	if (action->status == MHP_DRAIN_DONE && action->done_bytes < action->asked_bytes)
		action->status = action->done_bytes ? MHP_DRAIN_PARTIAL : MHP_DRAIN_FAILED;
}

static void hold_demotion(struct draining *d, struct mhp_drain_action *action)
{
	uint64_t now = clock_msec(), left = d->deadline > now ? d->deadline - now : 1;
	struct mhp_error err = { 0 };
	int rc = settings_change(&d->x->settings, SETTING_DEMOTION, KERNEL_DEMOTION, "false", NULL,
				 left < SETTING_WAIT_MS ? left : SETTING_WAIT_MS, &err);

	action->status = rc < 0 ? MHP_DRAIN_FAILED : MHP_DRAIN_DONE;
	str_format(action->why, "%.180s", rc < 0 ? err.message : "");
}

static void drop_cache(struct draining *d, struct mhp_drain_action *action)
{
	action->before_bytes = d->drain->before.clean_bytes;
	write_one(d, KERNEL_DROP_CACHES, action);
	look_again(d);
	action->after_bytes = d->facts.state.clean_bytes;
	set_change(action, action->after_bytes, action->before_bytes);
	if (action->status != MHP_DRAIN_DONE && !*action->why)
		str_copy(action->why, "the kernel keeps what is in use");
}

static void compact(struct draining *d, struct mhp_drain_action *action)
{
	need_facts(d);
	action->before_bytes = huge_bytes(&d->facts, action->target);
	ROOT_PATH(path, KERNEL_NODES "/%.16s/compact", action->target);
	write_one(d, path, action);
	look_again(d);
	action->after_bytes = huge_bytes(&d->facts, action->target);
	set_change(action, action->before_bytes, action->after_bytes);
	if (action->status != MHP_DRAIN_DONE && !*action->why)
		str_copy(action->why, "no larger pieces can be made of it");
}

/* Returns the cgroup that the action is about, or NULL if it has no page in the blocks any more. */
static const struct drain_group *find_group(const struct draining *d, const char *path)
{
	for (size_t i = 0; i < d->facts.nr_groups; i++)
		if (strcmp(d->facts.groups[i].cgroup.path, path) == 0)
			return &d->facts.groups[i];
	return NULL;
}

/* Ends an action that did not have to start, or could not. */
static void leave_out(struct mhp_drain_action *action, enum mhp_drain_status status,
		      const char *why)
{
	action->status = status;
	str_copy(action->why, why);
}

/* Asks again what is missing, as earlier actions may have been enough. */
static void reclaim(struct draining *d, struct mhp_drain_action *action)
{
	const struct drain_group *group;
	uint64_t bytes;

	if (!d->is_known)
		look_again(d);
	group = find_group(d, action->target);
	bytes = group ? drain_group_bytes(group, d->facts.swap_bytes) : 0;
	if (!d->is_known || d->left == MHP_UNKNOWN) {
		leave_out(action, MHP_DRAIN_FAILED,
			  "how much space is missing is not known any more");
	} else if (!d->left) {
		leave_out(action, MHP_DRAIN_NOT_NEEDED, "there is space for all pages by now");
	} else if (!group) {
		leave_out(action, MHP_DRAIN_NOT_NEEDED,
			  "it has no such pages in the blocks any more");
	} else if (!bytes) {
		leave_out(action, MHP_DRAIN_PASSED_OVER, drain_group_why_not(group));
	} else {
		action->asked_bytes = bytes < d->left ? bytes : d->left;
		drain_reclaim(d->x, group, d->deadline, action);
		d->is_old = true;
		d->left -= action->done_bytes < d->left ? action->done_bytes : d->left;
	}
}

/* ---- the drain --------------------------------------------------------------------------- */

/* Returns false, and says why, if the action may not start. */
static bool may_start(struct draining *d, struct mhp_drain_action *action)
{
	if (action->status != MHP_DRAIN_PLANNED)
		return false;
	if (ctx_cancelled(d->x->ctx))
		d->x->interrupted = true;
	if (!d->x->interrupted && clock_msec() < d->deadline)
		return true;
	action->status = MHP_DRAIN_NOT_TRIED;
	str_copy(action->why, d->x->interrupted ? "interrupted" : "no time is left for it");
	return false;
}

static void act(struct draining *d, struct mhp_drain_action *action)
{
	uint64_t start = clock_msec();

	emit_drain(&d->x->emitter, action, false);
	switch (action->kind) {
	case MHP_DRAIN_HOLD_DEMOTION:
		hold_demotion(d, action);
		break;
	case MHP_DRAIN_DROP_CACHE:
		drop_cache(d, action);
		break;
	case MHP_DRAIN_RECLAIM:
		reclaim(d, action);
		break;
	case MHP_DRAIN_COMPACT:
		compact(d, action);
		break;
	}
	action->elapsed_ms = clock_msec() - start;
	emit_drain(&d->x->emitter, action, true);
	if (action->status == MHP_DRAIN_FAILED)
		event_warning(d->x, "drain: %s of %s: %s", mhp_drain_kind_name(action->kind),
			      action->target, action->why);
}

/* Warns if pages are still left without space, so that a failure of a block is no surprise. */
static void warn_short(const struct draining *d, bool has_acted)
{
	uint64_t bytes = has_acted ? d->drain->after.short_bytes : d->drain->before.short_bytes;
	char size[24];

	if (bytes && bytes != MHP_UNKNOWN)
		event_warning(d->x, "drain: other nodes lack space for %s of the pages",
			      format_size(bytes, size, sizeof(size)));
}

/* Returns the deadline of a drain whose run has spent some of its time in earlier rounds. */
static uint64_t deadline_of(const struct mhp_drain *drain, uint64_t spent_ms)
{
	return spent_ms < drain->limit_ms ? clock_deadline(drain->limit_ms - spent_ms)
					  : clock_msec();
}

void drain_run(struct exec *x)
{
	struct draining d = { .x = x, .drain = x->plan->drain };
	bool has_acted = false;

	if (!d.drain)
		return;
	d.deadline = deadline_of(d.drain, x->drained_ms);
	for (size_t i = 0; i < d.drain->nr_actions; i++) {
		struct mhp_drain_action *action = drain_get(d.drain, i);

		if (!may_start(&d, action))
			continue;
		act(&d, action);
		has_acted |= action->kind != MHP_DRAIN_HOLD_DEMOTION; /* it changes no page */
	}
	if (has_acted && !ctx_cancelled(x->ctx))
		need_facts(&d);
	if (has_acted && d.is_known && !d.is_old)
		d.drain->after = d.facts.state;
	if (!x->interrupted)
		warn_short(&d, has_acted);
	drain_facts_free(&d.facts);
}

void drain_end(struct exec *x)
{
	struct mhp_error err = { 0 };

	if (settings_restore(&x->settings, SETTING_DEMOTION, &err) < 0)
		event_warning(x, "demotion_enabled could not be restored: %s", err.message);
}

uint64_t drain_spent_ms(const struct mhp_drain *drain)
{
	const struct mhp_drain_action *action;
	uint64_t sum = 0;

	for (size_t i = 0; drain && (action = mhp_drain_action(drain, i)); i++)
		sum += action->elapsed_ms == MHP_UNKNOWN ? 0 : action->elapsed_ms;
	return sum;
}

int drain_take(struct mhp_drain **drain, struct mhp_plan *plan)
{
	int rc = 0;

	if (!plan->drain)
		return 0;
	if (!*drain)
		*drain = TAKE_PTR(plan->drain);
	else
		rc = drain_join(*drain, plan->drain);
	return rc;
}
