/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps for CXL memory devices and regions, which run the tasks of lib/sys/cxl/change.h. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/autoprobe.h"
#include "lib/exec/cxl-look.h"
#include "lib/exec/event.h"
#include "lib/exec/intent-log.h"
#include "lib/exec/step.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"

#include <errno.h>
#include <string.h>

/* One try of a step, with its objects as they were before. */
struct attempt {
	struct exec *x;
	const struct mhp_step *step;
	struct chain *chain;
	struct cxl_made *made;
	const char *memdev; /* of the step, or "" */
	uint64_t start;
	struct child_result result;
	struct mhp_error err;
	bool has_region;
	struct mhp_cxl_region region;
	bool has_memdev;
	struct mhp_cxl_memdev before;
};

static struct attempt attempt_of(struct exec *x, const struct mhp_step *step)
{
	bool is_about_memdev =
		step->type == MHP_STEP_ENABLE_MEMDEV || step->type == MHP_STEP_ADD_MEMDEV;

	return (struct attempt){
		.x = x,
		.step = step,
		.chain = &x->plan->chains[step->chain],
		.made = &x->chains[step->chain].cxl,
		.memdev = is_about_memdev ? step->object : "",
		.start = clock_msec(),
	};
}

static int end_attempt(struct attempt *a, const char *object, int rc)
{
	if (rc == -CXL_NOT_SHOWN && !a->err.reason) /* its answer cannot be read */
		rc = -EPROTO;
	return step_told(a->x, a->step, object, rc, &a->err, a->start);
}

/* ---- identity ---------------------------------------------------------------------------- */

static void identify_region(const struct attempt *a, struct cxl_region_id *id)
{
	const struct cxl_setup *cxl = &a->chain->cxl;
	const struct mhp_cxl_region *known = topology_find_cxl_region(a->x->topo, cxl->region);

	*id = (struct cxl_region_id){ .size = MHP_UNKNOWN, .start = MHP_UNKNOWN };
	str_copy(id->name, cxl->region);
	str_copy(id->window, cxl->window);
	if (a->made->is_made) {
		id->size = a->made->size;
		id->start = a->made->start;
	} else if (known) {
		id->size = known->size;
		id->start = known->start;
	}
}

static void identify_memdev(const struct attempt *a, struct cxl_memdev_id *id)
{
	const struct mhp_cxl_memdev *known = topology_find_cxl_memdev(a->x->topo, a->memdev);

	*id = (struct cxl_memdev_id){ .serial = known ? known->serial : MHP_UNKNOWN };
	str_copy(id->name, a->memdev);
}

static bool is_same_place(const struct cxl_region_id *id, const struct mhp_cxl_region *region)
{
	return strcmp(id->window, region->window) == 0 &&
	       (id->size == MHP_UNKNOWN || region->size == id->size) &&
	       (id->start == MHP_UNKNOWN || region->start == id->start);
}

/*
 * Returns whether the region is the one that was planned for. One that is to be destroyed may not
 * be set up any further: another program uses it then.
 */
static bool is_as_planned(const struct attempt *a, const struct mhp_cxl_region *region)
{
	const struct mhp_cxl_region *known = topology_find_cxl_region(a->x->topo, region->name);
	struct cxl_region_id id;

	identify_region(a, &id);
	if (!is_same_place(&id, region) || !cxl_has_members_of(&a->chain->cxl, region))
		return false;
	return a->step->type != MHP_STEP_DESTROY_CXL_REGION || !known ||
	       region->state <= known->state;
}

static int check_region(struct attempt *a)
{
	const char *name = a->chain->cxl.region;
	int rc;

	if (!*name || (!a->has_region && a->step->type == MHP_STEP_DESTROY_CXL_REGION))
		return 0;
	if (!a->has_region)
		return err_set(&a->err, -ENODEV, MHP_REASON_NO_SUCH_TARGET, "%s: no longer exists",
			       name);
	if (is_as_planned(a, &a->region))
		return 0;
	rc = err_set(&a->err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: is now a different region",
		     name);
	return err_hint(&a->err, rc, "check with mhpctl list, then run the command again");
}

/* Reads the objects of the step, and checks that they are those of the plan. */
static int look_before(struct attempt *a)
{
	cleanup_cxl_look struct cxl_look look = { 0 };
	const struct mhp_cxl_region *region;
	const struct mhp_cxl_memdev *memdev;
	int rc = cxl_look(a->x, &look, &a->err);

	if (rc < 0)
		return rc;
	region = cxl_look_region(&look, a->chain->cxl.region);
	memdev = cxl_look_memdev(&look, a->memdev);
	a->has_region = region != NULL;
	if (region)
		a->region = *region;
	a->has_memdev = memdev != NULL;
	if (memdev)
		a->before = *memdev;
	return check_region(a);
}

/* ---- calls ------------------------------------------------------------------------------- */

static int call(struct attempt *a, child_fn fn, const void *arg, size_t size, struct reply *reply)
{
	uint64_t bytes = a->chain->cxl.size == MHP_UNKNOWN ? 0 : a->chain->cxl.size;

	return exec_call(a->x, &(struct exec_task){ fn, arg, size, bytes }, reply, &a->result,
			 &a->err);
}

static int call_on_region(struct attempt *a, child_fn fn, struct reply *reply)
{
	struct cxl_region_id id;

	identify_region(a, &id);
	return call(a, fn, &id, sizeof(id), reply);
}

static int call_on_memdev(struct attempt *a, child_fn fn)
{
	struct cxl_memdev_id id;

	identify_memdev(a, &id);
	return call(a, fn, &id, sizeof(id), NULL);
}

static int call_on_member(struct attempt *a, child_fn fn)
{
	const struct cxl_setup *cxl = &a->chain->cxl;
	struct cxl_member_change change = { .bytes = cxl->ways ? cxl->size / cxl->ways : 0 };
	int at = cxl_position_of(cxl, a->memdev);

	if (at < 0)
		return err_set(&a->err, -EINVAL, MHP_REASON_KERNEL, "%s: has no place in %s",
			       a->memdev, cxl->region);
	identify_region(a, &change.region);
	identify_memdev(a, &change.memdev);
	change.position = (unsigned)at;
	return call(a, fn, &change, sizeof(change), NULL);
}

static bool region_differs(const struct attempt *a, const struct mhp_cxl_region *now)
{
	if (!now || !a->has_region)
		return a->has_region != (now != NULL);
	if (now->state != a->region.state || now->size != a->region.size ||
	    now->ways != a->region.ways)
		return true;
	for (unsigned i = 0; i < now->nr_members; i++)
		if (strcmp(now->members[i].decoder, a->region.members[i].decoder) != 0)
			return true;
	return false;
}

static bool memdev_differs(const struct attempt *a, const struct mhp_cxl_memdev *now)
{
	return a->has_memdev && now &&
	       (now->is_enabled != a->before.is_enabled ||
		now->ram_used_bytes != a->before.ram_used_bytes ||
		cxl_has_driver(&a->x->ctx->sys, a->memdev) == MHP_TRISTATE_UNKNOWN);
}

/*
 * Returns whether a call has changed something: it succeeded, or it failed and the bus differs from
 * before or cannot be read. The error then gets a hint.
 */
static bool has_changed(struct attempt *a, int rc)
{
	cleanup_cxl_look struct cxl_look look = { 0 };
	struct mhp_error ignored = { 0 };

	if (rc >= 0 || exec_is_unclear(&a->result, rc, &a->err))
		return true;
	if (a->result.end == CHILD_DIED && a->result.rc != -EPIPE)
		return false;
	a->made->is_unclear |= rc == -CXL_NOT_SHOWN;
	if (rc != -CXL_NOT_SHOWN && cxl_look(a->x, &look, &ignored) == 0 &&
	    !region_differs(a, cxl_look_region(&look, a->chain->cxl.region)) &&
	    !memdev_differs(a, cxl_look_memdev(&look, a->memdev)))
		return false;
	if (!*a->err.hint)
		err_hint(&a->err, rc,
			 "it may be half done: see mhpctl list; run the same command again to "
			 "continue");
	return true;
}

/* Ends an attempt after its call: records its change for the undo, and reports its failure. */
static int end_call(struct attempt *a, const char *object, int rc, bool *changed)
{
	*changed = has_changed(a, rc);
	if (*changed && exec_changed(a->x, a->step, &(struct done){ 0 }) < 0)
		return -ENOMEM;
	return end_attempt(a, object, rc);
}

/* ---- memory devices ---------------------------------------------------------------------- */

int step_enable_memdev(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	int rc = look_before(&a);

	if (rc < 0)
		return end_attempt(&a, step->object, rc);
	rc = call_on_memdev(&a, cxl_enable_memdev);
	return end_call(&a, step->object, rc, changed);
}

int step_add_memdev(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	int rc = look_before(&a);

	if (rc < 0)
		return end_attempt(&a, step->object, rc);
	rc = call_on_member(&a, cxl_add_member);
	return end_call(&a, step->object, rc, changed);
}

/* ---- regions ----------------------------------------------------------------------------- */

/* Names the objects of later steps of the chain, which were forecasts. */
static void name_later(const struct attempt *a, const char *region, const char *device)
{
	for (size_t i = 0; i < a->x->plan->nr_steps; i++) {
		struct mhp_step *later = &a->x->plan->steps[i];

		if (later <= a->step || later->chain != a->step->chain)
			continue;
		if (*region && (later->type == MHP_STEP_COMMIT_CXL_REGION ||
				later->type == MHP_STEP_ENABLE_CXL_REGION)) {
			str_copy(later->object, region);
			later->is_predicted = false;
		} else if (*device && later->type == MHP_STEP_SET_MODE) {
			str_copy(later->object, device);
			later->is_predicted = false;
		}
	}
}

static void take_created(struct attempt *a, const char *name, uint64_t size, uint64_t start)
{
	*a->made = (struct cxl_made){ .is_made = true, .size = size, .start = start };
	str_copy(a->chain->cxl.region, name);
	name_later(a, name, "");
}

/*
 * Finds the region that a writer without an answer has created, if it has: the name that the kernel
 * had offered, without members and with no other size and ways than those of the plan.
 */
static void find_created(struct attempt *a, const char *offered)
{
	const struct cxl_setup *cxl = &a->chain->cxl;
	cleanup_cxl_look struct cxl_look look = { 0 };
	struct mhp_error ignored = { 0 };
	const struct mhp_cxl_region *region;

	if (cxl_look(a->x, &look, &ignored) < 0)
		return;
	region = cxl_look_region(&look, offered);
	if (!region || topology_find_cxl_region(a->x->topo, offered) ||
	    strcmp(region->window, cxl->window) != 0 ||
	    (region->size && region->size != cxl->size) ||
	    (region->ways && region->ways != cxl->ways))
		return;
	for (unsigned i = 0; i < region->nr_members; i++)
		if (*region->members[i].decoder)
			return;
	take_created(a, offered, region->size, region->start);
}

int step_create_cxl_region(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	const struct cxl_setup *cxl = &a.chain->cxl;
	struct cxl_create args = {
		.ways = cxl->ways,
		.granularity = cxl->granularity,
		.size = cxl->size,
	};
	cleanup_reply struct reply reply = { 0 };
	struct cxl_created created;
	char offered[MHP_NAME_MAX];
	int rc;

	if (x->intent) {
		str_copy(args.intent, x->intent->name);
		args.intent_step = intent_log_number(x, step);
	}
	str_copy(args.window, cxl->window);
	cxl_text(&x->ctx->sys, cxl->window, "create_ram_region", offered, sizeof(offered));
	rc = call(&a, cxl_create_region, &args, sizeof(args), &reply);
	if (rc == 0 && reply.len != sizeof(created))
		rc = -CXL_NOT_SHOWN;
	if (rc == 0) {
		memcpy(&created, reply.data, sizeof(created));
		take_created(&a, created.name, cxl->size, created.start);
	} else if (rc == -CXL_NOT_SHOWN || exec_is_unclear(&a.result, rc, &a.err)) {
		find_created(&a, offered);
	}
	*changed = a.made->is_made || rc == -CXL_NOT_SHOWN;
	if (a.made->is_made && exec_changed(x, step, &(struct done){ 0 }) < 0)
		return -ENOMEM;
	return end_attempt(&a, step->object, rc);
}

int step_commit_cxl_region(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	int rc = look_before(&a);

	if (rc < 0)
		return end_attempt(&a, step->object, rc);
	rc = call_on_region(&a, cxl_commit_region, NULL);
	a.made->is_committed = rc >= 0;
	return end_call(&a, step->object, rc, changed);
}

/* Enables the region while no driver can bind to its new dax device. */
static int call_enable(struct attempt *a, struct cxl_enabled *enabled)
{
	cleanup_reply struct reply reply = { 0 };
	int rc = autoprobe_hold(a->x, false, &a->err);

	if (rc < 0) /* nothing was called */
		a->result = (struct child_result){ .end = CHILD_DIED, .rc = rc };
	else
		rc = call_on_region(a, cxl_enable_region, &reply);
	if (rc == 0 && reply.len != sizeof(*enabled))
		rc = -CXL_NOT_SHOWN;
	if (rc == 0)
		memcpy(enabled, reply.data, sizeof(*enabled));
	autoprobe_own_region(a->x, a->chain->cxl.region);
	autoprobe_release(a->x);
	return rc;
}

int step_enable_cxl_region(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	struct cxl_enabled enabled;
	int rc = look_before(&a);

	if (rc < 0)
		return end_attempt(&a, step->object, rc);
	rc = call_enable(&a, &enabled);
	*changed = has_changed(&a, rc);
	if (*changed && exec_changed(x, step, &(struct done){ 0 }) < 0)
		return -ENOMEM;
	if (rc == 0) {
		str_copy(a.chain->device, enabled.device);
		name_later(&a, "", enabled.device);
		rc = step_take_device(x, step, enabled.device, &a.err);
	}
	return end_attempt(&a, step->object, rc);
}

int step_destroy_cxl_region(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct attempt a = attempt_of(x, step);
	int rc = look_before(&a);

	if (rc < 0)
		return end_attempt(&a, step->object, rc);
	rc = call_on_region(&a, cxl_destroy_region, NULL);
	*changed = has_changed(&a, rc) && a.has_region;
	return end_attempt(&a, step->object, rc);
}

/* ---- undo -------------------------------------------------------------------------------- */

/* Takes the device of the region from kmem, which the kernel has bound by itself. */
static int leave_kmem(struct exec *x, const struct mhp_step *step)
{
	const char *device = x->plan->chains[step->chain].device;
	struct mhp_step mode = { .type = MHP_STEP_SET_MODE, .chain = step->chain };
	char driver[MHP_NAME_MAX];
	bool changed;

	if (!*device || dax_driver(x->ctx, device, driver, sizeof(driver)) < 0 ||
	    strcmp(driver, "kmem") != 0)
		return 0;
	mode.mode = MHP_DAX_UNBOUND;
	str_copy(mode.object, device);
	return step_set_mode(x, &mode, &changed);
}

int undo_cxl_step(struct exec *x, const struct mhp_step *step)
{
	struct attempt a = attempt_of(x, step);
	int rc;

	switch (step->type) {
	case MHP_STEP_ENABLE_MEMDEV:
		rc = call_on_memdev(&a, cxl_disable_memdev);
		break;
	case MHP_STEP_ADD_MEMDEV:
		rc = call_on_member(&a, cxl_remove_member);
		break;
	case MHP_STEP_COMMIT_CXL_REGION:
		rc = call_on_region(&a, cxl_reset_region, NULL);
		a.made->is_committed = a.made->is_committed && rc < 0;
		break;
	case MHP_STEP_ENABLE_CXL_REGION:
		rc = leave_kmem(x, step);
		if (rc < 0) /* it is reported */
			return rc;
		rc = call_on_region(&a, cxl_disable_region, NULL);
		break;
	default: /* create_cxl_region */
		rc = call_on_region(&a, cxl_destroy_region, NULL);
		a.made->is_made = rc < 0;
		return end_attempt(&a, a.chain->cxl.region, rc);
	}
	return end_attempt(&a, step->object, rc);
}

static const struct mhp_step *create_step(const struct exec *x, uint32_t chain)
{
	for (size_t i = 0; i < x->plan->nr_steps; i++)
		if (x->plan->steps[i].chain == chain &&
		    x->plan->steps[i].type == MHP_STEP_CREATE_CXL_REGION)
			return &x->plan->steps[i];
	return NULL;
}

static void end_one(struct exec *x, const struct mhp_step *step)
{
	struct attempt a = attempt_of(x, step);
	const char *name = a.chain->cxl.region;
	int rc;

	x->object = name;
	rc = call_on_region(&a, cxl_destroy_region, NULL);
	if (rc < 0) {
		event_warning(x, "%s: is half made and cannot be destroyed: %s; see mhpctl list",
			      name, *a.err.message ? a.err.message : strerror(-rc));
		intent_log_keep(x);
		return;
	}
	event_warning(x, "%s: was not finished, so it was destroyed again", name);
	a.made->is_made = false;
	x->chains[step->chain].changed = a.made->is_unclear;
}

void cxl_end_unfinished(struct exec *x)
{
	x->undoing = true;
	for (uint32_t i = 0; i < x->plan->nr_chains; i++) {
		const struct cxl_made *made = &x->chains[i].cxl;
		const struct mhp_step *step = create_step(x, i);

		if (step && made->is_made && !made->is_committed)
			end_one(x, step);
	}
	x->undoing = false;
}
