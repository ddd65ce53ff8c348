/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/plan.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---------------------------------------------------------------------------- */

struct mhp_step *plan_step(struct planner *p, enum mhp_step_type type, uint32_t chain,
			   const char *fmt, ...)
{
	struct mhp_step *step = VEC_PUSH(p->plan->steps, p->plan->nr_steps);
	va_list ap;

	if (!step)
		return NULL;
	step->type = type;
	step->chain = chain;
	va_start(ap, fmt);
	vsnprintf(step->object, sizeof(step->object), fmt, ap);
	va_end(ap);
	return step;
}

int plan_warn(struct planner *p, const char *fmt, ...)
{
	char(*text)[384] = VEC_PUSH(p->plan->warnings, p->plan->nr_warnings);
	va_list ap;

	if (!text)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(*text, sizeof(*text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i + 1 < p->plan->nr_warnings; i++)
		if (strcmp(p->plan->warnings[i], *text) == 0) {
			p->plan->nr_warnings--;
			break;
		}
	return 0;
}

int plan_consent(struct planner *p, enum mhp_consent_kind kind, const char *fmt, ...)
{
	struct plan_consent *consent;
	va_list ap;

	if (p->request->agreed & kind)
		return 0;
	consent = VEC_PUSH(p->plan->consents, p->plan->nr_consents);
	if (!consent)
		return -ENOMEM;
	consent->kind = kind;
	va_start(ap, fmt);
	vsnprintf(consent->text, sizeof(consent->text), fmt, ap);
	va_end(ap);
	return 0;
}

int plan_unseen(struct planner *p, const char *what, const char *why, struct mhp_error *err)
{
	struct mhp_hidden *hidden;

	if (!p->request->look_only)
		return err_set(err, -EACCES, MHP_REASON_NOT_PERMITTED, "%s: %s", what, why);
	for (size_t i = 0; i < p->plan->nr_hidden; i++)
		if (strcmp(p->plan->hidden[i].what, what) == 0)
			return 0;
	hidden = VEC_PUSH(p->plan->hidden, p->plan->nr_hidden);
	if (!hidden)
		return -ENOMEM;
	str_copy(hidden->what, what);
	str_copy(hidden->why, why);
	return 0;
}

int plan_lock(struct planner *p, struct mhp_range range)
{
	struct mhp_range *lock = VEC_PUSH(p->plan->locks, p->plan->nr_locks);

	if (!lock)
		return -ENOMEM;
	*lock = range;
	return 0;
}

int plan_lock_region(struct planner *p, const char *name)
{
	const struct mhp_region *region = topology_find_region(p->topo, name);

	if (!region || region->start == MHP_UNKNOWN) /* not known what it is: all of it */
		return plan_lock(p, (struct mhp_range){ 0, UINT64_MAX });
	return plan_lock(p, (struct mhp_range){ region->start, region->start + region->size });
}

int plan_module(struct planner *p, const char *name, bool is_there, const char *why)
{
	struct mhp_step *step;

	for (size_t i = 0; i < p->plan->nr_steps; i++)
		if (p->plan->steps[i].type == MHP_STEP_LOAD_MODULE &&
		    strcmp(p->plan->steps[i].object, name) == 0)
			return 0;
	if (is_there)
		return 0;
	step = plan_step(p, MHP_STEP_LOAD_MODULE, MHP_NO_CHAIN, "%s", name);
	if (!step)
		return -ENOMEM;
	str_copy(step->why, why);
	return 0;
}

/* ---- the request ------------------------------------------------------------------------- */

static int usage(struct mhp_error *err, const char *message, const char *hint)
{
	return err_hint(err, err_set(err, -EINVAL, MHP_REASON_USAGE, "%s", message), "%s", hint);
}

static int check_request(const struct mhp_request *request, struct mhp_error *err)
{
	bool makes = request->verb == MHP_VERB_ONLINE || request->verb == MHP_VERB_CREATE;
	const char *at;

	if ((unsigned)request->verb >= MHP_VERB_MAX)
		return usage(err, "unknown request", "");
	if (request->node_given && (request->verb != MHP_VERB_OFFLINE || !request->size))
		return usage(err, "a node is chosen from only with a size",
			     "mhpctl offline --node 2 --size 4G");
	if (request->node_given == (request->nr_targets != 0))
		return usage(err,
			     request->node_given ? "targets and --node exclude each other"
						 : "no target",
			     "name what to work on, such as region0 or dax0.0");
	if (request->align & (request->align - 1))
		return usage(err, "no such alignment", "it is a power of two, such as 2M");
	if (!makes && (request->align || request->map || request->name || request->init_labels))
		return usage(err, "only a new namespace has an alignment, a map and a name", "");
	if (request->name && strlen(request->name) >= MHP_LABEL_MAX - 1)
		return usage(err, "the name is too long", "a label holds 63 bytes");
	for (at = request->name; at && *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return usage(err, "the name has control characters", "");
	return 0;
}

static int plan_target(struct planner *p, struct mhp_error *err)
{
	switch (p->request->verb) {
	case MHP_VERB_CREATE:
		return plan_create_target(p, err);
	case MHP_VERB_DESTROY:
		return plan_destroy_target(p, err);
	case MHP_VERB_ONLINE:
		return plan_online_target(p, err);
	case MHP_VERB_INIT:
		return plan_init_target(p, err);
	case MHP_VERB_OFFLINE:
		return p->request->node_given ? plan_offline_node(p, err)
					      : plan_offline_target(p, err);
	default:
		return plan_remove_target(p, err);
	}
}

/* With keep_going a target that cannot be planned is a failure of its own, else of the whole. */
static int target_failed(struct planner *p, int rc, const struct mhp_error *why,
			 struct mhp_error *err)
{
	struct mhp_failure *failure;

	if (!p->request->keep_going || rc == -ENOMEM || why->reason == MHP_REASON_USAGE) {
		if (err)
			*err = *why;
		return rc;
	}
	failure = PLAN_GROW(p->plan->failures, p->plan->nr_failures);
	if (!failure)
		return -ENOMEM;
	str_copy(failure->target, p->target->target.text);
	failure->error = *why;
	failure->migrate_failures = failure->node_pins = MHP_UNKNOWN;
	p->target->failed = true;
	return 0;
}

/* Half a target's steps would be worse than none. */
static void rewind_to(struct mhp_plan *plan, const struct mhp_plan *before)
{
	plan->nr_steps = before->nr_steps;
	plan->nr_consents = before->nr_consents;
	plan->nr_losses = before->nr_losses;
	plan->nr_hidden = before->nr_hidden;
	plan->partial = before->partial;
	while (plan->nr_chains > before->nr_chains)
		idset_free(&plan->chains[--plan->nr_chains].blocks);
}

static int one_target(struct planner *p, const char *name, struct mhp_error *err)
{
	const struct mhp_plan before = *p->plan;
	struct mhp_error why = p->refused[before.nr_targets];
	int rc;

	p->target = PLAN_GROW(p->plan->targets, p->plan->nr_targets);
	if (!p->target)
		return err_errno(err, -ENOMEM, "plan");
	if (name) {
		rc = target_parse(name, &p->target->target, err);
		if (rc < 0)
			return rc; /* bad usage ends the whole, keep_going or not */
		rc = why.reason ? -why.errnum : target_resolve(p->topo, &p->target->target, &why);
	} else {
		str_format(p->target->target.text, "node%d", p->request->node);
		rc = 0;
	}
	if (rc == 0)
		rc = plan_target(p, &why);
	if (rc >= 0)
		return 0;
	if (!why.reason)
		err_errno(&why, rc, "%s", p->target->target.text);
	rewind_to(p->plan, &before);
	p->target->nr_chains = 0;
	return target_failed(p, rc, &why, err);
}

/*
 * Drivers first: one that comes while a step is under way would take the device that the step has
 * made. On the way up then all that makes devices, so that what the kernel can do side by side
 * stands together, and blocks by address, which keeps zones contiguous.
 */
static uint64_t rank(const struct mhp_plan *plan, const struct mhp_step *step)
{
	const uint64_t last = 5;
	const struct idset *blocks;

	if (step->type == MHP_STEP_LOAD_MODULE)
		return 0;
	if (plan->verb != MHP_VERB_ONLINE && plan->verb != MHP_VERB_INIT)
		return last;
	switch (step->type) {
	case MHP_STEP_ENABLE_REGION:
	case MHP_STEP_INIT_LABELS:
		return 1;
	case MHP_STEP_CREATE_NAMESPACE:
		return 2;
	case MHP_STEP_ENABLE_NAMESPACE:
		return step->parallel ? 3 : 4;
	default:
		blocks = &plan->chains[step->chain].blocks;
		return last + (blocks->nr ? blocks->runs[0].first : 0);
	}
}

static void order_steps(struct mhp_plan *plan)
{
	for (size_t i = 1; i < plan->nr_steps; i++) {
		struct mhp_step step = plan->steps[i];
		uint64_t its = rank(plan, &step);
		size_t at = i;

		while (at && rank(plan, &plan->steps[at - 1]) > its)
			at--;
		memmove(&plan->steps[at + 1], &plan->steps[at], (i - at) * sizeof(step));
		plan->steps[at] = step;
	}
}

static size_t creations_in(const struct mhp_plan *plan, const char *region)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr_steps; i++)
		nr += plan->steps[i].type == MHP_STEP_CREATE_NAMESPACE &&
		      (!region || strcmp(plan->steps[i].object, region) == 0);
	return nr;
}

/*
 * The kernel offers one new namespace of a region at a time, so only those in regions of their own
 * can be made side by side; and only on the short way, where no memmap is initialised meanwhile.
 */
static void find_parallel_creations(struct mhp_plan *plan)
{
	bool several = creations_in(plan, NULL) > 1;

	for (size_t i = 0; i < plan->nr_steps; i++) {
		struct mhp_step *step = &plan->steps[i];

		if (step->type == MHP_STEP_CREATE_NAMESPACE && step->short_way)
			step->parallel = several && creations_in(plan, step->object) == 1;
	}
}

/* All steps, with their costs. */
static int build(struct planner *p, struct mhp_error *err)
{
	const struct mhp_request *request = p->request;
	int rc = 0;

	if (request->node_given)
		rc = one_target(p, NULL, err);
	for (size_t i = 0; i < request->nr_targets && rc == 0; i++)
		rc = one_target(p, request->targets[i], err);
	if (rc == 0)
		rc = plan_check_modules(p, err);
	if (rc < 0)
		return rc;
	find_parallel_creations(p->plan);
	order_steps(p->plan);
	rc = plan_costs(p);
	return rc < 0 ? err_errno(err, rc, "plan") : 0;
}

/* The targets that a chain belongs to are planned no more; how many there are. */
static size_t refuse(const struct mhp_plan *plan, uint32_t chain, const struct mhp_error *why,
		     struct mhp_error *refused)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr_targets; i++)
		for (size_t k = 0; k < plan->targets[i].nr_chains; k++)
			if (plan->targets[i].chains[k] == chain) {
				refused[i] = *why;
				nr++;
				break;
			}
	return nr;
}

int plan_new(const struct mhp_topology *topo, const struct mhp_request *request, bool second_round,
	     struct mhp_plan **ret, struct mhp_error *err)
{
	cleanup_free struct mhp_error *refused = calloc(request->nr_targets + 1, sizeof(*refused));
	struct mhp_error why = { 0 };
	uint32_t chain;
	int rc = check_request(request, err);

	if (rc < 0)
		return rc;
	while (refused) { /* with keep_going what does not fit is left out, and the rest is tried */
		cleanup_plan struct mhp_plan *plan = calloc(1, sizeof(*plan));
		struct planner p = {
			.topo = topo, .request = request, .plan = plan, .refused = refused
		};

		if (!plan)
			break;
		plan->verb = request->verb;
		plan->zone = request->zone;
		plan->second_round = second_round;
		rc = build(&p, err);
		if (rc < 0)
			return rc;
		rc = plan_fit(&p, &chain, &why);
		if (rc == 0) {
			*ret = TAKE_PTR(plan);
			return 0;
		}
		if (!request->keep_going || !refuse(plan, chain, &why, refused)) {
			if (err)
				*err = why;
			return rc;
		}
	}
	return err_errno(err, -ENOMEM, "plan");
}

MHP_EXPORT int mhp_plan_new(const struct mhp_topology *topo, const struct mhp_request *request,
			    struct mhp_plan **plan, struct mhp_error *err)
{
	return plan_new(topo, request, false, plan, err);
}

MHP_EXPORT void mhp_plan_free(struct mhp_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->nr_chains; i++)
		idset_free(&plan->chains[i].blocks);
	for (size_t i = 0; i < plan->nr_targets; i++)
		free(plan->targets[i].chains);
	free(plan->steps);
	free(plan->chains);
	free(plan->targets);
	free(plan->consents);
	free(plan->losses);
	free(plan->looks);
	free(plan->warnings);
	free(plan->failures);
	free(plan->node_costs);
	free(plan->alternatives);
	free(plan->locks);
	free(plan->hidden);
	free(plan);
}

MHP_EXPORT const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_steps ? &plan->steps[index] : NULL;
}

MHP_EXPORT const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_consents ? plan->consents[index].text : NULL;
}

MHP_EXPORT const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_losses ? &plan->losses[index] : NULL;
}

MHP_EXPORT unsigned mhp_plan_consent_kind(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_consents ? plan->consents[index].kind : 0;
}

MHP_EXPORT const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_warnings ? plan->warnings[index] : NULL;
}

MHP_EXPORT const struct mhp_hidden *mhp_plan_hidden(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_hidden ? &plan->hidden[index] : NULL;
}

MHP_EXPORT const char *mhp_plan_target(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_targets ? plan->targets[index].target.text : NULL;
}

MHP_EXPORT const struct mhp_failure *mhp_plan_failure(const struct mhp_plan *plan, size_t index)
{
	return index < plan->nr_failures ? &plan->failures[index] : NULL;
}

MHP_EXPORT const char *mhp_verb_name(enum mhp_verb verb)
{
	static const char *const names[MHP_VERB_MAX] = {
		[MHP_VERB_CREATE] = "create", [MHP_VERB_DESTROY] = "destroy",
		[MHP_VERB_ONLINE] = "online", [MHP_VERB_OFFLINE] = "offline",
		[MHP_VERB_REMOVE] = "remove", [MHP_VERB_INIT] = "init",
	};

	return (unsigned)verb < MHP_VERB_MAX ? names[verb] : "unknown";
}

MHP_EXPORT const char *mhp_step_name(enum mhp_step_type type)
{
	static const char *const names[MHP_STEP_MAX] = {
		[MHP_STEP_LOAD_MODULE] = "load-module",
		[MHP_STEP_ENABLE_REGION] = "enable-region",
		[MHP_STEP_INIT_LABELS] = "init-labels",
		[MHP_STEP_CREATE_NAMESPACE] = "create-namespace",
		[MHP_STEP_ENABLE_NAMESPACE] = "enable-namespace",
		[MHP_STEP_SET_MODE] = "set-mode",
		[MHP_STEP_ONLINE_BLOCK] = "online-block",
		[MHP_STEP_OFFLINE_BLOCK] = "offline-block",
		[MHP_STEP_DESTROY_NAMESPACE] = "destroy-namespace",
	};

	return (unsigned)type < MHP_STEP_MAX ? names[type] : "unknown";
}

MHP_EXPORT const char *mhp_zone_request_name(enum mhp_zone_request zone)
{
	static const char *const names[] = { "movable", "kernel", "auto" };

	return (unsigned)zone < ARRAY_SIZE(names) ? names[zone] : "unknown";
}
