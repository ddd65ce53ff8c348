/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/records.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/exec/event.h"
#include "lib/sys/record.h"

#include <string.h>

/* Returns the namespace of the step's chain as of the scan, or NULL. */
static const struct mhp_namespace *known_namespace(const struct exec *x,
						   const struct mhp_step *step)
{
	const struct chain *chain = &x->plan->chains[step->chain];

	return *chain->ns_name ? topology_find_namespace(x->topo, chain->ns_name) : NULL;
}

/* Returns false if there is no identity to record. */
static bool identify_namespace(const struct exec *x, const struct mhp_step *step,
			       struct record_seal_args *args)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const struct mhp_namespace *ns = known_namespace(x, step);

	*args = (struct record_seal_args){ 0 };
	if (*chain->id) { /* created by this run */
		str_copy(args->uuid, chain->id);
		args->size = chain->raw_size;
	} else if (ns) {
		str_copy(args->uuid, ns->id);
		args->size = ns->raw_size;
	}
	return *args->uuid;
}

/* Returns whether it was recorded before this run; an undo then keeps the record. */
static bool was_ours(const struct exec *x, const struct mhp_step *step)
{
	const struct mhp_namespace *ns = known_namespace(x, step);

	return *x->plan->chains[step->chain].id || (ns && ns->record == MHP_RECORD_VALID);
}

/*
 * Calls a task of a record, and once more if its process was killed: the run continues, and nothing
 * later would remove a half written file or the record of a namespace that is gone.
 */
static int call(struct exec *x, child_fn fn, const struct record_seal_args *args,
		struct mhp_error *err)
{
	const struct exec_task task = { fn, args, sizeof(*args), 0 };
	struct child_result result;
	int rc = exec_call(x, &task, NULL, &result, err);

	if (rc >= 0 || !exec_has_died(&result))
		return rc;
	*err = (struct mhp_error){ 0 };
	return exec_call(x, &task, NULL, &result, err);
}

static void write_record(struct exec *x, const struct record_seal_args *args)
{
	struct mhp_error err = { 0 };

	if (call(x, record_seal, args, &err) < 0)
		event_warning(x, "%s; mhpctl will ask before it uses it again", err.message);
}

static void drop_record(struct exec *x, const struct record_seal_args *args)
{
	struct mhp_error err = { 0 };

	if (call(x, record_drop, args, &err) < 0)
		event_warning(x, "%s", err.message);
}

/* Returns the ends outside whole memory blocks: nothing writes them while the device is memory. */
static struct content_scope ends_outside_blocks(const struct exec *x, const struct mhp_dax *dax)
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

void records_before_kmem(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax)
{
	struct record_seal_args args;

	if (!identify_namespace(x, step, &args) || *x->plan->chains[step->chain].id)
		return;
	args.scope = ends_outside_blocks(x, dax);
	if (dax->mode == MHP_DAX_DEVDAX && (args.scope.head || args.scope.tail))
		str_copy(args.dax, dax->name);
	write_record(x, &args);
}

void records_kmem_failed(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (identify_namespace(x, step, &args) && !was_ours(x, step))
		drop_record(x, &args);
}

void records_before_leaving(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (!identify_namespace(x, step, &args))
		return;
	if (x->undoing && !was_ours(x, step))
		drop_record(x, &args);
	else
		write_record(x, &args);
}

void records_devdax(struct exec *x, const struct mhp_step *step, const char *device)
{
	struct record_seal_args args;

	if (!identify_namespace(x, step, &args) || (x->undoing && !was_ours(x, step)))
		return;
	str_copy(args.dax, device);
	write_record(x, &args);
}

void records_destroyed(struct exec *x, const struct mhp_step *step)
{
	struct record_seal_args args;

	if (identify_namespace(x, step, &args))
		drop_record(x, &args);
}
