/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps load_module and set_mode, which binds a dax device to a driver. */
#include "lib/base/counts.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/exec/event.h"
#include "lib/exec/final-state.h"
#include "lib/exec/leave-kmem.h"
#include "lib/exec/refused.h"
#include "lib/exec/records.h"
#include "lib/exec/step.h"
#include "lib/model/block.h"
#include "lib/model/zone.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/module.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SETTING_WAIT_MS 10000

/* ---- load_module ------------------------------------------------------------------------- */

static int load_task(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	(void)reply;
	return ctx->module->load(ctx, arg, err);
}

int step_load_module(struct exec *x, struct mhp_step *step, bool *changed)
{
	struct child_result result;
	struct mhp_error err = { 0 };
	const struct exec_task task = { load_task, step->object, sizeof(step->object), 0 };
	int rc = exec_call(x, &task, NULL, &result, &err);

	if (rc < 0)
		return exec_fail(x, step, step->object, &err, "", result.elapsed_us / 1000);
	*changed = true;
	return 0;
}

/* ---- to system-ram ----------------------------------------------------------------------- */

/*
 * Fails without the ranges of a device: its blocks are then not known, which is not the same as
 * none.
 */
static int need_ranges(const struct mhp_dax *dax, struct mhp_error *err)
{
	if (dax->has_ranges)
		return 0;
	return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: its address ranges cannot be read",
		       dax->name);
}

/* Reads the blocks of the device into the chain. */
static int read_blocks(struct exec *x, struct chain *chain, const struct mhp_dax *dax)
{
	uint64_t first, nr;
	int rc = 0;

	idset_free(&chain->blocks);
	for (unsigned i = 0; i < dax->nr_ranges && rc == 0; i++) {
		nr = range_whole_blocks(dax->ranges[i], x->topo->memory.block_size, &first);
		if (nr)
			rc = idset_add(&chain->blocks, first, first + nr - 1);
	}
	return rc;
}

/* Replaces forecast blocks in the steps by those of the device. */
static void correct_forecast(struct exec *x, uint32_t chain_index)
{
	const struct chain *chain = &x->plan->chains[chain_index];
	size_t run = 0;

	for (size_t i = 0; i < x->plan->nr_steps; i++) {
		struct mhp_step *step = &x->plan->steps[i];

		if (step->chain != chain_index || step->type != MHP_STEP_ONLINE_BLOCK ||
		    !step->is_predicted || run >= chain->blocks.nr)
			continue;
		step->first_block = chain->blocks.runs[run].first;
		step->last_block = chain->blocks.runs[run].last;
		step->size =
			(step->last_block - step->first_block + 1) * x->topo->memory.block_size;
		plan_name_run(step);
		step->is_predicted = false;
		run++;
	}
	plan_cut_to_first(x->plan, chain_index, 0, x->topo->memory.block_size);
}

/*
 * Makes the kernel bring blocks online in the wanted zone as it adds them, if another onliner
 * exists or may exist, which then cannot come first. Without one the blocks are added offline and
 * go online one by one, with progress and a deadline each.
 */
static int guard_zone(struct exec *x, const struct mhp_step *step, struct mhp_error *err)
{
	if (!x->topo->nr_onliners && !x->topo->onliners_unread)
		return 0;
	return settings_change(&x->settings, SETTING_AUTO_ONLINE, KERNEL_AUTO_ONLINE,
			       zone_request_word(step->zone), NULL, SETTING_WAIT_MS, err);
}

static int verify_blocks(const struct exec *x, const struct mhp_dax *dax, struct chain *chain,
			 struct mhp_error *err)
{
	uint64_t missing = 0, first_missing = 0, total = idset_count(&chain->blocks);

	for (size_t i = 0; i < chain->blocks.nr; i++)
		for (uint64_t id = chain->blocks.runs[i].first; id <= chain->blocks.runs[i].last;
		     id++) {
			ROOT_PATH(path, BLOCKS "/memory%" PRIu64, id);
			if (root_exists(&x->ctx->sys, path) > 0)
				continue;
			if (!missing++)
				first_missing = id;
		}
	if (!missing)
		return 0;
	err_set(err, -EIO, MHP_REASON_KERNEL,
		"%s: the kernel added %" PRIu64 " of %" PRIu64 " memory blocks, memory%" PRIu64
		" is missing",
		dax->name, total - missing, total, first_missing);
	return err_hint(err, -EIO, "the kernel log says why");
}

static bool has_a_block(const struct exec *x, const struct chain *chain)
{
	enum mhp_block_state state;

	for (size_t i = 0; i < chain->blocks.nr; i++)
		for (uint64_t id = chain->blocks.runs[i].first; id <= chain->blocks.runs[i].last;
		     id++)
			if (block_read_state(&x->ctx->sys, id, &state) != -ENOENT)
				return true;
	return false;
}

static int unbind_kmem(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax,
		       struct mhp_error *err);

struct mode_tick {
	struct exec *x;
	const struct mhp_step *step;
	uint64_t seen; /* number of first blocks known to be online */
};

/* Counts online blocks from the first, past known ones: the kernel goes in ascending order. */
static uint64_t count_online(const struct root *sys, const struct idset *blocks, uint64_t known)
{
	enum mhp_block_state state;
	uint64_t nr = 0;

	for (size_t i = 0; i < blocks->nr; i++)
		for (uint64_t id = blocks->runs[i].first; id <= blocks->runs[i].last; id++, nr++)
			if (nr >= known &&
			    (block_read_state(sys, id, &state) < 0 || state != MHP_BLOCK_ONLINE))
				return nr;
	return nr;
}

static void mode_tick(void *data, uint64_t elapsed_ms)
{
	struct mode_tick *tick = data;
	struct exec *x = tick->x;
	const struct chain *chain = &x->plan->chains[tick->step->chain];

	(void)elapsed_ms;
	tick->seen = count_online(&x->ctx->sys, &chain->blocks, tick->seen);
	event_progress_at(x, tick->step, x->progress.blocks + tick->seen);
}

void step_bind_args(const struct exec *x, const struct mhp_step *step, const char *device,
		    struct dax_bind *bind)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const struct dax_identity *made = &x->chains[step->chain].made;
	const struct mhp_dax *dax = topology_find_dax(x->topo, device);

	str_copy(bind->name, device);
	if (*made->name) /* as this run has changed it */
		bind->dax = *made;
	else if (dax && !*chain->ns_name)
		dax_identify(dax, &bind->dax);
	bind->force_users = x->options->force_users;
	bind->is_new = x->chains[step->chain].cxl.is_made;
	if (*chain->ns_name)
		exec_identity(x, step->chain, chain->ns_name, &bind->ns);
}

static int bind_kmem(struct exec *x, const struct mhp_step *step, const char *device,
		     uint64_t bytes, struct mhp_error *err)
{
	struct mode_tick tick = { .x = x, .step = step };
	struct child_wait wait = {
		.deadline = exec_deadline(x, bytes),
		.tick_ms = 200,
		.tick = mode_tick,
		.watch_fd = -1,
		.data = &tick,
	};
	struct dax_bind bind = { .driver = "kmem" };
	struct child_result result;

	step_bind_args(x, step, device, &bind);
	child_call(&x->writer, CHILD_TASK(dax_bind, &bind), &wait, NULL, &result, err);
	return exec_explain(&result, device, err);
}

static bool is_bound_to(const struct exec *x, const char *device, const char *driver)
{
	char now[MHP_NAME_MAX];

	return dax_driver(x->ctx, device, now, sizeof(now)) == 0 && strcmp(now, driver) == 0;
}

/* Reserves the records for the undo, now that the number of blocks is known. */
static int reserve_blocks(struct exec *x, const struct chain *chain, struct mhp_error *err)
{
	int rc = exec_reserve(x, 2 * idset_count(&chain->blocks) + 1);

	return rc < 0 ? err_errno(err, rc, "%s", x->object) : 0;
}

static int bind_and_verify(struct exec *x, struct mhp_step *step, const struct mhp_dax *dax,
			   struct mhp_error *err)
{
	struct mhp_error err_restore = { 0 };
	int rc;

	records_before_kmem(x, step, dax);
	refused_begin(x);
	rc = bind_kmem(x, step, dax->name, dax->size, err);
	if (rc < 0 && !is_bound_to(x, dax->name, "kmem"))
		records_kmem_failed(x, step);
	if (settings_restore(&x->settings, SETTING_AUTO_ONLINE, &err_restore) < 0)
		event_warning(x, "auto_online_blocks could not be restored: %s",
			      err_restore.message);
	if (rc == 0)
		rc = verify_blocks(x, dax, &x->plan->chains[step->chain], err);
	if (rc < 0)
		refused_end(x, dax, err);
	return rc;
}

/*
 * Turns a device into memory. rebound: the device was bound to kmem but had no block, so it is
 * unbound and bound again.
 */
static int to_system_ram(struct exec *x, struct mhp_step *step, const char *device, bool *rebound,
			 struct mhp_error *err)
{
	struct chain *chain = &x->plan->chains[step->chain];
	struct mhp_dax dax;
	int rc = exec_read_dax(x, device, &dax, err);

	if (rc == 0)
		rc = need_ranges(&dax, err);
	if (rc == 0)
		rc = read_blocks(x, chain, &dax);
	if (rc < 0)
		return rc;
	correct_forecast(x, step->chain);
	if (dax.mode == MHP_DAX_SYSTEM_RAM) {
		if (has_a_block(x, chain))
			return verify_blocks(x, &dax, chain, err);
		rc = unbind_kmem(x, step, &dax, err);
		*rebound = rc == 0;
	}
	if (rc == 0)
		rc = reserve_blocks(x, chain, err);
	if (rc == 0)
		rc = guard_zone(x, step, err);
	return rc < 0 ? rc : bind_and_verify(x, step, &dax, err);
}

/* ---- away from system-ram ---------------------------------------------------------------- */

/* Fills in a change to device_dax, or to no driver if the step is for another mode. */
static void bind_away_args(const struct exec *x, const struct mhp_step *step, const char *device,
			   struct dax_bind *bind)
{
	step_bind_args(x, step, device, bind);
	if (step->mode == MHP_DAX_DEVDAX)
		str_copy(bind->driver, "device_dax");
}

static int unbind_kmem(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax,
		       struct mhp_error *err)
{
	struct leave_args args = {
		.block_size = x->topo->memory.block_size,
		.wait_ms = x->options->timeout_ms ? x->options->timeout_ms : UINT32_MAX,
		.nr_ranges = dax->nr_ranges,
	};
	struct child_result result;

	bind_away_args(x, step, dax->name, &args.bind);
	memcpy(args.ranges, dax->ranges, sizeof(args.ranges));
	return exec_call(x, &(struct exec_task){ leave_kmem, &args, sizeof(args), dax->size }, NULL,
			 &result, err);
}

/* Fails if a block of the device still exists. */
static int verify_gone(const struct exec *x, const struct mhp_dax *dax, struct mhp_error *err)
{
	enum mhp_block_state state;
	uint64_t first, nr;

	for (unsigned i = 0; i < dax->nr_ranges; i++) {
		nr = range_whole_blocks(dax->ranges[i], x->topo->memory.block_size, &first);
		for (uint64_t id = first; id < first + nr; id++)
			if (block_read_state(&x->ctx->sys, id, &state) == 0)
				return err_hint(
					err,
					err_set(err, -EBUSY, MHP_REASON_NEEDS_REBOOT,
						"%s: memory%" PRIu64
						" still exists after the unbind",
						dax->name, id),
					"something brought it online at the last moment; the kernel "
					"keeps it until the next boot");
	}
	return 0;
}

static int out_of_system_ram(struct exec *x, const struct mhp_step *step, const struct mhp_dax *dax,
			     struct mhp_error *err)
{
	int rc;

	records_before_leaving(x, step);
	refused_begin(x);
	rc = unbind_kmem(x, step, dax, err);
	if (rc < 0 && err->reason == MHP_REASON_CAME_BACK)
		final_state_hint_back(x, err, rc);
	if (rc == 0)
		rc = verify_gone(x, dax, err);
	if (rc < 0)
		refused_end(x, dax, err);
	if (rc == 0 && step->mode == MHP_DAX_DEVDAX)
		records_devdax(x, step, dax->name);
	return rc;
}

static int change_driver(struct exec *x, struct mhp_step *step, const char *device,
			 struct mhp_error *err)
{
	struct dax_bind bind = { .driver = "" };
	struct child_result result;
	struct mhp_dax dax;
	int rc = exec_read_dax(x, device, &dax, err);

	if (rc < 0)
		return rc;
	if (dax.mode == step->mode)
		return 0;
	if (dax.mode == MHP_DAX_SYSTEM_RAM) {
		rc = need_ranges(&dax, err);
		return rc < 0 ? rc : out_of_system_ram(x, step, &dax, err);
	}
	bind_away_args(x, step, device, &bind);
	return exec_call(x, &(struct exec_task){ dax_bind, &bind, sizeof(bind), dax.size }, NULL,
			 &result, err);
}

static enum mhp_dax_mode mode_of_driver(const char *driver)
{
	return strcmp(driver, "kmem") == 0	   ? MHP_DAX_SYSTEM_RAM
	       : strcmp(driver, "device_dax") == 0 ? MHP_DAX_DEVDAX
						   : MHP_DAX_UNBOUND;
}

int step_set_mode(struct exec *x, struct mhp_step *step, bool *changed)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const char *device = *chain->device ? chain->device : step->object;
	char before[MHP_NAME_MAX] = "", after[MHP_NAME_MAX] = "";
	uint64_t start = clock_msec();
	struct mhp_error err = { 0 };
	struct done done = { 0 };
	bool rebound = false, is_unknown;
	int rc;

	str_copy(step->object, device);
	x->refusal = (struct refusal){ .reason = MHP_REASON_NONE };
	dax_driver(x->ctx, device, before, sizeof(before));
	done.mode = mode_of_driver(before);
	if (step->mode == MHP_DAX_SYSTEM_RAM)
		rc = to_system_ram(x, step, device, &rebound, &err);
	else
		rc = change_driver(x, step, device, &err);
	/* a failure may have changed nothing, left it without a driver, or with one that does not
	 * show */
	is_unknown = dax_driver(x->ctx, device, after, sizeof(after)) < 0;
	*changed = rebound || strcmp(before, after) != 0 ||
		   (rc < 0 && (is_unknown || (step->mode == MHP_DAX_SYSTEM_RAM && !*after &&
					      has_a_block(x, chain))));
	if (*changed && exec_changed(x, step, &done) < 0)
		return -ENOMEM;
	if (rc == 0)
		return 0;
	if (!err.reason)
		err_errno(&err, rc, "%s", device);
	return exec_fail(x, step, device, &err, x->refusal.words, clock_msec() - start);
}
