/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the devices that a run has created, resized or destroyed again at its end. */
#include "lib/base/error.h"
#include "lib/exec/event.h"
#include "lib/exec/final-state.h"
#include "lib/model/dax-region.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <string.h>

static const struct mhp_step *last_step(const struct exec *x, uint32_t chain)
{
	for (size_t i = x->plan->nr_steps; i-- > 0;)
		if (x->plan->steps[i].chain == chain)
			return &x->plan->steps[i];
	return NULL;
}

static bool has_ended_well(const struct exec *x, uint32_t chain)
{
	const struct chain_state *state = &x->chains[chain];
	size_t nr = 0;

	for (size_t i = 0; i < x->plan->nr_steps; i++)
		nr += x->plan->steps[i].chain == chain;
	return state->is_divided && !state->failed && !state->undone && state->nr_ended >= nr &&
	       !cxl_state_destroys(x, chain);
}

/* Returns what is wrong with the device (NULL: it does not exist), or NULL. */
static const char *find_wrong(const struct exec *x, uint32_t chain, const struct mhp_step *last,
			      const struct mhp_dax *dax)
{
	const struct dax_identity *made = &x->chains[chain].made;
	struct dax_identity now = { 0 };

	if (last->type == MHP_STEP_DESTROY_DEVICE)
		return dax ? "exists again" : NULL;
	if (!dax)
		return "is missing";
	dax_identify(dax, &now);
	if (now.size != made->size || now.start != made->start)
		return "has another size or other ranges";
	if (last->type == MHP_STEP_SET_MODE && dax->mode != last->mode)
		return "has another driver";
	return NULL;
}

static void report_wrong(struct exec *x, uint32_t chain, const struct mhp_step *last,
			 const char *what)
{
	const char *name = x->plan->chains[chain].device;
	bool back = last->type == MHP_STEP_DESTROY_DEVICE;
	struct mhp_error err = { 0 };

	err_set(&err, 0, back ? MHP_REASON_CAME_BACK : MHP_REASON_WENT_AWAY,
		"%s: %s at the end of the run", name, what);
	err_hint(&err, 0,
		 "another program works on the dax or CXL region (daxctl, cxl, or a script); stop "
		 "that, then run this again");
	exec_fail(x, last, name, &err, "", 0);
}

static void check_part(struct exec *x, uint32_t chain, const struct mhp_step *last)
{
	const char *name = x->plan->chains[chain].device, *wrong;
	struct mhp_error err = { 0 };
	struct mhp_dax dax;
	int rc;

	x->object = name;
	rc = exec_read_dax(x, name, &dax, &err);
	if (rc < 0 && rc != -ENODEV) {
		exec_fail(x, last, name, &err, "", 0);
		return;
	}
	wrong = find_wrong(x, chain, last, rc == 0 ? &dax : NULL);
	if (wrong)
		report_wrong(x, chain, last, wrong);
}

bool divided_state_is_of(const struct exec *x, uint32_t chain)
{
	const struct mhp_dax *dax = topology_find_dax(x->topo, x->plan->chains[chain].device);

	return x->chains[chain].is_divided || (dax && dax_has_no_memory(dax));
}

void divided_state_read(struct exec *x)
{
	bool was_given_up = x->interrupted || (x->options->roll_back && x->failures.nr);

	for (uint32_t i = 0; i < x->plan->nr_chains && !was_given_up; i++) {
		const struct mhp_step *last = last_step(x, i);

		if (last && has_ended_well(x, i))
			check_part(x, i, last);
	}
}
