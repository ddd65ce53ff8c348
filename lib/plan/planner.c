/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks a request, plans each target of it, and puts the steps in order. */
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/range.h"
#include "lib/base/sized.h"
#include "lib/base/vec.h"
#include "lib/plan/choice.h"
#include "lib/plan/cxl.h"
#include "lib/plan/failure.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Returns whether it has options of new namespaces, devices and regions, or a part for now. */
static bool makes_objects(const struct mhp_request *request)
{
	return request->align || request->map || request->name || request->init_labels ||
	       request->destroy || request->interleave || request->granularity || request->window ||
	       request->first;
}

/* Refuses two sizes, because each has a meaning of its own. */
static int fail_two_sizes(const struct mhp_request *request, struct mhp_error *err)
{
	if (request->verb != MHP_VERB_RESIZE)
		return err_usage(err, "give one size", "two sizes");
	return err_usage(
		err,
		"--to 4G is how much of the memory is online; --size 4G is the size of the "
		"dax device itself",
		"--to and --size cannot be combined");
}

/* Checks a request that chooses blocks. */
static int check_choice(const struct mhp_request *request, struct mhp_error *err)
{
	if (request->verb != MHP_VERB_OFFLINE && request->verb != MHP_VERB_ONLINE &&
	    request->verb != MHP_VERB_RESIZE)
		return err_usage(err, "mhpctl offline --node 2 --size 4G",
				 "only online, offline and resize can choose blocks");
	if (request->choose_bytes && request->bytes)
		return fail_two_sizes(request, err);
	if (request->has_node == (request->nr_targets != 0))
		return err_usage(err, "mhpctl offline --node 2 --size 4G",
				 request->has_node ? "targets and --node cannot be combined"
						   : "no target");
	if (request->nr_targets > 1)
		return err_usage(err, "run the command once for each",
				 "blocks can be chosen of one target only");
	if (makes_objects(request))
		return err_usage(err,
				 "leave them out, or name a target without --node and --device",
				 "options of new namespaces, devices and regions do not apply to "
				 "blocks that exist");
	return 0;
}

static int check_drain(const struct mhp_request *request, struct mhp_error *err)
{
	bool can_drain = request->verb == MHP_VERB_OFFLINE || request->verb == MHP_VERB_REMOVE ||
			 (request->verb == MHP_VERB_RESIZE && choice_bytes(request));

	if (!request->drain_ms || can_drain)
		return 0;
	return err_usage(err, "mhpctl offline --drain dax0.0",
			 "only offline, remove and resize --to can drain memory");
}

static int check_request(const struct mhp_request *request, struct mhp_error *err)
{
	bool makes = request->verb == MHP_VERB_ONLINE || request->verb == MHP_VERB_CREATE;

	if ((unsigned)request->verb >= NR_VERBS)
		return err_usage(err, "", "unknown request");
	if ((request->keep_bytes && plan_check_keep_request(request, err) < 0) ||
	    check_drain(request, err) < 0)
		return -EINVAL;
	if (choice_bytes(request))
		return check_choice(request, err);
	if (request->has_node)
		return err_usage(err, "mhpctl offline --node 2 --size 4G", "a node needs a size");
	if (!request->nr_targets)
		return err_usage(err, "name a target, such as region0 or dax0.0", "no target");
	if (request->align && !is_power_of_two(request->align))
		return err_usage(err, "it is a power of two, such as 2M", "no such alignment");
	if (request->verb == MHP_VERB_RESIZE && !request->bytes && !request->align)
		return err_usage(err, "mhpctl resize --size 4G dax0.1", "no size");
	if (!makes && (request->map || request->name || request->init_labels ||
		       (request->align && request->verb != MHP_VERB_RESIZE)))
		return err_usage(err, "",
				 "only a new namespace has an alignment, a map and a name");
	if (request->name && *request->name && plan_check_label(request->name, err) < 0)
		return -EINVAL;
	return plan_check_cxl_request(request, err);
}

static int plan_target(struct planner *p, struct mhp_error *err)
{
	int rc = choice_bytes(p->request) ? 0 : plan_cxl_target(p, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (choice_bytes(p->request))
		return plan_choice(p, err);
	switch (p->request->verb) {
	case MHP_VERB_CREATE:
		return plan_create_target(p, err);
	case MHP_VERB_DESTROY:
		return plan_destroy_target(p, err);
	case MHP_VERB_ONLINE:
		return plan_online_target(p, err);
	case MHP_VERB_INIT:
		return plan_init_target(p, err);
	case MHP_VERB_RESIZE:
		return plan_resize_target(p, err);
	case MHP_VERB_OFFLINE:
		return plan_offline_target(p, err);
	default:
		return plan_remove_target(p, err);
	}
}

/* Records the failure of one target with keep_going; else the whole plan fails. */
static int target_failed(struct planner *p, int rc, const struct mhp_error *why,
			 struct mhp_error *err)
{
	struct mhp_failure *failure;

	if (!p->request->keep_going || rc == -ENOMEM || why->reason == MHP_REASON_USAGE) {
		if (err)
			*err = *why;
		return rc;
	}
	failure = VEC_PUSH(p->plan->failures, p->plan->nr_failures);
	if (!failure)
		return -ENOMEM;
	failure_init(failure, p->target->target.text, why);
	p->target->failed = true;
	return 0;
}

/* Removes all that a failed target added: half of its steps would be worse than none. */
static void restore_plan(struct mhp_plan *plan, const struct mhp_plan *before)
{
	plan->nr_steps = before->nr_steps;
	plan->nr_consents = before->nr_consents;
	plan->nr_losses = before->nr_losses;
	plan->nr_hidden = before->nr_hidden;
	plan->partial = before->partial;
	plan->has_repairs = before->has_repairs;
	plan->verb = before->verb;
	while (plan->nr_chains > before->nr_chains)
		idset_free(&plan->chains[--plan->nr_chains].blocks);
}

static int add_target(struct planner *p, const char *name, struct mhp_error *err)
{
	const struct mhp_plan before = *p->plan;
	struct mhp_error why = p->refused[before.nr_targets];
	int rc;

	p->target = VEC_PUSH(p->plan->targets, p->plan->nr_targets);
	if (!p->target)
		return err_errno(err, -ENOMEM, "plan");
	if (name) {
		rc = target_parse(name, &p->target->target, err);
		if (rc < 0)
			return rc; /* wrong usage fails the whole plan, even with keep_going */
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
	log_line(&p->topo->log, "%s is refused: %s", p->target->target.text, why.message);
	restore_plan(p->plan, &before);
	p->target->nr_chains = 0;
	return target_failed(p, rc, &why, err);
}

#define RANK_CXL   1 /* regions that are destroyed before others are made, each with its own rank */
#define RANK_FIRST 64

/* Orders regions that are destroyed; remove and destroy do it when all memory is gone. */
static uint64_t destroy_rank(const struct planner *p, const struct mhp_step *step)
{
	unsigned long order = cxl_destroy_order(p, step->object);
	bool is_last = p->plan->verb == MHP_VERB_REMOVE || p->plan->verb == MHP_VERB_DESTROY;
	uint64_t later = order < RANK_FIRST - RANK_CXL ? RANK_FIRST - RANK_CXL - 1 - order : 0;

	return later + (is_last ? UINT64_MAX - RANK_FIRST : RANK_CXL);
}

/*
 * Returns the rank of a step; lower ranks run first. Modules come first: a driver that loads
 * during a step could bind the device that the step creates. For online and init, steps that create
 * regions and devices follow, so that parallel steps are adjacent, then blocks by address, which
 * keeps zones contiguous.
 */
static uint64_t step_rank(const struct planner *p, const struct mhp_step *step)
{
	const struct mhp_plan *plan = p->plan;
	const uint64_t last = RANK_FIRST + 5;
	const struct idset *blocks;

	if (step->type == MHP_STEP_LOAD_MODULE)
		return 0;
	if (step->type == MHP_STEP_DESTROY_CXL_REGION)
		return destroy_rank(p, step);
	if (plan->verb != MHP_VERB_ONLINE && plan->verb != MHP_VERB_INIT)
		return last;
	switch (step->type) {
	case MHP_STEP_ENABLE_REGION:
	case MHP_STEP_INIT_LABELS:
	case MHP_STEP_ENABLE_MEMDEV:
		return RANK_FIRST + 1;
	case MHP_STEP_CREATE_CXL_REGION:
	case MHP_STEP_ADD_MEMDEV:
	case MHP_STEP_COMMIT_CXL_REGION:
	case MHP_STEP_ENABLE_CXL_REGION:
	case MHP_STEP_CREATE_NAMESPACE:
		return RANK_FIRST + 2;
	case MHP_STEP_ENABLE_NAMESPACE:
		return RANK_FIRST + (step->is_parallel ? 3 : 4);
	default:
		blocks = &plan->chains[step->chain].blocks;
		return last + (blocks->nr ? blocks->runs[0].first : 0);
	}
}

/* Sorts the steps by rank. The sort is stable, which keeps the order inside a chain. */
static void order_steps(const struct planner *p)
{
	struct mhp_plan *plan = p->plan;

	for (size_t i = 1; i < plan->nr_steps; i++) {
		struct mhp_step step = plan->steps[i];
		uint64_t its = step_rank(p, &step);
		size_t at = i;

		while (at && step_rank(p, &plan->steps[at - 1]) > its)
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
 * Marks creations that can run in parallel: one for each region, as the kernel offers a single seed
 * namespace of a region at a time; and only with direct_to_kmem, where no memmap is initialised.
 */
static void find_parallel_creations(struct mhp_plan *plan)
{
	bool several = creations_in(plan, NULL) > 1;

	for (size_t i = 0; i < plan->nr_steps; i++) {
		struct mhp_step *step = &plan->steps[i];

		if (step->type == MHP_STEP_CREATE_NAMESPACE && step->is_direct_to_kmem)
			step->is_parallel = several && creations_in(plan, step->object) == 1;
	}
}

/* Plans the steps of all targets, with their costs. */
static int build_plan(struct planner *p, struct mhp_error *err)
{
	const struct mhp_request *request = p->request;
	int rc = 0;

	if (request->has_node)
		rc = add_target(p, NULL, err);
	for (size_t i = 0; i < request->nr_targets && rc == 0; i++)
		rc = add_target(p, request->targets[i], err);
	if (rc == 0)
		rc = plan_check_modules(p, err);
	if (rc == 0)
		rc = plan_check_keep(p, err);
	if (rc < 0)
		return rc;
	find_parallel_creations(p->plan);
	order_steps(p);
	rc = plan_costs(p);
	if (rc == 0)
		rc = plan_drain(p);
	return rc < 0 ? err_errno(err, rc, "plan") : 0;
}

/* Excludes the targets of a chain from the next attempt. Returns their number. */
static size_t refuse_chain(const struct mhp_plan *plan, uint32_t chain, const struct mhp_error *why,
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
	while (refused) { /* with keep_going: try again without the targets that do not fit */
		cleanup_plan struct mhp_plan *plan = calloc(1, sizeof(*plan));
		struct planner p = {
			.topo = topo, .request = request, .plan = plan, .refused = refused
		};

		if (!plan)
			break;
		plan->verb = request->verb;
		plan->zone = request->zone;
		plan->keep_bytes = request->keep_bytes;
		plan->second_round = second_round;
		rc = build_plan(&p, err);
		if (rc < 0)
			return rc;
		rc = plan_check_memmaps(&p, &chain, &why);
		if (rc == 0) {
			plan_log(&p);
			*ret = TAKE_PTR(plan);
			return 0;
		}
		log_line(&topo->log, "it does not fit: %s", why.message);
		if (!request->keep_going || !refuse_chain(plan, chain, &why, refused)) {
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
	struct mhp_request known;
	int rc = request_take(&known, request, err);

	return rc < 0 ? rc : plan_new(topo, &known, false, plan, err);
}
