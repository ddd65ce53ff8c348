/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/remember.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/exec/event.h"
#include "lib/sys/record.h"

#include <errno.h>
#include <string.h>

/* The namespace of the step's chain as it was when the machine was read, or NULL. */
static const struct mhp_namespace *known_namespace(const struct exec *x,
						   const struct mhp_step *step)
{
	const struct chain *chain = &x->plan->chains[step->chain];

	return *chain->namespace_ ? topology_find_namespace(x->topo, chain->namespace_) : NULL;
}

/* False: it has no identity that could be remembered. */
static bool identify(const struct exec *x, const struct mhp_step *step,
		     struct record_seal_args *args)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const struct mhp_namespace *ns = known_namespace(x, step);

	*args = (struct record_seal_args){ 0 };
	if (*chain->id) { /* made by this run */
		str_copy(args->uuid, chain->id);
		args->size = chain->raw_size;
	} else if (ns) {
		str_copy(args->uuid, ns->id);
		args->size = ns->raw_size;
	}
	return *args->uuid;
}

/* Was it ours before this run? Then it stays ours when the run is undone. */
static bool was_ours(const struct exec *x, const struct mhp_step *step)
{
	const struct mhp_namespace *ns = known_namespace(x, step);

	return *x->plan->chains[step->chain].id || (ns && ns->record == MHP_RECORD_VALID);
}

static void write_record(struct exec *x, const struct record_seal_args *args)
{
	struct child_result result;
	struct mhp_error err = { 0 };

	if (exec_call(x, &(struct exec_task){ record_seal, args, sizeof(*args), 0 }, NULL, &result,
		      &err) < 0)
		event_warning(x, "%s; mhpctl will ask before it uses it again", err.message);
}

static void drop_record(struct exec *x, const struct record_seal_args *args)
{
	struct child_result result;
	struct mhp_error err = { 0 };

	if (exec_call(x, &(struct exec_task){ record_drop, args, sizeof(*args), 0 }, NULL, &result,
		      &err) < 0)
		event_warning(x, "%s", err.message);
}

/* The ends of a device that no whole memory block holds: nobody writes them while it is memory. */
static struct content_scope ends_of(const struct exec *x, const struct mhp_dax *dax)
{
	const uint64_t size = x->topo->memory.block_size;
	struct content_scope ends = { 0 };
	uint64_t first, nr;

	if (dax->nr_ranges != 1)
		return ends;
	nr = range_whole_blocks(dax->ranges[0], size, &first);
	if (!nr)
		return ends;
	ends.head = first * size - dax->ranges[0].start;
	ends.tail = dax->ranges[0].end - (first + nr) * size;
	return ends;
}

void remember_memory(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax)
{
	struct record_seal_args args;

	if (!identify(x, step, &args) || *x->plan->chains[step->chain].id)
		return;
	args.scope = ends_of(x, dax);
	if (dax->mode == MHP_DAX_DEVDAX && (args.scope.head || args.scope.tail))
		str_copy(args.dax, dax->name);
	write_record(x, &args);
}

void remember_not_memory(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (identify(x, step, &args) && !was_ours(x, step))
		drop_record(x, &args);
}

void remember_leaving(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (!identify(x, step, &args))
		return;
	if (x->undoing && !was_ours(x, step))
		drop_record(x, &args);
	else
		write_record(x, &args);
}

void remember_devdax(struct exec *x, const struct mhp_step *step, const char *device)
{
	struct record_seal_args args;

	if (!identify(x, step, &args) || (x->undoing && !was_ours(x, step)))
		return;
	str_copy(args.dax, device);
	write_record(x, &args);
}

void remember_destroyed(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (identify(x, step, &args))
		drop_record(x, &args);
}
