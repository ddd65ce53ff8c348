/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/leftover.h"
#include "lib/model/dax-region.h"

#include <stdio.h>
#include <string.h>

static void set(struct part_left *left, enum mhp_recovery recovery, enum leftover_act act,
		const char *name, const char *what)
{
	left->recovery = recovery;
	left->act = act;
	str_format(left->state, "%s %s", name, what);
}

static const struct mhp_dax *find_part(const struct mhp_topology *topo,
				       const struct intent_step *step, const char *name)
{
	const struct mhp_dax *dax = topology_find_dax(topo, name);

	return dax && strcmp(dax->dax_region, step->region) == 0 ? dax : NULL;
}

/* Judges a device without memory and driver. */
static void judge_empty(struct part_left *left, bool makes)
{
	const char *name = left->dax->name;

	if (dax_is_first(left->dax)) /* which always exists */
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, name, "has no memory");
	else
		set(left, makes ? MHP_RECOVERY_UNDO : MHP_RECOVERY_CONTINUE, LEFTOVER_DESTROY, name,
		    "still exists and has no memory");
}

/* Judges a device with memory and without a driver. */
static void judge_unbound(struct part_left *left, const struct intent_step *step, bool makes)
{
	uint64_t want, before;
	bool is_whole = parse_u64(step->want, 10, &want) == 0 && want == left->dax->size;
	bool is_new = parse_u64(step->before, 10, &before) == 0 && !before;

	if (is_whole)
		set(left, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT, left->dax->name,
		    "is bound to no driver");
	else if (makes && is_new)
		set(left, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, left->dax->name,
		    "has a part of its memory");
	else
		set(left, MHP_RECOVERY_UNDO, LEFTOVER_INIT, left->dax->name,
		    "has another size than wanted, and is bound to no driver");
}

bool leftover_is_divided(const struct interrupted_run *run, const char *device)
{
	const struct intent_found *file = run->files[INTENT_RUN];

	for (size_t i = 0; file && i < file->intent.nr_steps; i++)
		if (interrupted_step_is(&file->intent.steps[i], MHP_STEP_RESIZE_DEVICE) &&
		    strcmp(file->intent.steps[i].object, device) == 0)
			return true;
	return false;
}

void leftover_part(const struct mhp_topology *topo, const struct interrupted_run *run,
		   const struct intent_step *step, struct part_left *left)
{
	const char *verb = run->intent->verb;
	bool makes = strcmp(verb, "destroy") != 0 && strcmp(verb, "remove") != 0;
	bool creates = interrupted_step_is(step, MHP_STEP_CREATE_DEVICE);
	const char *name = creates ? step->want : step->object;

	*left = (struct part_left){ .dax = find_part(topo, step, name) };
	if (!left->dax)
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, name,
		    creates ? "does not exist" : "no longer exists");
	else if (left->dax->mode != MHP_DAX_UNBOUND)
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, name, "is in use");
	else if (!left->dax->size)
		judge_empty(left, makes);
	else if (creates)
		set(left, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, name, "has memory");
	else
		judge_unbound(left, step, makes);
}
