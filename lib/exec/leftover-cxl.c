/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work of killed runs on CXL regions and memory devices. Nothing of it survives a boot. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/leftover.h"

#include <stdio.h>
#include <string.h>

/* ---- the objects of a step --------------------------------------------------------------- */

/* Compares a memory device with the text of one: a serial number, or a name without a number. */
static bool is_memdev(const char *text, const char *name, uint64_t serial)
{
	uint64_t wanted;

	if (parse_hex(text, &wanted) == 0)
		return serial == wanted;
	return serial == MHP_UNKNOWN && *text && strcmp(name, text) == 0;
}

/* Returns whether no member is another memory device than the one that was written down. */
static bool has_members(const struct intent_step *step, const struct mhp_cxl_region *region)
{
	char text[MHP_NAME_MAX];

	for (unsigned i = 0; i < region->nr_members; i++) {
		const struct mhp_cxl_member *member = &region->members[i];

		intent_member(step, i, text, sizeof(text));
		if (*member->decoder && !is_memdev(text, member->memdev, member->serial))
			return false;
	}
	return true;
}

const struct mhp_cxl_region *leftover_cxl_region(const struct mhp_topology *topo,
						 const struct intent_step *step)
{
	const struct mhp_cxl_region *region = topology_find_cxl_region(topo, step->region);

	if (!region || !*step->window || strcmp(region->window, step->window) != 0)
		return NULL;
	if (region->size == MHP_UNKNOWN ||
	    (region->size != step->size &&
	     (region->size || region->state != MHP_CXL_STATE_INCOMPLETE)))
		return NULL;
	if (leftover_has_range(step) && region->start != MHP_UNKNOWN &&
	    region->start != step->range.start)
		return NULL;
	return has_members(step, region) ? region : NULL;
}

static const struct mhp_cxl_memdev *find_memdev(const struct mhp_topology *topo, const char *text)
{
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		if (is_memdev(text, topo->cxl_memdevs[i].name, topo->cxl_memdevs[i].serial))
			return &topo->cxl_memdevs[i];
	return NULL;
}

/* Returns whether the run has created the region of the step. */
static bool is_created(const struct interrupted_run *run, const struct intent_step *step)
{
	const struct intent_found *file = run->files[INTENT_RUN];

	for (size_t i = 0; file && i < file->intent.nr_steps; i++)
		if (interrupted_step_is(&file->intent.steps[i], MHP_STEP_CREATE_CXL_REGION) &&
		    strcmp(file->intent.steps[i].window, step->window) == 0 &&
		    strcmp(file->intent.steps[i].members, step->members) == 0)
			return true;
	return false;
}

bool leftover_is_enabled(const struct interrupted_run *run, const struct intent_step *step)
{
	const struct intent_found *file = run->files[INTENT_RUN];

	for (size_t i = 0; file && *step->region && i < file->intent.nr_steps; i++)
		if (interrupted_step_is(&file->intent.steps[i], MHP_STEP_ENABLE_CXL_REGION) &&
		    strcmp(file->intent.steps[i].region, step->region) == 0)
			return true;
	return false;
}

/* ---- begun regions ----------------------------------------------------------------------- */

/* Names the members that the killed run has not added, so that they are known to belong to it. */
static void add_members(const struct mhp_topology *topo, const struct intent_step *step,
			struct mhp_cxl_region *region)
{
	char text[MHP_NAME_MAX];

	for (unsigned i = 0; i < MHP_CXL_WAYS_MAX; i++) {
		const struct mhp_cxl_memdev *memdev =
			find_memdev(topo, intent_member(step, i, text, sizeof(text)));

		if (!*text)
			return;
		if (i >= region->nr_members)
			region->members[region->nr_members++] =
				(struct mhp_cxl_member){ .serial = MHP_UNKNOWN };
		if (!memdev || *region->members[i].decoder)
			continue;
		str_copy(region->members[i].memdev, memdev->name);
		region->members[i].serial = memdev->serial;
	}
}

void leftover_mark_cxl(struct mhp_topology *topo, const struct interrupted_run *run,
		       const struct intent_step *step)
{
	const struct mhp_cxl_region *found;
	bool destroys = interrupted_step_is(step, MHP_STEP_DESTROY_CXL_REGION);
	struct mhp_cxl_region *region;

	if (run->is_rebooted || !leftover_is_cxl(step) || leftover_is_followed(run, step))
		return;
	found = leftover_cxl_region(topo, step);
	if (!found || found->state == MHP_CXL_STATE_UNKNOWN ||
	    found->state == MHP_CXL_STATE_ENABLED)
		return;
	if (found->state != MHP_CXL_STATE_INCOMPLETE && (destroys || !is_created(run, step)))
		return;
	region = &topo->cxl_regions[found - topo->cxl_regions];
	region->is_begun = true;
	add_members(topo, step, region);
}

/* ---- judging ----------------------------------------------------------------------------- */

static void set(struct cxl_left *left, enum mhp_recovery recovery, enum leftover_act act,
		const char *name, const char *what)
{
	left->recovery = recovery;
	left->act = act;
	str_copy(left->object, name);
	str_format(left->target, act == LEFTOVER_DESTROY ? "cxl/%s" : "%s", name);
	str_format(left->state, "%s %s", name, what);
}

static const char *state_text(const struct mhp_cxl_region *region)
{
	switch (region->state) {
	case MHP_CXL_STATE_INCOMPLETE:
		return "is incomplete";
	case MHP_CXL_STATE_UNCOMMITTED:
		return "is not committed";
	case MHP_CXL_STATE_COMMITTED:
		return "is committed and not enabled";
	case MHP_CXL_STATE_ENABLED:
		return "is enabled";
	default:
		return "is in a state that cannot be read";
	}
}

/* Returns the first device of the region in that mode that has memory, or NULL. */
static const struct mhp_dax *find_dax(const struct mhp_topology *topo,
				      const struct mhp_cxl_region *region, bool unbound)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].cxl_region, region->name) == 0 && topo->dax[i].size &&
		    (topo->dax[i].mode == MHP_DAX_UNBOUND) == unbound)
			return &topo->dax[i];
	return NULL;
}

static void judge_missing(const struct mhp_topology *topo, const struct intent_step *step,
			  struct cxl_left *left)
{
	bool is_other = topology_find_cxl_region(topo, step->region) != NULL;
	const char *name = *step->region ? step->region : step->object;

	set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, name,
	    is_other ? "is a different region" : "does not exist");
}

static void judge_enabled(const struct mhp_topology *topo, const struct mhp_cxl_region *region,
			  struct cxl_left *left)
{
	const struct mhp_dax *unbound = find_dax(topo, region, true);

	if (unbound)
		set(left, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT, unbound->name,
		    "is bound to no driver");
	else if (find_dax(topo, region, false))
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, region->name, "is enabled");
	else
		set(left, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, region->name,
		    "is enabled and has no dax device");
}

static void judge_made(const struct mhp_topology *topo, const struct interrupted_run *run,
		       const struct intent_step *step, struct cxl_left *left)
{
	const struct mhp_cxl_region *region = leftover_cxl_region(topo, step);
	bool created = is_created(run, step);

	if (!region)
		judge_missing(topo, step, left);
	else if (region->state == MHP_CXL_STATE_UNKNOWN)
		set(left, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, region->name, state_text(region));
	else if (run->intent->is_undoing && created && !find_dax(topo, region, false))
		set(left, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, region->name,
		    "still exists, and its run was undoing its work");
	else if (region->state == MHP_CXL_STATE_ENABLED)
		judge_enabled(topo, region, left);
	else
		set(left, created ? MHP_RECOVERY_UNDO : MHP_RECOVERY_LEAVE,
		    created ? LEFTOVER_DESTROY : LEFTOVER_NOTHING, region->name,
		    state_text(region));
}

static void judge_destroy(const struct mhp_topology *topo, const struct intent_step *step,
			  struct cxl_left *left)
{
	const struct mhp_cxl_region *region = leftover_cxl_region(topo, step);

	if (!region)
		judge_missing(topo, step, left);
	else if (region->state == MHP_CXL_STATE_UNKNOWN)
		set(left, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, region->name, state_text(region));
	else if (find_dax(topo, region, false))
		set(left, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, region->name, "still exists");
	else
		set(left, MHP_RECOVERY_CONTINUE, LEFTOVER_DESTROY, region->name,
		    state_text(region));
}

static void judge_memdev(const struct mhp_topology *topo, const struct intent_step *step,
			 struct cxl_left *left)
{
	const struct mhp_cxl_memdev *memdev = find_memdev(topo, step->members);

	if (!memdev)
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, step->object,
		    "no longer exists");
	else if (memdev->is_enabled)
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, memdev->name, "is enabled");
	else
		set(left, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, memdev->name,
		    "is disabled, as before the run");
}

void leftover_cxl(const struct mhp_topology *topo, const struct interrupted_run *run,
		  const struct intent_step *step, struct cxl_left *left)
{
	*left = (struct cxl_left){ .act = LEFTOVER_NOTHING };
	if (interrupted_step_is(step, MHP_STEP_ENABLE_MEMDEV))
		judge_memdev(topo, step, left);
	else if (interrupted_step_is(step, MHP_STEP_DESTROY_CXL_REGION))
		judge_destroy(topo, step, left);
	else
		judge_made(topo, run, step, left);
}
