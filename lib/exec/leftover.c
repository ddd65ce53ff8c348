/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/leftover.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct judge {
	const struct mhp_topology *topo;
	const struct interrupted_run *run;
	const struct intent_step *step;
	struct judged *out;
};

static void set_state(struct judge *j, enum mhp_recovery recovery, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void set_state(struct judge *j, enum mhp_recovery recovery, const char *fmt, ...)
{
	va_list args;

	j->out->pub.recovery = recovery;
	va_start(args, fmt);
	vsnprintf(j->out->pub.state, sizeof(j->out->pub.state), fmt, args);
	va_end(args);
}

static void set_act(struct judge *j, enum leftover_act what, const char *target)
{
	j->out->act = what;
	str_copy(j->out->target, target);
}

static void set_cannot(struct judge *j, enum mhp_reason reason, const char *hint,
		       const char *object, const char *why)
{
	set_state(j, MHP_RECOVERY_CANNOT, "%s %s", object, why);
	err_set(&j->out->pub.error, -EIO, reason, "%s: %s", object, why);
	if (*hint)
		err_hint(&j->out->pub.error, -EIO, "%s", hint);
}

/*
 * Sets the command of the run, which continues its work. One that takes or adds a size has none: it
 * would do so again, on top of what the run has done.
 */
static void command_again(struct judge *j)
{
	const struct intent *intent = j->run->intent;
	char targets[128];

	if (intent->nr_targets && strncmp(intent->targets[0], "--size=", 7) == 0)
		return;
	interrupted_targets(j->run->intent, targets, sizeof(targets));
	str_format(j->out->pub.command, "mhpctl %s%s%s", j->run->intent->verb, *targets ? " " : "",
		   targets);
}

/* ---- regions and namespaces -------------------------------------------------------------- */

/*
 * Returns whether labels and namespaces of the step's region can be seen; if not, sets the error.
 */
static bool is_region_seen(struct judge *j, const struct mhp_region *region)
{
	if (!region)
		set_cannot(j, MHP_REASON_NO_SUCH_TARGET,
			   "plug the DIMM in again, or give the work up: mhpctl recover --forget",
			   j->step->region, "is missing");
	else if (!region->is_enabled)
		set_cannot(j, MHP_REASON_KERNEL,
			   "enable the region first: mhpctl init, or ndctl "
			   "enable-region",
			   region->name, "is disabled, so its labels are not seen");
	return region && region->is_enabled;
}

static void enable_raw(struct judge *j, const struct mhp_namespace *raw)
{
	str_copy(j->out->pub.object, raw->name);
	set_state(j, MHP_RECOVERY_UNDO, "%s is disabled", raw->name);
	set_act(j, LEFTOVER_INIT, raw->name);
}

/* Sets the target of an act on a namespace: by UUID, which stays at a boot. */
static void act_on(struct judge *j, enum leftover_act what, const struct mhp_namespace *ns)
{
	set_act(j, what, *ns->uuid ? ns->uuid : *ns->id ? ns->id : ns->name);
}

/* Judges the device of a namespace that is complete. */
static void judge_made_device(struct judge *j, const struct mhp_namespace *ns)
{
	const struct mhp_dax *dax = topology_find_dax(j->topo, ns->device);

	if (!dax || dax->mode != MHP_DAX_UNBOUND) {
		set_state(j, MHP_RECOVERY_FINISHED, "%s is complete", ns->name);
		return;
	}
	str_copy(j->out->pub.object, dax->name);
	set_state(j, MHP_RECOVERY_CONTINUE, "%s is bound to no driver", dax->name);
	set_act(j, LEFTOVER_INIT, dax->name);
	command_again(j);
}

static void judge_missing(struct judge *j, const char *what)
{
	const struct mhp_region *region = leftover_region(j->topo, j->step);
	const struct mhp_namespace *raw;

	if (!is_region_seen(j, region))
		return;
	raw = leftover_disabled_raw(j->topo, region);
	if (raw) {
		enable_raw(j, raw);
		return;
	}
	set_state(j, MHP_RECOVERY_FINISHED, "%s", what);
	if (*j->step->uuid)
		set_act(j, LEFTOVER_FORGET, j->step->uuid);
}

static void judge_create(struct judge *j)
{
	const struct mhp_namespace *ns = leftover_namespace(j->topo, j->step);

	if (!ns) {
		judge_missing(j, "the namespace does not exist");
		return;
	}
	str_copy(j->out->pub.object, ns->name);
	if (j->run->intent->is_undoing) {
		set_state(j, MHP_RECOVERY_UNDO, "%s still exists, and its run was undoing its work",
			  ns->name);
		act_on(j, LEFTOVER_DESTROY, ns);
	} else if (ns->mode != MHP_NAMESPACE_DEVDAX) {
		set_state(j, MHP_RECOVERY_UNDO, "%s has no mode yet", ns->name);
		act_on(j, LEFTOVER_DESTROY, ns);
	} else if (!namespace_is_whole(ns)) {
		set_state(j, MHP_RECOVERY_CONTINUE, "%s is %s", ns->name,
			  ns->is_enabled ? "without an info block" : "disabled");
		act_on(j, LEFTOVER_INIT, ns);
	} else {
		judge_made_device(j, ns);
	}
}

static void end_raw(struct judge *j, const struct mhp_namespace *raw)
{
	str_copy(j->out->pub.object, raw->name);
	set_state(j, MHP_RECOVERY_UNDO, "%s is in raw mode, which hides its info block", raw->name);
	set_act(j, LEFTOVER_END_RAW, raw->name);
	j->out->range = (struct mhp_range){ 0, UINT64_MAX };
	if (raw->start != MHP_UNKNOWN)
		j->out->range = (struct mhp_range){ raw->start, raw->start + raw->raw_size };
}

static void judge_destroy(struct judge *j)
{
	const struct mhp_namespace *ns = leftover_namespace(j->topo, j->step);
	const struct mhp_namespace *raw = leftover_forced_raw(j->topo, j->step);
	const struct mhp_dax *dax;

	if (raw) {
		end_raw(j, raw);
		str_format(j->out->pub.command, "mhpctl destroy %s", raw->name);
		return;
	}
	if (!ns) {
		judge_missing(j, "the namespace is destroyed");
		return;
	}
	dax = topology_find_dax(j->topo, ns->device);
	str_copy(j->out->pub.object, ns->name);
	if (!ns->is_enabled) {
		set_state(j, MHP_RECOVERY_UNDO, "%s still exists and is disabled", ns->name);
		act_on(j, LEFTOVER_INIT, ns);
	} else if (dax && dax->mode == MHP_DAX_UNBOUND) {
		set_state(j, MHP_RECOVERY_UNDO, "%s still exists, and %s is bound to no driver",
			  ns->name, dax->name);
		set_act(j, LEFTOVER_INIT, dax->name);
	} else {
		set_state(j, MHP_RECOVERY_LEAVE, "%s still exists", ns->name);
	}
	str_format(j->out->pub.command, "mhpctl destroy %s", j->step->uuid);
}

static void judge_enable(struct judge *j)
{
	const struct mhp_namespace *ns = leftover_namespace(j->topo, j->step);

	if (!ns) {
		judge_missing(j, "the namespace no longer exists");
		j->out->act = LEFTOVER_NOTHING; /* its record, if any, is not of this step */
		return;
	}
	str_copy(j->out->pub.object, ns->name);
	if (namespace_is_whole(ns)) {
		judge_made_device(j, ns);
	} else if (j->run->intent->is_undoing && !ns->is_enabled) {
		set_state(j, MHP_RECOVERY_FINISHED, "%s is disabled, as before the run", ns->name);
	} else {
		set_state(j, MHP_RECOVERY_CONTINUE, "%s is %s", ns->name,
			  ns->is_enabled ? "without an info block" : "disabled");
		act_on(j, LEFTOVER_INIT, ns);
	}
}

static void judge_region(struct judge *j)
{
	bool labels = interrupted_step_is(j->step, MHP_STEP_INIT_LABELS);
	const struct mhp_region *region = leftover_region(j->topo, j->step);
	const struct mhp_namespace *raw;

	if (!region && !labels) {
		set_state(j, MHP_RECOVERY_FINISHED, "%s no longer exists", j->step->region);
		return;
	}
	if (!region) {
		is_region_seen(j, region);
		return;
	}
	str_copy(j->out->pub.object, region->name);
	raw = labels ? leftover_disabled_raw(j->topo, region) : NULL;
	if (!region->is_enabled) {
		set_state(j, MHP_RECOVERY_CONTINUE, "%s is disabled", region->name);
		set_act(j, LEFTOVER_REGION, region->name);
		j->out->range = (struct mhp_range){ 0, UINT64_MAX };
		if (region->start != MHP_UNKNOWN)
			j->out->range =
				(struct mhp_range){ region->start, region->start + region->size };
	} else if (raw) {
		enable_raw(j, raw);
	} else {
		set_state(j, MHP_RECOVERY_FINISHED, "%s is enabled%s", region->name,
			  !labels	       ? ""
			  : region->has_labels ? " and has labels"
					       : " and has no labels");
	}
	if (labels && !region->has_labels)
		command_again(j);
}

/* ---- devices and blocks ------------------------------------------------------------------ */

static void judge_device(struct judge *j)
{
	const struct mhp_dax *dax = leftover_device(j->topo, j->step);
	const char *mode;

	if (!dax && !*j->step->uuid && !leftover_has_range(j->step)) {
		set_cannot(j, MHP_REASON_KERNEL, "see mhpctl list, then: mhpctl recover --forget",
			   j->step->object, "was written down without its address");
		return;
	}
	if (!dax) {
		set_state(j, MHP_RECOVERY_FINISHED, "%s no longer exists", j->step->object);
		return;
	}
	mode = mhp_dax_mode_name(dax->mode);
	str_copy(j->out->pub.object, dax->name);
	if (*dax->dax_region && dax->size && dax->mode == MHP_DAX_UNBOUND &&
	    strcmp(mode, j->step->want) == 0) { /* its resize or its end was to follow */
		set_state(j, MHP_RECOVERY_UNDO, "%s is bound to no driver", dax->name);
		set_act(j, LEFTOVER_INIT, dax->name);
		command_again(j);
		return;
	}
	if (strcmp(mode, j->step->want) == 0) {
		set_state(j, MHP_RECOVERY_FINISHED, "%s is in mode %s", dax->name, mode);
		return;
	}
	command_again(j);
	if (dax->mode != MHP_DAX_UNBOUND ||
	    (!*j->step->before && !leftover_is_made(j->run, j->step) &&
	     !leftover_is_divided(j->run, j->step->object) &&
	     !leftover_is_enabled(j->run, j->step))) {
		set_state(j, MHP_RECOVERY_LEAVE, "%s is in mode %s", dax->name, mode);
		return;
	}
	set_state(j,
		  strcmp(j->step->want, "devdax") == 0 ? MHP_RECOVERY_CONTINUE : MHP_RECOVERY_UNDO,
		  "%s is bound to no driver", dax->name);
	set_act(j, LEFTOVER_INIT, dax->name);
}

static void judge_part(struct judge *j)
{
	struct part_left left;

	leftover_part(j->topo, j->run, j->step, &left);
	set_state(j, left.recovery, "%s", left.state);
	if (!left.dax)
		return;
	if (j->run->intent->is_undoing && left.dax->mode != MHP_DAX_SYSTEM_RAM &&
	    interrupted_step_is(j->step, MHP_STEP_CREATE_DEVICE)) {
		set_state(j, MHP_RECOVERY_UNDO, "%s still exists, and its run was undoing its work",
			  left.dax->name);
		left.act = LEFTOVER_DESTROY;
	}
	str_copy(j->out->pub.object, left.dax->name);
	set_act(j, left.act, left.dax->name);
	if (left.act != LEFTOVER_NOTHING)
		command_again(j);
}

static void judge_cxl(struct judge *j)
{
	struct cxl_left left;

	leftover_cxl(j->topo, j->run, j->step, &left);
	if (left.recovery == MHP_RECOVERY_CANNOT) {
		set_cannot(j, MHP_REASON_KERNEL, "run mhpctl recover again", left.object,
			   "is in a state that cannot be read");
		return;
	}
	set_state(j, left.recovery, "%s", left.state);
	str_copy(j->out->pub.object, left.object);
	set_act(j, left.act, left.target);
	if (!leftover_is_over(&j->out->pub) || left.recovery == MHP_RECOVERY_LEAVE)
		command_again(j);
}

static void judge_blocks(struct judge *j)
{
	const uint64_t size = j->topo->memory.block_size;
	bool online = interrupted_step_is(j->step, MHP_STEP_ONLINE_BLOCK);
	uint64_t all = 0, nr = 0;

	for (size_t i = 0; i < j->topo->nr_blocks && size; i++) {
		const struct mhp_block *block = &j->topo->blocks[i];

		if (block->start < j->step->range.start || block->start >= j->step->range.end)
			continue;
		all++;
		nr += block->state == MHP_BLOCK_ONLINE;
	}
	if (online ? nr == all : !nr) {
		set_state(j, MHP_RECOVERY_FINISHED,
			  !all	   ? "the memory blocks no longer exist"
			  : online ? "all %" PRIu64 " memory blocks are online"
				   : "all %" PRIu64 " memory blocks are offline",
			  all);
		return;
	}
	set_state(j, MHP_RECOVERY_LEAVE, "%" PRIu64 " of %" PRIu64 " memory blocks are online", nr,
		  all);
	command_again(j);
}

/* ---- the steps --------------------------------------------------------------------------- */

static const struct kind {
	enum mhp_step_type type;
	void (*judge)(struct judge *j);
	bool after; /* judge it also when the step has ended */
} kinds[] = {
	{ MHP_STEP_CREATE_NAMESPACE, judge_create, true },
	{ MHP_STEP_DESTROY_NAMESPACE, judge_destroy, false },
	{ MHP_STEP_ENABLE_NAMESPACE, judge_enable, true },
	{ MHP_STEP_ENABLE_REGION, judge_region, false },
	{ MHP_STEP_INIT_LABELS, judge_region, false },
	{ MHP_STEP_SET_MODE, judge_device, false },
	{ MHP_STEP_CREATE_DEVICE, judge_part, true },
	{ MHP_STEP_RESIZE_DEVICE, judge_part, true },
	{ MHP_STEP_DESTROY_DEVICE, judge_part, false },
	{ MHP_STEP_ENABLE_MEMDEV, judge_cxl, false },
	{ MHP_STEP_CREATE_CXL_REGION, judge_cxl, true },
	{ MHP_STEP_ADD_MEMDEV, judge_cxl, true },
	{ MHP_STEP_COMMIT_CXL_REGION, judge_cxl, true },
	{ MHP_STEP_ENABLE_CXL_REGION, judge_cxl, true },
	{ MHP_STEP_DESTROY_CXL_REGION, judge_cxl, false },
	{ MHP_STEP_ONLINE_BLOCK, judge_blocks, false },
	{ MHP_STEP_OFFLINE_BLOCK, judge_blocks, false },
};

static const struct kind *kind_of(const struct intent_step *step)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (interrupted_step_is(step, kinds[i].type))
			return &kinds[i];
	return NULL;
}

static bool is_judged(const struct interrupted_run *run, const struct intent_step *step,
		      const struct kind *kind)
{
	if (!step->is_done)
		return true;
	if (!kind || !(kind->after || strcmp(step->want, "unbound") == 0))
		return false;
	if (run->intent->is_undoing)
		return kind->type == MHP_STEP_CREATE_NAMESPACE ||
		       kind->type == MHP_STEP_CREATE_DEVICE ||
		       kind->type == MHP_STEP_CREATE_CXL_REGION;
	return !leftover_is_followed(run, step);
}

/* Returns whether the objects of a step were read; if not, sets the error: they may exist. */
static bool is_seen(struct judge *j, const struct kind *kind)
{
	static const char *const parts[] = { "regions",	    "namespaces",  "dax_devices",
					     "dax_regions", "cxl_memdevs", "cxl_regions" };
	const size_t nr = ARRAY_SIZE(parts) - (kind->judge == judge_cxl ? 0 : 2);
	char what[160];

	if (kind->judge == judge_blocks)
		return true;
	for (size_t i = 0; i < nr; i++) {
		const char *why = topology_why_hidden(j->topo, parts[i]);

		if (!why)
			continue;
		str_format(what, "cannot be read: %s", why);
		set_cannot(j, MHP_REASON_KERNEL, "run mhpctl recover again", parts[i], what);
		return false;
	}
	return true;
}

static void judge_step(struct judge *j, const struct kind *kind)
{
	struct mhp_leftover *left = &j->out->pub;

	str_copy(left->object, j->step->object);
	str_copy(left->uuid, j->step->uuid);
	j->out->number = j->step->number;
	if (!kind) {
		set_cannot(j, MHP_REASON_UNSUPPORTED, "use the version of mhpctl that wrote it",
			   j->step->object, "was changed in a way that this version does not know");
		return;
	}
	left->has_step = true;
	left->step = kind->type;
	if (is_seen(j, kind))
		kind->judge(j);
	left->is_done = leftover_is_over(left);
}

static int judge_file(struct judge *j, const struct intent_found *file, struct judgement *judgement)
{
	for (size_t i = 0; i < file->intent.nr_steps; i++) {
		const struct kind *kind = kind_of(&file->intent.steps[i]);

		j->step = &file->intent.steps[i];
		if (!is_judged(j->run, j->step, kind))
			continue;
		j->out = VEC_PUSH(judgement->at, judgement->nr);
		if (!j->out)
			return -ENOMEM;
		judge_step(j, kind);
		/* a step that has ended is listed only if something remains */
		if (j->step->is_done && leftover_is_over(&j->out->pub))
			judgement->nr--;
	}
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Judges a run. After a boot only what is in labels and info blocks is left. */
int leftover_judge(const struct mhp_topology *topo, const struct interrupted_run *run,
		   struct judgement *judgement)
{
	struct judge j = { .topo = topo, .run = run };
	int rc = 0;

	*judgement = (struct judgement){ 0 };
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++)
		if (run->files[place] && !*run->files[place]->why &&
		    !(run->is_rebooted && place == INTENT_RUN))
			rc = judge_file(&j, run->files[place], judgement);
	if (judgement->nr)
		qsort(judgement->at, judgement->nr, sizeof(*judgement->at), compare_numbers);
	return rc;
}

void judgement_free(struct judgement *judgement)
{
	free(judgement->at);
	*judgement = (struct judgement){ 0 };
}
