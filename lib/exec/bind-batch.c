/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces and dax devices enabled side by side. First all are handed over, with
 * drivers_autoprobe off so that nobody binds what comes of it; that is short, and the settings are
 * put back at once. Then each is bound by a worker of its own near its memory: the kernel
 * initialises the memmap in there, outside the hotplug lock.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/exec/autoprobe.h"
#include "lib/exec/event.h"
#include "lib/exec/memmap-rate.h"
#include "lib/exec/step.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/pool.h"
#include "lib/sys/nd/bind.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <string.h>

#define TICK_MS 200
#define LOOK_MS 2000

/* One step. */
struct work {
	struct mhp_step *step;
	struct nd_hand_args hand;
	struct nd_handed handed;
	struct nd_bind_args bind;
	struct cpu_place *place;
	int node; /* nearest to its memory */
	uint64_t start_ms;
	bool ended;
	bool changed;
	bool noted;	 /* the change, for the undo */
	bool was_taken;	 /* when the plan was made */
	bool is_devdax;	 /* by its label */
	bool is_unclear; /* whether its hand-over has changed something */
	struct memmap_work memmap;
};

struct batch {
	struct exec *x;
	struct work *works;
	size_t nr;
	struct cpu_places places;
	struct memmap_rate rate;
	struct task_pool_task *tasks; /* of the phase at work */
	size_t *which;		      /* the work of each task */
	bool binds;
	int rc; /* of the first failure */
};

static const char *object_of(const struct work *work)
{
	return work->step->object;
}

/* ---- beginning --------------------------------------------------------------------------- */

static void prepare(struct batch *b, struct work *work)
{
	const struct mhp_topology *topo = b->x->topo;
	const struct mhp_namespace *ns = topology_find_namespace(topo, object_of(work));
	const struct mhp_dax *dax = topology_find_dax(topo, object_of(work));
	const struct mhp_region *region = topology_find_region(topo, ns	   ? ns->region
								     : dax ? dax->region
									   : "");

	work->node = dax ? dax->numa_node : region ? region->numa_node : -1;
	work->start_ms = clock_msec();
	work->was_taken = ns && ns->enabled;
	work->is_devdax = ns && ns->mode == MHP_NAMESPACE_DEVDAX;
	if (ns) {
		str_copy(work->hand.namespace_, ns->name);
		str_copy(work->hand.region, ns->region);
	} else {
		str_copy(work->bind.device, object_of(work));
	}
	work->memmap = (struct memmap_work){
		.bytes = work->step->size,
		.structs = work->step->size / topo->memory.page_size,
	};
	event_step(b->x, work->step, MHP_EVENT_STEP_STARTED, false, false, 0);
}

static bool is_handed_over(const struct work *work)
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
		prepare(b, &b->works[b->nr]);
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

static int told(struct batch *b, struct work *work, const struct task_pool_task *task)
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

/* -ENOMEM is for ours alone: exec_fail() never returns the kernel's. */
static void end_work(struct batch *b, struct work *work, int rc)
{
	struct chain *chain = &b->x->plan->chains[work->step->chain];
	struct chain_state *state = &b->x->chains[work->step->chain];

	work->ended = true;
	state->nr_ended++;
	state->changed |= work->changed;
	if (*work->handed.device)
		str_copy(chain->device, work->handed.device);
	if (rc >= 0 && work->changed && !work->step->direct_to_kmem && work->memmap.end_ms)
		state->initialised_bytes += work->step->size;
	/* one that was handed over and could not be bound is enabled by half */
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
	return b->x->options->jobs ? b->x->options->jobs : b->places.cpus;
}

static void tell_progress(void *data)
{
	const struct batch *b = data;
	struct mhp_part parts[EVENT_PARTS_MAX];
	struct memmap_progress sum = { .workers = jobs_of(b) };
	size_t nr = 0;

	for (size_t i = 0; i < b->nr; i++) {
		const struct work *work = &b->works[i];
		struct mhp_part part = { 0 };

		if (work->step->direct_to_kmem)
			continue;
		str_copy(part.object, object_of(work));
		memmap_progress_add(&sum, &b->rate, &work->memmap, &part);
		if (nr < EVENT_PARTS_MAX)
			parts[nr++] = part;
	}
	if (sum.total_bytes)
		event_memmap(b->x, &sum, parts, nr); /* which leaves out what comes too soon */
}

/* ---- the task_pool ----------------------------------------------------------------------------
 */

static void on_begin(void *data, size_t index)
{
	struct batch *b = data;
	struct work *work = &b->works[b->which[index]];

	work->place = cpus_take(&b->x->ctx->sys, &b->places, work->node);
	work->hand.cpus = work->bind.cpus = work->place->set;
	if (b->binds)
		work->memmap.start_ms = clock_msec();
}

/* Its label says devdax and it has no info block, as the creation was killed in between. */
static bool needs_finishing(const struct work *work)
{
	return work->is_devdax && !*work->handed.claim && !*work->handed.device;
}

/* In a process of its own: what has to be read may be locked by who works on the namespace. */
static int see_handed(struct batch *b, struct work *work)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(LOOK_MS),
		.watch_fd = -1,
		.ignore_cancel = true,
	};
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	int rc = child_call(&b->x->writer, b->x->ctx->nd->see_handed, &work->hand,
			    sizeof(work->hand), &wait, &reply, &result, NULL);

	if (rc < 0 || reply.len != sizeof(work->handed))
		return rc < 0 ? rc : -EPROTO;
	memcpy(&work->handed, reply.data, sizeof(work->handed));
	work->handed.changed = work->handed.changed && !work->was_taken;
	return 0;
}

/*
 * A hand-over that ended without an answer: what it has made counts. One that does not end may
 * still make it.
 */
static void look_at_silent(struct batch *b, struct work *work, struct task_pool_task *task)
{
	struct nd_handed *handed = &work->handed;

	if (task->result.end == CHILD_STUCK || see_handed(b, work) < 0) {
		work->is_unclear = true;
		handed->changed = true;
		return;
	}
	if (!*handed->device && !handed->bound &&
	    (!*handed->claim || strncmp(handed->claim, "dax", 3) == 0))
		return;
	task->result.end = CHILD_STOPPED; /* it was done, and only the word of it is missing */
	task->result.rc = 0;
}

static void hand_over_ended(struct batch *b, struct work *work, struct task_pool_task *task)
{
	const struct mhp_memory *memory = &b->x->topo->memory;
	int rc;

	/* also of one that failed: something may have been made of it */
	if (task->reply.len == sizeof(work->handed))
		memcpy(&work->handed, task->reply.data, sizeof(work->handed));
	else if (task->result.end != CHILD_ANSWERED && task->result.end != CHILD_STOPPED)
		look_at_silent(b, work, task);
	rc = told(b, work, task);
	str_copy(work->bind.claim, work->handed.claim);
	str_copy(work->bind.device, work->handed.device);
	work->changed = work->handed.changed;
	memmap_shape(&work->memmap, memory,
		     *work->handed.device ? work->handed.align : memory->page_size,
		     work->handed.map_mem);
	if (rc < 0 || (work->handed.bound && !needs_finishing(work))) {
		work->memmap.end_ms = clock_msec();
		end_work(b, work, rc);
	}
}

/* Killed when the kernel was done with it and nobody had said so yet: then it is done. */
static void look_again(const struct batch *b, const struct work *work, struct task_pool_task *task)
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

	look_again(b, work, task);
	rc = told(b, work, task);
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
		hand_over_ended(b, work, &b->tasks[index]);
	tell_progress(b);
}

static void add_task(const struct batch *b, size_t at, const struct work *work)
{
	uint64_t deadline = exec_deadline(b->x, work->step->size);

	b->tasks[at] = (struct task_pool_task){
		.fn = b->binds ? b->x->ctx->nd->bind_claim : b->x->ctx->nd->hand_over,
		.arg = b->binds ? (const void *)&work->bind : &work->hand,
		.arg_size = b->binds ? sizeof(work->bind) : sizeof(work->hand),
		.timeout_ms = deadline == CLOCK_NEVER ? 0 : deadline - clock_msec(),
	};
	b->which[at] = (size_t)(work - b->works);
}

/* What was not begun before a cancel has not ended either. */
static void end_the_rest(struct batch *b, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct work *work = &b->works[b->which[i]];

		if (!b->tasks[i].begun)
			end_work(b, work, told(b, work, &b->tasks[i]));
		reply_free(&b->tasks[i].reply);
	}
}

static int run_phase(struct batch *b, bool binds)
{
	struct task_pool_watch watch = {
		.begin = on_begin,
		.end = on_end,
		.tick = tell_progress,
		.tick_ms = TICK_MS,
		.data = b,
	};
	size_t nr = 0;
	int rc;

	b->binds = binds;
	for (size_t i = 0; i < b->nr; i++) {
		const struct work *work = &b->works[i];

		if (!work->ended && (binds ? !work->step->direct_to_kmem : !is_handed_over(work)))
			add_task(b, nr++, work);
	}
	rc = task_pool_run(b->x->ctx, b->tasks, nr, jobs_of(b), &watch);
	if (rc == 0)
		end_the_rest(b, nr);
	return rc;
}

/* None can be handed over. */
static void fail_hand_over(struct batch *b, const struct mhp_error *err)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct work *work = &b->works[i];

		if (!is_handed_over(work))
			end_work(b, work, exec_fail(b->x, work->step, object_of(work), err, "", 0));
	}
}

static int hand_over_all(struct batch *b)
{
	struct mhp_error err = { 0 };
	int rc = autoprobe_hold(b->x, true, &err);

	if (rc < 0)
		fail_hand_over(b, &err);
	else
		rc = run_phase(b, false);
	for (size_t i = 0; i < b->nr; i++) {
		settings_own(&b->x->settings, b->works[i].handed.claim);
		settings_own(&b->x->settings, b->works[i].handed.device);
	}
	autoprobe_release(b->x);
	return rc == -ENOMEM ? rc : 0;
}

/* What is to be undone as another has failed need not be bound first. */
static void leave_off(struct batch *b)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!b->works[i].ended)
			end_work(b, &b->works[i], 0);
}

/* What a creation that was killed has left out. *is_bound: no second part is needed. */
static int finish_creation(struct batch *b, struct work *work, bool *is_bound)
{
	const struct chain *chain = &b->x->plan->chains[work->step->chain];
	char driver[MHP_NAME_MAX] = "";
	bool changed = false;
	int rc;

	if (ctx_cancelled(b->x->ctx))
		return told(b, work, &(struct task_pool_task){ 0 });
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

/* Those that shall go to kmem have no second part. */
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
		if (rc == 0 && !is_bound && !work->step->direct_to_kmem)
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

/* In the order of the plan, whoever was faster: the first decides about the whole. */
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
		any = any || !is_handed_over(&b.works[i]);
	if (rc == 0 && any)
		rc = hand_over_all(&b);
	if (rc == 0 && b.rc < 0 && x->options->rollback)
		leave_off(&b);
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
