/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps for regions and namespaces, which run the nd tasks in the writer. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/autoprobe.h"
#include "lib/exec/event.h"
#include "lib/exec/records.h"
#include "lib/exec/step.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/kernel.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <string.h>

#define DIMMS_MS 5000
#define SCAN_MS	 10000

int step_told(struct exec *x, const struct mhp_step *step, const char *object, int rc,
	      struct mhp_error *err, uint64_t start)
{
	if (rc >= 0)
		return 0;
	if (!err->reason)
		err_errno(err, rc, "%s", object);
	return exec_fail(x, step, object, err, "", clock_msec() - start);
}

/* Compares what the steps change. */
static bool same_region(const struct mhp_region *a, const struct mhp_region *b)
{
	return a->is_enabled == b->is_enabled && a->has_labels == b->has_labels &&
	       a->available_bytes == b->available_bytes;
}

static bool same_namespace(const struct mhp_namespace *a, const struct mhp_namespace *b)
{
	return a->is_enabled == b->is_enabled && a->mode == b->mode && a->raw_size == b->raw_size &&
	       a->is_forced_raw == b->is_forced_raw && strcmp(a->uuid, b->uuid) == 0;
}

/* Returns the name of the region of an object, which is one itself or a namespace. */
static const char *region_of(const struct exec *x, const char *object)
{
	const struct mhp_namespace *ns = topology_find_namespace(x->topo, object);

	return ns ? ns->region : object;
}

static size_t count_namespaces(const struct exec *x, const char *region)
{
	size_t nr = 0;

	for (size_t i = 0; i < x->topo->nr_namespaces; i++)
		nr += strcmp(x->topo->namespaces[i].region, region) == 0;
	return nr;
}

/* Returns whether a region in the reply of a scan is as in the topology, with its namespaces. */
static bool is_as_before(const struct exec *x, const char *name, const struct reply *reply)
{
	size_t nr = count_namespaces(x, name), at = sizeof(struct nd_scan_head);
	const struct mhp_region *region;
	struct nd_scan_head head;
	bool found = false;

	if (reply->len < sizeof(head))
		return false;
	memcpy(&head, reply->data, sizeof(head));
	for (size_t i = 0; i < head.nr_regions; i++, at += sizeof(*region)) {
		struct mhp_region now;

		if (at + sizeof(now) > reply->len)
			return false;
		memcpy(&now, reply->data + at, sizeof(now));
		region = topology_find_region(x->topo, now.name);
		if (strcmp(now.name, name) == 0)
			found = region && same_region(region, &now);
	}
	for (size_t i = 0; i < head.nr_namespaces; i++, at += sizeof(struct mhp_namespace)) {
		const struct mhp_namespace *before;
		struct mhp_namespace now;

		if (at + sizeof(now) > reply->len)
			return false;
		memcpy(&now, reply->data + at, sizeof(now));
		if (strcmp(now.region, name) != 0)
			continue;
		before = topology_find_namespace(x->topo, now.name);
		if (!before || !same_namespace(before, &now) || nr-- == 0)
			return false;
	}
	return found && nr == 0;
}

/* Returns whether the region of an object differs from the topology, or cannot be read. */
static bool region_differs(struct exec *x, const char *object)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(SCAN_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;

	return child_call(&x->writer, &(struct child_task){ .fn = x->ctx->nd->scan }, &wait, &reply,
			  &result, NULL) < 0 ||
	       !is_as_before(x, region_of(x, object), &reply);
}

bool step_has_changed(struct exec *x, const struct mhp_step *step,
		      const struct child_result *result, int rc, struct mhp_error *err)
{
	if (rc >= 0 || exec_is_unclear(result, rc, err))
		return true;
	if (x->undoing)
		return false;
	/*
	 * an earlier step of the chain may have made the difference, which is then reported already
	 */
	if (x->chains[step->chain].changed || (result->end == CHILD_DIED && result->rc != -EPIPE))
		return false;
	if (!region_differs(x, step->object))
		return false;
	if (!*err->hint)
		err_hint(err, rc,
			 "it may be half done: see mhpctl list; run the same command again to "
			 "continue");
	return true;
}

/* Runs a task that changes a region or a namespace and returns no data. */
static int run_named_call(struct exec *x, const struct mhp_step *step, child_fn fn,
			  const char *name, bool *changed, struct child_result *result)
{
	struct nd_change_args args = {
		.overwrite = step->overwrite,
		.force_users = x->options->force_users,
	};
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	int rc;

	str_copy(args.name, name);
	exec_identity(x, step->chain, name, &args.ns);
	rc = exec_call(x, &(struct exec_task){ fn, &args, sizeof(args), step->size }, NULL, result,
		       &err);
	*changed = step_has_changed(x, step, result, rc, &err);
	return step_told(x, step, name, rc, &err, start);
}

static int run_named_task(struct exec *x, const struct mhp_step *step, child_fn fn,
			  const char *name, bool *changed)
{
	struct child_result result;

	return run_named_call(x, step, fn, name, changed, &result);
}

/*
 * Enables the DIMMs of a region and the region. Reading labels disables a DIMM for a moment, and a
 * writer that is killed then leaves both disabled.
 */
static void enable_dimms(struct exec *x, const struct mhp_step *step)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(DIMMS_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	struct nd_change_args args = { .overwrite = false };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	str_copy(args.name, step->object);
	rc = child_call(&x->writer, CHILD_TASK(x->ctx->nd->enable_dimms, &args), &wait, NULL,
			&result, &err);
	if (rc < 0)
		event_warning(x, "%s: its DIMMs may be disabled, see ndctl list -DRi: %s",
			      step->object, *err.message ? err.message : strerror(-rc));
}

/* Returns whether the writer was killed or died in the middle of its task. */
static bool is_cut_off(const struct child_result *result)
{
	return result->end == CHILD_KILLED || (result->end == CHILD_DIED && result->rc == -EPIPE);
}

/* Reports that the kernel accepted the step and the bus is as before. */
static int fail_without_effect(struct exec *x, const struct mhp_step *step, bool *changed)
{
	struct mhp_error err = { 0 };

	*changed = false;
	err_set(&err, -EIO, MHP_REASON_KERNEL,
		"%s: the kernel reports success for %s, and nothing "
		"has changed",
		step->object, mhp_step_type_text(step->type));
	return exec_fail(x, step, step->object, &err, "", 0);
}

int step_init_labels(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct child_result result;
	int rc = run_named_call(x, step, x->ctx->nd->init_labels, step->object, changed, &result);

	if (rc == 0 && !x->chains[step->chain].changed && !region_differs(x, step->object))
		return fail_without_effect(x, step, changed);
	if (is_cut_off(&result))
		enable_dimms(x, step);
	else if (result.end == CHILD_STUCK) /* the writer still works on them */
		event_warning(x, "%s: its DIMMs may be disabled, see ndctl list -DRi",
			      step->object);
	return rc;
}

/* Enables a region. With direct_to_kmem its namespaces stay disabled for the parallel steps. */
int step_enable_region(struct exec *x, struct mhp_step *step, bool *changed)
{
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	int rc = step->is_direct_to_kmem ? autoprobe_hold(x, true, &err) : 0;

	if (rc < 0)
		rc = step_told(x, step, step->object, rc, &err, start);
	else
		rc = run_named_task(x, step, x->ctx->nd->enable_region, step->object, changed);
	if (*changed && rc == 0 && !x->chains[step->chain].changed &&
	    !region_differs(x, step->object))
		rc = fail_without_effect(x, step, changed);
	if (step->is_direct_to_kmem)
		autoprobe_own_region(x, step->object);
	autoprobe_release(x);
	return rc;
}

/*
 * Runs a task of direct_to_kmem: with autoprobe off the new dax device stays unbound. Otherwise
 * device_dax would initialise a memmap of ZONE_DEVICE, only to tear it down again.
 */
static int call_with_autoprobe_off(struct exec *x, const struct exec_task *task,
				   struct reply *reply, struct child_result *result,
				   struct mhp_error *err)
{
	int rc = autoprobe_hold(x, false, err);

	if (rc == 0)
		rc = exec_call(x, task, reply, result, err);
	if (rc == 0)
		autoprobe_own(x, reply);
	autoprobe_release(x);
	return rc;
}

int step_take_created(struct exec *x, const struct mhp_step *step, const struct reply *reply)
{
	struct chain *chain = &x->plan->chains[step->chain];
	struct nd_created created;

	if (reply->len != sizeof(created))
		return -EPROTO;
	memcpy(&created, reply->data, sizeof(created));
	str_copy(chain->ns_name, created.ns_name);
	str_copy(chain->device, created.device);
	if (!*created.id)
		return 0;
	str_copy(chain->id, created.id);
	chain->raw_size = created.raw_size;
	if (created.record_rc < 0)
		event_warning(x,
			      "%s cannot be recorded as new: %s; mhpctl will ask before it "
			      "uses it again",
			      created.ns_name, strerror(-created.record_rc));
	else if (!step->is_direct_to_kmem)
		records_devdax(x, step, created.device);
	return 0;
}

static int run_namespace_task(struct exec *x, struct mhp_step *step, const struct exec_task *task,
			      bool *changed)
{
	cleanup_reply struct reply reply = { 0 };
	struct child_result result = { .end = CHILD_ANSWERED };
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	int rc;

	if (step->is_direct_to_kmem)
		rc = call_with_autoprobe_off(x, task, &reply, &result, &err);
	else
		rc = exec_call(x, task, &reply, &result, &err);
	if (rc == 0)
		rc = step_take_created(x, step, &reply);
	*changed = step_has_changed(x, step, &result, rc, &err);
	if (rc == 0)
		return exec_changed(x, step, &(struct done){ 0 });
	return step_told(x, step, step->object, rc, &err, start);
}

void step_create_args(const struct exec *x, const struct mhp_step *step,
		      struct nd_create_args *args)
{
	*args = (struct nd_create_args){
		.force_users = x->options->force_users,
		.size = step->size,
		.align = step->align,
		.map = step->map,
		.overwrite = step->overwrite,
	};
	str_copy(args->region, step->object);
	str_copy(args->label, step->label);
	str_copy(args->uuid, x->plan->chains[step->chain].new_id);
	if (x->intent) {
		str_copy(args->intent, x->intent->name);
		args->intent_step = intent_log_number(x, step);
	}
}

int step_create_namespace(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct nd_create_args args;
	const struct exec_task task = { x->ctx->nd->create, &args, sizeof(args), step->size };

	step_create_args(x, step, &args);
	return run_namespace_task(x, step, &task, changed);
}

int step_enable_namespace(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct nd_enable_args args = {
		.align = step->align,
		.map = step->map,
		.overwrite = step->overwrite,
		.force_users = x->options->force_users,
	};
	const struct exec_task task = { x->ctx->nd->enable, &args, sizeof(args), step->size };

	str_copy(args.ns_name, step->object);
	exec_identity(x, step->chain, step->object, &args.ns);
	return run_namespace_task(x, step, &task, changed);
}

int undo_enable_namespace(struct exec *x, const struct mhp_step *step)
{
	bool changed;

	return run_named_task(x, step, x->ctx->nd->disable, step->object, &changed);
}

/*
 * Ends the raw mode in which a destroy clears the info block of a region without labels. A writer
 * that is killed then leaves the namespace in it, and its device would stay hidden.
 */
static void end_raw(struct exec *x, const struct mhp_step *step)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(DIMMS_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	const struct mhp_region *region = topology_find_region(x->topo, region_of(x, step->object));
	struct nd_change_args args = { .force_users = x->options->force_users };
	struct child_result result;
	struct mhp_error err = { 0 };
	int rc;

	if (region && region->has_labels)
		return;
	str_copy(args.name, step->object);
	rc = child_call(&x->writer, CHILD_TASK(x->ctx->nd->end_raw, &args), &wait, NULL, &result,
			&err);
	if (rc < 0)
		event_warning(x, "%s: may be in raw mode, see mhpctl list: %s", step->object,
			      *err.message ? err.message : strerror(-rc));
}

int step_destroy_namespace(struct exec *x, struct mhp_step *step, bool *changed)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	struct child_result result;
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	char driver[MHP_NAME_MAX];
	int rc;

	if (*chain->device && dax_driver(x->ctx, chain->device, driver, sizeof(driver)) == 0 &&
	    strcmp(driver, "kmem") == 0) {
		rc = err_set(&err, -EBUSY, MHP_REASON_IN_USE, "%s: %s is system memory",
			     step->object, chain->device);
		return step_told(x, step, step->object, rc, &err, start);
	}
	rc = run_named_call(x, step, x->ctx->nd->destroy, step->object, changed, &result);
	if (is_cut_off(&result))
		end_raw(x, step);
	if (rc == 0)
		records_destroyed(x, step);
	return rc;
}
