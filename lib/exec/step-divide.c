/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps for devices of dax regions: create, resize, destroy. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/exec/step.h"
#include "lib/sys/dax/divide.h"

#include <errno.h>
#include <string.h>

static const struct mhp_dax_region *region_of(const struct exec *x, const struct mhp_step *step)
{
	const struct chain *chain = &x->plan->chains[step->chain];

	return topology_find_dax_region(x->topo,
					*chain->dax_region ? chain->dax_region : step->object);
}

static void identify_region(const struct mhp_dax_region *region, struct dax_region_id *id)
{
	*id = (struct dax_region_id){ .size = region->size };
	str_copy(id->path, region->path);
}

int step_take_device(struct exec *x, const struct mhp_step *step, const char *name,
		     struct mhp_error *err)
{
	struct chain_state *state = &x->chains[step->chain];
	struct mhp_dax dax;
	int rc = exec_read_dax(x, name, &dax, err);

	state->is_divided = true;
	if (rc < 0)
		return rc;
	dax_identify(&dax, &state->made);
	state->ranges = ranges_of(&dax);
	return 0;
}

/* Returns whether a task has changed something, as the machine shows it. */
static bool has_changed(const struct child_result *result, int rc, bool differs,
			struct mhp_error *err)
{
	return rc >= 0 || exec_is_unclear(result, rc, err) || differs;
}

/* ---- create ------------------------------------------------------------------------------ */

int step_create_device(struct exec *x, struct mhp_step *step, bool *changed)
{
	const struct mhp_dax_region *region = region_of(x, step);
	struct chain *chain = &x->plan->chains[step->chain];
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	struct dax_created created = { 0 };
	struct dax_region_id id;
	int rc;

	identify_region(region, &id);
	rc = exec_call(x, &(struct exec_task){ dax_create_device, &id, sizeof(id), 0 }, &reply,
		       &result, &err);
	if (rc == 0 && reply.len != sizeof(created))
		rc = -EPROTO;
	if (reply.len == sizeof(created))
		memcpy(&created, reply.data, sizeof(created));
	*changed = has_changed(&result, rc, created.may_exist, &err);
	if (rc == 0) {
		str_copy(chain->device, created.name);
		if (exec_changed(x, step, &(struct done){ 0 }) < 0)
			return -ENOMEM;
		rc = step_take_device(x, step, created.name, &err);
	}
	return step_told(x, step, step->object, rc, &err, start);
}

/* ---- resize ------------------------------------------------------------------------------ */

static int call_resize(struct exec *x, const struct dax_resize *args, bool *changed,
		       struct mhp_error *err)
{
	const struct exec_task task = { dax_resize_device, args, sizeof(*args), 0 };
	struct mhp_error ignored = { 0 };
	struct child_result result;
	struct mhp_dax dax;
	struct ranges now;
	int rc = exec_call(x, &task, NULL, &result, err);
	bool differs = true;

	if (rc < 0 && exec_read_dax(x, args->name, &dax, &ignored) == 0) {
		now = ranges_of(&dax);
		differs = !dax.has_ranges || !ranges_equal(&now, &args->from);
	}
	*changed = has_changed(&result, rc, differs, err);
	return rc;
}

/* Fills the arguments for the device of the chain. Returns 0 or a negative errno. */
static int prepare_resize(struct exec *x, const struct mhp_step *step, struct dax_resize *args,
			  struct mhp_error *err)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const struct mhp_dax *known = topology_find_dax(x->topo, chain->device);
	const struct chain_state *state = &x->chains[step->chain];

	*args = (struct dax_resize){
		.to = chain->ranges,
		.size = step->size,
		.align = step->align,
	};
	str_copy(args->name, chain->device);
	if (*state->made.name) { /* created by this run, without memory */
		str_copy(args->path, state->made.path);
		return 0;
	}
	if (!known || !known->has_ranges)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: its address ranges cannot be read", chain->device);
	str_copy(args->path, known->path);
	args->from = ranges_of(known);
	return 0;
}

int step_resize_device(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct chain *chain = &x->plan->chains[step->chain];
	struct chain_state *state = &x->chains[step->chain];
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	struct dax_resize args;
	int rc = prepare_resize(x, step, &args, &err);

	str_copy(step->object, chain->device);
	if (rc == 0) {
		state->before = args.from;
		rc = call_resize(x, &args, changed, &err);
	}
	if (*changed && exec_changed(x, step, &(struct done){ 0 }) < 0)
		return -ENOMEM;
	if (rc == 0)
		rc = step_take_device(x, step, chain->device, &err);
	return step_told(x, step, chain->device, rc, &err, start);
}

int undo_resize_device(struct exec *x, const struct mhp_step *step)
{
	const struct chain_state *state = &x->chains[step->chain];
	const struct mhp_dax *known =
		topology_find_dax(x->topo, x->plan->chains[step->chain].device);
	struct dax_resize args = { .to = state->before, .size = ranges_bytes(&state->before) };
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	struct mhp_dax dax;
	bool changed;
	int rc;

	str_copy(args.name, x->plan->chains[step->chain].device);
	str_copy(args.path, *state->made.name ? state->made.path : known ? known->path : "");
	args.align = known ? known->align : 0;
	rc = exec_read_dax(x, args.name, &dax, &err);
	if (rc == 0) {
		args.from = ranges_of(&dax);
		rc = call_resize(x, &args, &changed, &err);
	}
	return step_told(x, step, args.name, rc, &err, start);
}

/* ---- destroy ----------------------------------------------------------------------------- */

static int call_delete(struct exec *x, const struct mhp_step *step, const char *name,
		       struct child_result *result, struct mhp_error *err)
{
	const struct mhp_dax_region *region = region_of(x, step);
	struct dax_delete args = { 0 };

	identify_region(region, &args.region);
	str_copy(args.name, name);
	return exec_call(x, &(struct exec_task){ dax_delete_device, &args, sizeof(args), 0 }, NULL,
			 result, err);
}

int step_destroy_device(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct child_result result;
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	int rc = call_delete(x, step, step->object, &result, &err);

	x->chains[step->chain].is_divided = true;
	*changed = has_changed(&result, rc, false, &err);
	return step_told(x, step, step->object, rc, &err, start);
}

int undo_create_device(struct exec *x, const struct mhp_step *step)
{
	const char *name = x->plan->chains[step->chain].device;
	struct child_result result;
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	int rc = call_delete(x, step, name, &result, &err);

	return step_told(x, step, name, rc, &err, start);
}
