/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/leave-kmem.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/model/block.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>

static int find_going_offline(const struct root *sys, const char *name, void *data)
{
	enum mhp_block_state state;
	uint64_t id;

	if (root_name_id(name, "memory", &id) == 0 && block_read_state(sys, id, &state) == 0 &&
	    state == MHP_BLOCK_GOING_OFFLINE)
		*(bool *)data = true;
	return 0;
}

/*
 * Waits until no block is going offline. An unbind would wait for it in the kernel, could not be
 * stopped, and would then run with the blocks in any state; this wait can be stopped. It also waits
 * for a killed write: at the end of one to the state of the device the kernel brings its blocks
 * online again.
 */
static int await_quiet(struct mhp_ctx *ctx, const struct leave_args *args, struct mhp_error *err)
{
	uint64_t deadline = clock_msec() + args->wait_ms;
	bool busy, dying;
	int rc = 0;

	for (;;) {
		dying = procs_has_dying_child(ctx);
		busy = dying;
		if (!busy)
			rc = root_each(&ctx->sys, BLOCKS, find_going_offline, &busy);
		if (rc < 0)
			return err_errno(err, rc, "%s: the memory blocks cannot be listed",
					 args->bind.name);
		if (!busy)
			return 0;
		if (clock_msec() >= deadline)
			return err_set(err, -EBUSY, MHP_REASON_DEADLINE,
				       dying ? "%s: a write that was killed has not ended yet"
					     : "%s: a block of other memory is going offline",
				       args->bind.name);
		clock_sleep(20);
	}
}

/*
 * Waits until nobody changes the state of a block, by writing to one what it has already: the
 * kernel takes the lock of all such changes before it refuses that (drivers/base/memory.c:
 * state_store). A block that comes online has the state offline until it is online, and an unbind
 * at that time would wait for the same lock, and then find it online. The result does not matter:
 * the check decides.
 */
static void await_changes(struct mhp_ctx *ctx, const struct leave_args *args)
{
	enum mhp_block_state state;
	uint64_t first, nr;

	for (unsigned i = 0; i < args->nr_ranges; i++) {
		nr = range_whole_blocks(args->ranges[i], args->block_size, &first);
		for (uint64_t id = first; id < first + nr; id++) {
			ROOT_PATH(path, BLOCKS "/memory%" PRIu64 "/state", id);
			int rc = block_read_state(&ctx->sys, id, &state);

			if (rc == 0 && state == MHP_BLOCK_OFFLINE)
				root_write(&ctx->sys, path, "offline");
			if (rc != -ENOENT)
				return;
		}
	}
}

static int check_offline(struct mhp_ctx *ctx, const struct leave_args *args, uint64_t id,
			 struct mhp_error *err)
{
	enum mhp_block_state state;
	int rc = block_read_state(&ctx->sys, id, &state);

	if (rc == -ENOENT || (rc == 0 && state == MHP_BLOCK_OFFLINE))
		return 0;
	if (rc < 0)
		return err_errno(err, rc, "%s: the state of memory%" PRIu64 " cannot be read",
				 args->bind.name, id);
	return err_set(err, -EBUSY, MHP_REASON_CAME_BACK,
		       "%s: memory%" PRIu64 " was offline and is %s again", args->bind.name, id,
		       mhp_block_state_name(state));
}

int leave_kmem(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct leave_args *args = arg;
	int rc = await_quiet(ctx, args, err);
	uint64_t first, nr;

	if (rc == 0)
		await_changes(ctx, args);
	for (unsigned i = 0; i < args->nr_ranges && rc == 0; i++) {
		nr = range_whole_blocks(args->ranges[i], args->block_size, &first);
		for (uint64_t id = first; id < first + nr && rc == 0; id++)
			rc = check_offline(ctx, args, id, err);
	}
	return rc < 0 ? rc : dax_bind(ctx, &args->bind, reply, err);
}
