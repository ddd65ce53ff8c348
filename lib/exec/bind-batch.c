/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enables namespaces and dax devices in parallel, in two phases. The first makes the devices of all
 * namespaces (nd_make_claim()), with drivers_autoprobe off so that no driver binds to them. It is
 * short, and the settings are restored at once. In the second phase a worker near the memory binds
 * each device: the kernel initialises the memmap there, outside the hotplug lock.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/autoprobe.h"
#include "lib/exec/event.h"
#include "lib/exec/memmap-rate.h"
#include "lib/exec/read-claimed.h"
#include "lib/exec/step.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/pool.h"
#include "lib/sys/nd/bind.h"

#include <errno.h>
#include <string.h>

#define TICK_MS 200

/* The work for one step. */
struct work {
	struct mhp_step *step;
	struct nd_claim_args claim_args;
	struct nd_claimed claimed;
	struct nd_bind_args bind;
	struct cpu_place *place;
	int node; /* the node nearest to the memory */
	uint64_t start_ms;
	bool ended;
	bool changed;
	bool noted;	 /* the change is recorded for the undo */
	bool was_taken;	 /* the namespace was enabled when the plan was made */
	bool is_devdax;	 /* its label says devdax */
	bool is_unclear; /* the first phase may have changed something */
	struct memmap_work memmap;
};

struct batch {
	struct exec *x;
	struct work *works;
	size_t nr;
	struct cpu_places places;
	struct memmap_rate rate;
	struct task_pool_task *tasks; /* of the current phase */
	size_t *which;		      /* index of the work of each task */
	bool binds;
	int rc; /* errno of the first failure */
};

static const char *object_of(const struct work *work)
{
	return work->step->object;
}

/* ---- start ------------------------------------------------------------------------------- */

static void prepare_work(struct batch *b, struct work *work)
{
	const struct mhp_topology *topo = b->x->topo;
	const struct mhp_namespace *ns = topology_find_namespace(topo, object_of(work));
	const struct mhp_dax *dax = topology_find_dax(topo, object_of(work));
	const struct mhp_region *region = topology_find_region(topo, ns	   ? ns->region
								     : dax ? dax->region
									   : "");

	work->node = dax ? dax->numa_node : region ? region->numa_node : -1;
	work->start_ms = clock_msec();
	work->was_taken = ns && ns->is_enabled;
	work->is_devdax = ns && ns->mode == MHP_NAMESPACE_DEVDAX;
	if (ns) {
		str_copy(work->claim_args.ns_name, ns->name);
		str_copy(work->claim_args.region, ns->region);
	} else {
		str_copy(work->bind.device, object_of(work));
	}
	work->memmap = (struct memmap_work){
		.bytes = work->step->size,
		.structs = work->step->size / topo->memory.page_size,
	};
	event_step(b->x, work->step, MHP_EVENT_STEP_STARTED, false, false, 0);
}

static bool is_claimed(const struct work *work)
{
	return work->step->type != MHP_STEP_ENABLE_NAMESPACE;
}

static int batch_init(struct batch *b, struct mhp_step **steps, size_t nr)
{
	b->works = calloc(nr + 1, sizeof(*b->works));
	b->tasks = calloc(nr + 1, sizeof(*b->tasks));
	b->which = calloc(nr + 1, sizeof(*b->which));
	if (!b->works || !b->tasks || !b->which || cpus_read(&b->x->ctx->sys, &b->places) < 0)
		return -ENOMEM;
	memmap_rate_load(b->x->ctx, &b->rate);
	for (b->nr = 0; b->nr < nr; b->nr++) {
		b->works[b->nr].step = steps[b->nr];
		prepare_work(b, &b->works[b->nr]);
	}
	return 0;
}

static void batch_free(struct batch *b)
{
	free(b->works);
	free(b->tasks);
	free(b->which);
	cpus_free(&b->places);
}

/* ---- the end of a step ------------------------------------------------------------------- */

static int report_task_failure(struct batch *b, struct work *work,
			       const struct task_pool_task *task)
{
	struct mhp_error err = task->err;
	int rc;

	rc = exec_explain_task(task, object_of(work), &err);
	if (rc >= 0)
		return 0;
	if (!err.reason)
		err_errno(&err, rc, "%s", object_of(work));
	if (task->begun && task->result.end == CHILD_STUCK)
		err_hint(&err, rc,
			 "the kernel continues on its own; mhpctl list shows when it is done");
	else if (work->is_unclear)
		err_hint(&err, rc,
			 "its state could not be read and it may be half enabled: see mhpctl "
			 "list; run the same command again to continue");
	return exec_fail(b->x, work->step, object_of(work), &err, "",
			 task->begun ? task->result.elapsed_us / 1000 : 0);
}

static int read_claimed(struct batch *b, const struct work *work, struct nd_claimed *claimed)
{
	int rc = exec_read_claimed(b->x, &work->claim_args, claimed);

	if (rc == 0)
		claimed->changed = claimed->changed && !work->was_taken;
	return rc;
}

/*
 * Returns the bytes whose memmap a step has initialised: a claim offers less than its namespace,
 * by its info block. Counts nothing that cannot be read.
 */
static uint64_t initialised_bytes(struct batch *b, const struct work *work)
{
	struct nd_claimed now;

	if (!*work->claimed.claim)
		return work->step->size;
	return read_claimed(b, work, &now) == 0 ? now.size : 0;
}

/* Ends a device's work. Here -ENOMEM is always our own: exec_fail() never returns the kernel's. */
static void end_work(struct batch *b, struct work *work, int rc)
{
	struct chain *chain = &b->x->plan->chains[work->step->chain];
	struct chain_state *state = &b->x->chains[work->step->chain];

	work->ended = true;
	state->nr_ended++;
	state->changed |= work->changed;
	if (*work->claimed.device)
		str_copy(chain->device, work->claimed.device);
	if (rc >= 0 && work->changed && !work->step->is_direct_to_kmem && work->memmap.end_ms)
		state->initialised_bytes += initialised_bytes(b, work);
	/* a namespace that has a claim but no driver is half enabled */
	if (work->changed && !work->noted &&
	    exec_changed(b->x, work->step, &(struct done){ .mode = MHP_DAX_UNBOUND }) < 0)
		rc = -ENOMEM;
	if (b->rc == 0 || rc == -ENOMEM)
		b->rc = rc < 0 ? rc : b->rc;
	event_step(b->x, work->step, MHP_EVENT_STEP_DONE, work->changed, rc < 0,
		   clock_msec() - work->start_ms);
}

/* ---- progress ---------------------------------------------------------------------------- */

static unsigned jobs_of(const struct batch *b)
{
	return b->x->options->max_parallel ? b->x->options->max_parallel : b->places.cpus;
}

static void report_progress(void *data)
{
	const struct batch *b = data;
	struct mhp_event_part parts[EVENT_PARTS_MAX];
	struct memmap_progress sum = { .workers = jobs_of(b) };
	size_t nr = 0;

	for (size_t i = 0; i < b->nr; i++) {
		const struct work *work = &b->works[i];
		struct mhp_event_part part = { 0 };

		if (work->step->is_direct_to_kmem)
			continue;
		str_copy(part.object, object_of(work));
		memmap_progress_add(&sum, &b->rate, &work->memmap, &part);
		if (nr < EVENT_PARTS_MAX)
			parts[nr++] = part;
	}
	if (sum.total_bytes)
		event_memmap(b->x, &sum, parts, nr); /* it limits the rate itself */
}

/* ---- the task pool ----------------------------------------------------------------------- */

static void on_begin(void *data, size_t index)
{
	struct batch *b = data;
	struct work *work = &b->works[b->which[index]];

	work->place = cpus_take(&b->x->ctx->sys, &b->places, work->node);
	work->claim_args.cpus = work->bind.cpus = work->place->set;
	if (b->binds)
		work->memmap.start_ms = clock_msec();
}

/*
 * Returns whether the label says devdax but there is no info block: the creation was killed in
 * between.
 */
static bool needs_finishing(const struct work *work)
{
	return work->is_devdax && !*work->claimed.claim && !*work->claimed.device;
}

/*
 * Reads back what a task without an answer has made. The result stays unclear if the task
 * still runs, as it may finish later.
 */
static void read_back_silent(struct batch *b, struct work *work, struct task_pool_task *task)
{
	struct nd_claimed *claimed = &work->claimed;

	if (task->result.end == CHILD_STUCK || read_claimed(b, work, claimed) < 0) {
		work->is_unclear = true;
		claimed->changed = true;
		return;
	}
	if (!*claimed->device && !claimed->bound &&
	    (!*claimed->claim || strncmp(claimed->claim, "dax", 3) == 0))
		return;
	task->result.end = CHILD_STOPPED; /* done, only the answer is missing */
	task->result.rc = 0;
}

static void claim_ended(struct batch *b, struct work *work, struct task_pool_task *task)
{
	const struct mhp_memory *memory = &b->x->topo->memory;
	int rc;

	/* a failed task may have changed something, too */
	if (task->reply.len == sizeof(work->claimed))
		memcpy(&work->claimed, task->reply.data, sizeof(work->claimed));
	else if (task->result.end != CHILD_ANSWERED && task->result.end != CHILD_STOPPED)
		read_back_silent(b, work, task);
	rc = report_task_failure(b, work, task);
	str_copy(work->bind.claim, work->claimed.claim);
	str_copy(work->bind.device, work->claimed.device);
	work->changed = work->claimed.changed;
	memmap_shape(&work->memmap, memory,
		     *work->claimed.device ? work->claimed.align : memory->page_size,
		     work->claimed.map_mem);
	if (rc < 0 || (work->claimed.bound && !needs_finishing(work))) {
		work->memmap.end_ms = clock_msec();
		end_work(b, work, rc);
	}
}

/* Counts a killed bind as done if the device has a driver: only the answer is missing. */
static void detect_bound(const struct batch *b, const struct work *work,
			 struct task_pool_task *task)
{
	const struct mhp_ctx *ctx = b->x->ctx;
	char driver[MHP_NAME_MAX] = "";
	bool bound;

	if (task->result.end != CHILD_KILLED)
		return;
	if (*work->bind.device)
		bound = dax_driver(ctx, work->bind.device, driver, sizeof(driver)) == 0 && *driver;
	else
		bound = nd_is_bound(&ctx->sys, work->bind.claim);
	if (bound)
		task->result.end = CHILD_STOPPED;
	if (bound)
		task->result.rc = 0;
}

static void bind_ended(struct batch *b, struct work *work, struct task_pool_task *task)
{
	int rc;

	detect_bound(b, work, task);
	rc = report_task_failure(b, work, task);
	work->changed = work->changed || rc == 0;
	work->memmap.end_ms = clock_msec();
	if (rc == 0 && task->result.end == CHILD_ANSWERED)
		memmap_rate_take(&b->rate, &work->memmap, task->result.elapsed_us);
	end_work(b, work, rc);
}

static void on_end(void *data, size_t index)
{
	struct batch *b = data;
	struct work *work = &b->works[b->which[index]];

	work->place->busy--;
	if (b->binds)
		bind_ended(b, work, &b->tasks[index]);
	else
		claim_ended(b, work, &b->tasks[index]);
	report_progress(b);
}

static void add_task(const struct batch *b, size_t at, const struct work *work)
{
	uint64_t deadline = exec_deadline(b->x, work->step->size);

	b->tasks[at] = (struct task_pool_task){
		.fn = b->binds ? b->x->ctx->nd->bind_claim : b->x->ctx->nd->make_claim,
		.arg = b->binds ? (const void *)&work->bind : &work->claim_args,
		.arg_size = b->binds ? sizeof(work->bind) : sizeof(work->claim_args),
		.timeout_ms = deadline == CLOCK_NEVER ? 0 : deadline - clock_msec(),
	};
	b->which[at] = (size_t)(work - b->works);
}

/* Reports the tasks that a cancel kept from starting. */
static void end_not_started(struct batch *b, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct work *work = &b->works[b->which[i]];

		if (!b->tasks[i].begun)
			end_work(b, work, report_task_failure(b, work, &b->tasks[i]));
		reply_free(&b->tasks[i].reply);
	}
}

static int run_phase(struct batch *b, bool binds)
{
	struct task_pool_watch watch = {
		.begin = on_begin,
		.end = on_end,
		.tick = report_progress,
		.tick_ms = TICK_MS,
		.data = b,
	};
	size_t nr = 0;
	int rc;

	b->binds = binds;
	for (size_t i = 0; i < b->nr; i++) {
		const struct work *work = &b->works[i];

		if (!work->ended && (binds ? !work->step->is_direct_to_kmem : !is_claimed(work)))
			add_task(b, nr++, work);
	}
	rc = task_pool_run(b->x->ctx, b->tasks, nr, jobs_of(b), &watch);
	if (rc == 0)
		end_not_started(b, nr);
	return rc;
}

/* Reports for every namespace that it cannot be claimed. */
static void fail_claims(struct batch *b, const struct mhp_error *err)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct work *work = &b->works[i];

		if (!is_claimed(work))
			end_work(b, work, exec_fail(b->x, work->step, object_of(work), err, "", 0));
	}
}

static int make_claims(struct batch *b)
{
	struct mhp_error err = { 0 };
	int rc = autoprobe_hold(b->x, true, &err);

	if (rc < 0)
		fail_claims(b, &err);
	else
		rc = run_phase(b, false);
	for (size_t i = 0; i < b->nr; i++) {
		settings_own(&b->x->settings, b->works[i].claimed.claim);
		settings_own(&b->x->settings, b->works[i].claimed.device);
	}
	autoprobe_release(b->x);
	return rc == -ENOMEM ? rc : 0;
}

/* Ends the remaining work unbound: with --rollback after a failure it is undone anyway. */
static void end_unbound(struct batch *b)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!b->works[i].ended)
			end_work(b, &b->works[i], 0);
}

/* Finishes a creation that was killed. *is_bound: the device needs no second phase. */
static int finish_creation(struct batch *b, struct work *work, bool *is_bound)
{
	const struct chain *chain = &b->x->plan->chains[work->step->chain];
	char driver[MHP_NAME_MAX] = "";
	bool changed = false;
	int rc;

	if (ctx_cancelled(b->x->ctx))
		return report_task_failure(b, work, &(struct task_pool_task){ 0 });
	b->x->object = object_of(work);
	rc = step_enable_namespace(b->x, work->step, &changed);
	work->noted = rc == 0;
	work->changed = work->changed || changed;
	if (rc < 0)
		return rc;
	str_copy(work->bind.device, chain->device);
	*is_bound = dax_driver(b->x->ctx, chain->device, driver, sizeof(driver)) == 0 && *driver;
	return 0;
}

/* Ends the steps that need no second phase, as those on their way to kmem. */
static void end_first_part(struct batch *b)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct work *work = &b->works[i];
		bool is_bound = false;
		int rc = 0;

		if (work->ended)
			continue;
		if (needs_finishing(work))
			rc = finish_creation(b, work, &is_bound);
		if (rc == 0 && !is_bound && !work->step->is_direct_to_kmem)
			continue;
		work->memmap.end_ms = clock_msec();
		end_work(b, work, rc);
	}
}

static size_t place_of(const struct batch *b, const struct mhp_failure *failure)
{
	size_t i = 0;

	while (i < b->nr && strcmp(object_of(&b->works[i]), failure->target) != 0)
		i++;
	return i;
}

/* Sorts the failures into the order of the plan: the first one gives the reason of the run. */
static void order_failures(const struct batch *b, size_t first)
{
	struct mhp_failure *failures = b->x->failures.at;

	for (size_t i = first + 1; i < b->x->failures.nr; i++) {
		struct mhp_failure failure = failures[i];
		size_t at = i;

		for (; at > first && place_of(b, &failures[at - 1]) > place_of(b, &failure); at--)
			failures[at] = failures[at - 1];
		failures[at] = failure;
	}
}

int batch_run(struct exec *x, struct mhp_step **steps, size_t nr)
{
	struct batch b = { .x = x };
	size_t nr_failures = x->failures.nr;
	int rc = nr ? batch_init(&b, steps, nr) : 0;
	bool any = false;

	for (size_t i = 0; i < b.nr; i++)
		any = any || !is_claimed(&b.works[i]);
	if (rc == 0 && any)
		rc = make_claims(&b);
	if (rc == 0 && b.rc < 0 && x->options->roll_back)
		end_unbound(&b);
	if (rc == 0)
		end_first_part(&b);
	if (rc == 0)
		rc = run_phase(&b, true);
	if (rc == 0)
		rc = b.rc;
	order_failures(&b, nr_failures);
	memmap_rate_save(x->ctx, &b.rate);
	batch_free(&b);
	return rc;
}
