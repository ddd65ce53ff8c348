/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creates namespaces in parallel, each in its own region. They are on their way to kmem, so no
 * memmap is initialised here. Reading the bus and writing labels take most of the time, and do not
 * block each other.
 */
#include "lib/base/clock.h"
#include "lib/exec/autoprobe.h"
#include "lib/exec/event.h"
#include "lib/exec/step.h"
#include "lib/sys/cpus.h"
#include "lib/sys/pool.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <stdlib.h>

#define FINISH_MS 400 /* time to end after a cancel, the same as for one creation */

struct creations {
	struct exec *x;
	struct mhp_step **steps;
	struct nd_create_args *args;
	struct task_pool_task *tasks;
	uint64_t *took_ms;
	size_t nr;
	int rc; /* errno of the first failure, or -ENOMEM */
};

static void on_begin(void *data, size_t index)
{
	const struct creations *c = data;

	event_step(c->x, c->steps[index], MHP_EVENT_STEP_STARTED, false, false, 0);
}

static int take_created(struct creations *c, size_t index, struct mhp_error *err)
{
	const struct task_pool_task *task = &c->tasks[index];
	const struct mhp_step *step = c->steps[index];
	int rc = exec_explain_task(task, step->object, err);

	return rc < 0 ? rc : step_take_created(c->x, step, &task->reply);
}

static void on_end(void *data, size_t index)
{
	const struct creations *c = data;

	c->took_ms[index] = clock_msec() - c->tasks[index].start_ms;
}

/* Reports one result. Call it in the order of the plan: the first failure decides about the run. */
static void report_creation(struct creations *c, size_t index)
{
	struct mhp_step *step = c->steps[index];
	struct task_pool_task *task = &c->tasks[index];
	uint64_t took = c->took_ms[index];
	struct mhp_error err = task->err;
	int rc = take_created(c, index, &err);
	bool changed = task->begun && step_has_changed(c->x, step, &task->result, rc, &err);

	if (rc == 0)
		rc = exec_changed(c->x, step, &(struct done){ 0 });
	else
		rc = step_told(c->x, step, step->object, rc, &err, clock_msec() - took);
	if (c->rc == 0 || rc == -ENOMEM)
		c->rc = rc < 0 ? rc : c->rc;
	exec_step_done(c->x, step, changed, rc < 0, took);
}

static void prepare_tasks(struct creations *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		uint64_t deadline = exec_deadline(c->x, c->steps[i]->size);

		step_create_args(c->x, c->steps[i], &c->args[i]);
		c->tasks[i] = (struct task_pool_task){
			.fn = c->x->ctx->nd->create,
			.arg = &c->args[i],
			.arg_size = sizeof(c->args[i]),
			.timeout_ms = deadline == CLOCK_NEVER ? 0 : deadline - clock_msec(),
		};
	}
}

static int run_tasks(struct creations *c)
{
	const struct task_pool_watch watch = {
		.begin = on_begin,
		.end = on_end,
		.finish_ms = FINISH_MS,
		.data = c,
	};
	cleanup_cpus struct cpu_places places = { 0 };
	unsigned jobs = c->x->options->max_parallel;
	int rc = cpus_read(&c->x->ctx->sys, &places);

	if (rc < 0)
		return rc;
	rc = task_pool_run(c->x->ctx, c->tasks, c->nr, jobs ? jobs : places.cpus, &watch);
	for (size_t i = 0; i < c->nr && rc == 0; i++) {
		autoprobe_own(c->x, &c->tasks[i].reply);
		report_creation(c, i);
		reply_free(&c->tasks[i].reply);
	}
	return rc;
}

/* Reports every step as failed; none was started. */
static void fail_all_steps(struct creations *c, const struct mhp_error *err)
{
	for (size_t i = 0; i < c->nr; i++) {
		struct mhp_step *step = c->steps[i];

		c->rc = exec_fail(c->x, step, step->object, err, "", 0);
		exec_step_done(c->x, step, false, true, 0);
	}
}

int creations_run(struct exec *x, struct mhp_step **steps, size_t nr)
{
	struct creations c = {
		.x = x,
		.steps = steps,
		.args = calloc(nr + 1, sizeof(*c.args)),
		.tasks = calloc(nr + 1, sizeof(*c.tasks)),
		.took_ms = calloc(nr + 1, sizeof(*c.took_ms)),
		.nr = nr,
	};
	struct mhp_error err = { 0 };
	int rc = -ENOMEM;

	if (c.args && c.tasks && c.took_ms) {
		rc = autoprobe_hold(x, false, &err);
		if (rc < 0) {
			fail_all_steps(&c, &err);
			rc = 0;
		} else {
			prepare_tasks(&c);
			rc = run_tasks(&c);
		}
		autoprobe_release(x);
	}
	free(c.args);
	free(c.tasks);
	free(c.took_ms);
	return rc < 0 ? rc : c.rc;
}
