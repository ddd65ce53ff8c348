/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the CXL regions and memory devices that a run has changed again at its end. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/cxl-look.h"
#include "lib/exec/event.h"
#include "lib/exec/final-state.h"

#include <errno.h>
#include <string.h>

#define LOOKS	10
#define LOOK_MS 50

/* The check of one chain against the machine as it is now. */
struct cxl_check {
	struct exec *x;
	const struct mhp_topology *now;
	const struct mhp_step *last; /* of the chain that is about CXL */
	const struct cxl_setup *cxl;
};

static bool is_about_cxl(enum mhp_step_type type)
{
	return type >= MHP_STEP_ENABLE_MEMDEV && type <= MHP_STEP_DESTROY_CXL_REGION;
}

static const struct mhp_step *last_step(const struct exec *x, uint32_t chain)
{
	for (size_t i = x->plan->nr_steps; i-- > 0;)
		if (x->plan->steps[i].chain == chain && is_about_cxl(x->plan->steps[i].type))
			return &x->plan->steps[i];
	return NULL;
}

static bool has_ended_well(const struct exec *x, uint32_t chain)
{
	const struct chain_state *state = &x->chains[chain];
	size_t nr = 0;

	for (size_t i = 0; i < x->plan->nr_steps; i++)
		nr += x->plan->steps[i].chain == chain;
	return !state->is_broken && !state->undone && state->nr_ended >= nr;
}

bool cxl_state_destroys(const struct exec *x, uint32_t chain)
{
	const struct mhp_dax *dax = topology_find_dax(x->topo, x->plan->chains[chain].device);

	for (size_t i = 0; dax && *dax->cxl_region && i < x->plan->nr_steps; i++) {
		const struct mhp_step *step = &x->plan->steps[i];

		if (step->type == MHP_STEP_DESTROY_CXL_REGION &&
		    strcmp(x->plan->chains[step->chain].cxl.region, dax->cxl_region) == 0)
			return true;
	}
	return false;
}

static void report(const struct cxl_check *c, enum mhp_reason reason, const char *object,
		   const char *what)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, reason, "%s: %s at the end of the run", object, what);
	if (reason == MHP_REASON_NEEDS_REBOOT)
		err_hint(&err, 0, "/proc/iomem shows what uses them; see mhpctl doctor");
	else
		err_hint(&err, 0,
			 "another program works on the CXL bus (cxl, a rule of udev or a "
			 "script); stop that, then run this again");
	exec_fail(c->x, c->last, object, &err, "", 0);
}

/* Reads the machine. Fails also if its CXL part cannot be read. */
static int scan(struct exec *x, struct mhp_topology **topo, struct mhp_error *err)
{
	static const char *const parts[] = { "cxl_memdevs", "cxl_regions" };
	int rc = mhp_topology_scan(x->ctx, MHP_SCAN_WITHOUT_BLOCKS, topo, err);

	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *why = topology_why_hidden(*topo, parts[i]);

		if (why)
			return err_set(err, -EIO, MHP_REASON_KERNEL,
				       "%s cannot be read at the end of the run: %s", parts[i],
				       why);
	}
	return rc;
}

/* ---- after a destroy --------------------------------------------------------------------- */

/* Returns whether a region did not exist before the run, under this name or at this place. */
static bool is_new(const struct cxl_check *c, const struct mhp_cxl_region *region)
{
	const struct mhp_cxl_region *before = topology_find_cxl_region(c->x->topo, region->name);

	return !before || before->start != region->start || before->size != region->size ||
	       strcmp(before->window, region->window) != 0;
}

static bool has_memdev(const struct mhp_cxl_region *region, const char *memdev)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (strcmp(region->members[i].memdev, memdev) == 0)
			return true;
	return false;
}

/* Returns whether another program has created a region since, with the memory device or there. */
static bool has_new_region(const struct cxl_check *c, const char *memdev, const char *window)
{
	for (size_t i = 0; i < c->now->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &c->now->cxl_regions[i];

		if (is_new(c, region) &&
		    (has_memdev(region, memdev) || strcmp(region->window, window) == 0))
			return true;
	}
	return false;
}

/* Expects the capacity of a member to be free, unless another program has taken it since. */
static void check_capacity(const struct cxl_check *c, const struct mhp_cxl_member *member,
			   uint64_t bytes)
{
	const struct mhp_cxl_memdev *now, *before;
	char size[24], what[96];

	now = topology_find_cxl_memdev(c->now, member->memdev);
	before = topology_find_cxl_memdev(c->x->topo, member->memdev);
	if (!now || !before || now->serial != before->serial ||
	    now->ram_used_bytes == MHP_UNKNOWN || before->ram_used_bytes == MHP_UNKNOWN ||
	    now->ram_used_bytes + bytes <= before->ram_used_bytes ||
	    has_new_region(c, member->memdev, ""))
		return;
	str_format(what, "%s of its capacity are still in use",
		   format_size(bytes, size, sizeof(size)));
	report(c, MHP_REASON_CAME_BACK, member->memdev, what);
}

static const struct mhp_cxl_window *find_window(const struct mhp_topology *topo, const char *name)
{
	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		if (strcmp(topo->cxl_windows[i].name, name) == 0)
			return &topo->cxl_windows[i];
	return NULL;
}

/* Returns whether the window has got back less than the region had, and no region took it. */
static bool lacks_addresses(const struct cxl_check *c, const struct mhp_cxl_region *known)
{
	const struct mhp_cxl_window *now = find_window(c->now, known->window);
	const struct mhp_cxl_window *before = find_window(c->x->topo, known->window);

	return now && before && now->free_bytes != MHP_UNKNOWN &&
	       before->free_bytes != MHP_UNKNOWN && known->size != MHP_UNKNOWN &&
	       now->free_bytes < before->free_bytes + known->size &&
	       !has_new_region(c, "", known->window);
}

/*
 * Expects the addresses to be free. Looks several times: a region that another program makes and
 * deletes in between can be in /proc/iomem and not in the list of regions.
 */
static void check_addresses(const struct cxl_check *c, const struct mhp_cxl_region *known)
{
	cleanup_topology struct mhp_topology *again = NULL;
	struct cxl_check look = *c;
	char size[24], what[96];

	for (int i = 0; lacks_addresses(&look, known) && i < LOOKS; i++) {
		mhp_topology_free(again);
		again = NULL;
		clock_sleep(LOOK_MS);
		if (scan(c->x, &again, NULL) < 0)
			return; /* the region is gone, and no more than that is known */
		look.now = again;
	}
	if (!lacks_addresses(&look, known))
		return;
	str_format(what, "%s of its addresses are still in use",
		   format_size(known->size, size, sizeof(size)));
	report(c, MHP_REASON_NEEDS_REBOOT, known->window, what);
}

/*
 * Returns whether the window and the memory devices of a region that is not found are there:
 * without them its decoders may still be set.
 */
static bool is_visible(const struct cxl_check *c, const struct mhp_cxl_region *known)
{
	for (unsigned i = 0; i < known->nr_members; i++) {
		const struct mhp_cxl_member *member = &known->members[i];
		const struct mhp_cxl_memdev *now;

		if (!*member->decoder || !*member->memdev)
			continue;
		now = topology_find_cxl_memdev(c->now, member->memdev);
		if (!now || !now->is_enabled || now->serial != member->serial)
			return false;
	}
	return find_window(c->now, known->window) != NULL;
}

static void report_not_visible(const struct cxl_check *c, const char *name)
{
	struct mhp_error err = { 0 };

	err_set(&err, 0, MHP_REASON_WENT_AWAY,
		"cxl/%s: its window or a memory device of it is gone or disabled at the end of the "
		"run, so whether all of it is free is not known",
		name);
	err_hint(&err, 0, "see mhpctl list once these are back");
	exec_fail(c->x, c->last, name, &err, "", 0);
}

static void check_destroyed(const struct cxl_check *c)
{
	const struct mhp_cxl_region *now = topology_find_cxl_region(c->now, c->cxl->region);
	const struct mhp_cxl_region *known = topology_find_cxl_region(c->x->topo, c->cxl->region);

	if (now && !is_new(c, now)) {
		report(c, MHP_REASON_CAME_BACK, now->name, "exists again");
		return;
	}
	if (!known)
		return;
	if (!is_visible(c, known)) {
		report_not_visible(c, known->name);
		return;
	}
	for (unsigned i = 0; i < known->nr_members && known->size != MHP_UNKNOWN; i++)
		if (*known->members[i].decoder && *known->members[i].memdev)
			check_capacity(c, &known->members[i], known->size / known->ways);
	check_addresses(c, known);
}

/* ---- after the other steps --------------------------------------------------------------- */

static enum mhp_cxl_state wanted_state(enum mhp_step_type type)
{
	switch (type) {
	case MHP_STEP_ENABLE_CXL_REGION:
		return MHP_CXL_STATE_ENABLED;
	case MHP_STEP_COMMIT_CXL_REGION:
		return MHP_CXL_STATE_COMMITTED;
	default:
		return MHP_CXL_STATE_INCOMPLETE;
	}
}

static void check_made(const struct cxl_check *c)
{
	const struct mhp_cxl_region *now = topology_find_cxl_region(c->now, c->cxl->region);
	enum mhp_cxl_state wanted = wanted_state(c->last->type);

	if (!now)
		report(c, MHP_REASON_WENT_AWAY, c->cxl->region, "is missing");
	else if (!cxl_is_region_of(c->cxl, now))
		report(c, MHP_REASON_WENT_AWAY, c->cxl->region, "is a different region");
	else if (now->state < wanted)
		report(c, MHP_REASON_WENT_AWAY, c->cxl->region,
		       wanted == MHP_CXL_STATE_ENABLED ? "is not enabled" : "is not committed");
}

static void check_memdev(const struct cxl_check *c)
{
	const struct mhp_cxl_memdev *now = topology_find_cxl_memdev(c->now, c->last->object);

	if (!now || !now->is_enabled)
		report(c, MHP_REASON_WENT_AWAY, c->last->object,
		       now ? "has no driver" : "is missing");
}

static void check_chain(const struct cxl_check *c)
{
	if (c->last->type == MHP_STEP_DESTROY_CXL_REGION)
		check_destroyed(c);
	else if (c->last->type == MHP_STEP_ENABLE_MEMDEV)
		check_memdev(c);
	else
		check_made(c);
}

void cxl_state_read(struct exec *x)
{
	bool was_given_up = x->interrupted || (x->options->roll_back && x->failures.nr);
	cleanup_topology struct mhp_topology *now = NULL;
	struct mhp_error err = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < x->plan->nr_chains && !was_given_up; i++) {
		struct cxl_check c = { .x = x, .cxl = &x->plan->chains[i].cxl };

		c.last = last_step(x, i);
		if (!c.last || !has_ended_well(x, i))
			continue;
		if (!now && rc == 0)
			rc = scan(x, &now, &err);
		c.now = now;
		if (rc == 0)
			check_chain(&c);
		else
			exec_fail(x, c.last, c.last->object, &err, "", 0);
	}
}
