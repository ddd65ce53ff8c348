/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parallel tasks, each in its own process. */
#include "lib/sys/pool.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define TASKS	 6
#define KILLED	 400 /* time that a killed task may take to end */
#define A_MOMENT 30
#define GO	 "go"

struct fixture {
	struct fakesys *fs;
	struct task_pool_task tasks[TASKS];
	struct task_pool_watch watch;
	int args[TASKS];
	unsigned busy;
	unsigned most;
	unsigned ticks;
	size_t go_at_end_of;  /* the end of that task releases the others */
	size_t cancel_at;     /* cancel when that task starts */
	const char *await;    /* cancel at the tick that finds this file */
	char told[TASKS * 8]; /* "b0 e0 " */
};

/* ---- tasks ------------------------------------------------------------------------------- */

static int echo(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)err;
	return reply_add(reply, arg, sizeof(int));
}

static int refuse(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	reply_add(reply, arg, sizeof(int));
	return err_set(err, -ENXIO, MHP_REASON_KERNEL, "refused");
}

static int await_go(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	while (!root_exists(&ctx->sys, GO))
		poll(NULL, 0, 1);
	return echo(ctx, arg, reply, err);
}

static int soon(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	poll(NULL, 0, A_MOMENT);
	return echo(ctx, arg, reply, err);
}

static int ignore_signals(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			  struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	fakeclock_hang_forever();
}

static int die(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	return raise(SIGKILL);
}

/* Writes to a file; the fake kernel answers. */
static int write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	(void)arg;
	(void)reply;
	(void)err;
	return root_write(&ctx->sys, "sys/devices/system/memory/memory0/state", "offline");
}

/* ---- callbacks --------------------------------------------------------------------------- */

static void note_event(struct fixture *f, char what, size_t index)
{
	size_t len = strlen(f->told);

	snprintf(f->told + len, sizeof(f->told) - len, "%c%zu ", what, index);
}

static void on_begin(void *data, size_t index)
{
	struct fixture *f = data;

	note_event(f, 'b', index);
	f->args[index] += 100;
	if (++f->busy > f->most)
		f->most = f->busy;
	if (index == f->cancel_at)
		mhp_ctx_cancel(f->fs->ctx);
}

static void on_end(void *data, size_t index)
{
	struct fixture *f = data;

	note_event(f, 'e', index);
	assert_true(f->busy-- > 0);
	if (index == f->go_at_end_of)
		fakesys_put(f->fs, GO, "");
}

static void on_tick(void *data)
{
	struct fixture *f = data;

	if (++f->ticks == 2)
		fakesys_put(f->fs, GO, "");
	if (f->await && root_exists(&f->fs->ctx->sys, f->await))
		mhp_ctx_cancel(f->fs->ctx);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->fs = fakesys_new();
	f->go_at_end_of = f->cancel_at = TASKS;
	f->watch = (struct task_pool_watch){
		.begin = on_begin, .end = on_end, .tick = on_tick, .data = f
	};
	for (int i = 0; i < TASKS; i++) {
		f->args[i] = i;
		f->tasks[i] = (struct task_pool_task){ .fn = echo,
						       .arg = &f->args[i],
						       .arg_size = sizeof(f->args[i]) };
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < TASKS; i++)
		reply_free(&f->tasks[i].reply);
	fakesys_free(f->fs);
	free(f);
	return 0;
}

static void run(struct fixture *f, size_t nr, unsigned jobs)
{
	assert_int_equal(task_pool_run(f->fs->ctx, f->tasks, nr, jobs, &f->watch), 0);
	assert_int_equal(f->busy, 0);
}

/* Checks that a task got the argument as of its start. */
static void check_echo(const struct fixture *f, size_t index)
{
	const struct task_pool_task *task = &f->tasks[index];
	int value;

	assert_true(task->begun);
	assert_int_equal(task->result.end, CHILD_ANSWERED);
	assert_int_equal(task->result.rc, 0);
	assert_int_equal(task->reply.len, sizeof(value));
	memcpy(&value, task->reply.data, sizeof(value));
	assert_int_equal(value, (int)index + 100);
}

static void check_ended(const struct fixture *f, size_t index, enum child_end end, int rc)
{
	assert_true(f->tasks[index].begun);
	assert_int_equal(f->tasks[index].result.end, end);
	assert_int_equal(f->tasks[index].result.rc, rc);
}

/* ---- order ------------------------------------------------------------------------------- */

static void one_after_the_other(void **state)
{
	struct fixture *f = *state;

	run(f, 3, 1);
	assert_string_equal(f->told, "b0 e0 b1 e1 b2 e2 ");
	for (size_t i = 0; i < 3; i++)
		check_echo(f, i);
	assert_false(f->tasks[3].begun);
}

static void no_more_than_that_at_once(void **state)
{
	struct fixture *f = *state;

	run(f, TASKS, 2);
	assert_int_equal(f->most, 2);
	for (size_t i = 0; i < TASKS; i++)
		check_echo(f, i);
}

/* No task ends before the last has started. */
static void all_at_once(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i + 1 < TASKS; i++)
		f->tasks[i].fn = await_go;
	f->go_at_end_of = TASKS - 1;
	run(f, TASKS, 0);
	assert_int_equal(f->most, TASKS);
	for (size_t i = 0; i < TASKS; i++)
		check_echo(f, i);
}

static void none_at_all(void **state)
{
	struct fixture *f = *state;

	run(f, 0, 4);
	assert_string_equal(f->told, "");
}

static void nobody_watches(void **state)
{
	struct fixture *f = *state;
	const struct task_pool_watch nobody = { 0 };

	for (int i = 0; i < TASKS; i++)
		f->args[i] = i + 100;
	assert_int_equal(task_pool_run(f->fs->ctx, f->tasks, TASKS, 3, &nobody), 0);
	for (size_t i = 0; i < TASKS; i++)
		check_echo(f, i);
}

static void ticks_come_while_tasks_are_at_work(void **state)
{
	struct fixture *f = *state;

	f->tasks[0].fn = await_go; /* released by the second tick */
	f->watch.tick_ms = 2;
	run(f, 1, 1);
	check_echo(f, 0);
	assert_true(f->ticks >= 2);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void a_failure_stops_no_other(void **state)
{
	struct fixture *f = *state;

	f->tasks[0].fn = refuse;
	f->tasks[1].fn = die;
	run(f, 4, 1);
	assert_string_equal(f->told, "b0 e0 b1 e1 b2 e2 b3 e3 ");
	check_ended(f, 0, CHILD_ANSWERED, -ENXIO);
	assert_string_equal(f->tasks[0].err.message, "refused");
	assert_int_equal(f->tasks[0].reply.len,
			 sizeof(int)); /* a failed task may have a reply too */
	check_ended(f, 1, CHILD_DIED, -EPIPE);
	assert_true(*f->tasks[1].err.message != '\0');
	check_echo(f, 2);
	check_echo(f, 3);
}

static void no_process_can_be_started(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;

	if (getenv("MHP_VALGRIND")) /* it has a limit of its own */
		skip();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run(f, 3, 2);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(f->told, "b0 e0 b1 e1 b2 e2 ");
	for (size_t i = 0; i < 3; i++) {
		check_ended(f, i, CHILD_DIED, -EMFILE);
		assert_non_null(strstr(f->tasks[i].err.message, "cannot start a process"));
	}
}

static void an_argument_that_is_too_large(void **state)
{
	static const char large[CHILD_ARG_MAX + 1];
	struct fixture *f = *state;

	f->tasks[0].arg = large;
	f->tasks[0].arg_size = sizeof(large);
	run(f, 2, 1);
	check_ended(f, 0, CHILD_DIED, -E2BIG);
	check_echo(f, 1);
}

/* ---- deadlines --------------------------------------------------------------------------- */

static void the_deadline_of_one_among_several(void **state)
{
	struct fixture *f = *state;

	f->tasks[0].fn = ignore_signals;
	f->tasks[0].timeout_ms = A_MOMENT;
	f->tasks[1].fn = await_go;
	f->go_at_end_of = 0;
	run(f, 3, 2);
	check_ended(f, 0, CHILD_KILLED, -ETIMEDOUT);
	assert_false(f->tasks[0].result.cancelled);
	assert_true(f->tasks[0].result.elapsed_us >= A_MOMENT * 1000);
	check_echo(f, 1);
	check_echo(f, 2);
}

/* In sequence each kill would wait for its own grace period. */
static void many_deadlines_at_once(void **state)
{
	struct fixture *f = *state;
	uint64_t start = clock_msec();

	for (size_t i = 0; i < TASKS; i++) {
		f->tasks[i].fn = ignore_signals;
		f->tasks[i].timeout_ms = A_MOMENT;
	}
	run(f, TASKS, 0);
	for (size_t i = 0; i < TASKS; i++)
		check_ended(f, i, CHILD_KILLED, -ETIMEDOUT);
	assert_true(clock_msec() - start < 2 * KILLED);
}

/* ---- cancels ----------------------------------------------------------------------------- */

static void a_cancel_ends_what_hears_nothing(void **state)
{
	struct fixture *f = *state;
	uint64_t start = clock_msec();

	f->tasks[0].fn = f->tasks[1].fn = ignore_signals;
	f->watch.tick_ms = 1;
	f->await = "sys";
	run(f, 4, 2);
	assert_true(clock_msec() - start < 2 * KILLED);
	assert_string_equal(f->told, "b0 b1 e0 e1 ");
	for (size_t i = 0; i < 2; i++) {
		check_ended(f, i, CHILD_KILLED, -ECANCELED);
		assert_true(f->tasks[i].result.cancelled);
	}
	assert_false(f->tasks[2].begun || f->tasks[3].begun);
}

/* With time to finish, running tasks answer and no other starts. */
static void a_cancel_with_time_to_finish(void **state)
{
	struct fixture *f = *state;

	f->tasks[0].fn = f->tasks[1].fn = soon;
	f->watch.finish_ms = 10000;
	f->cancel_at = 1;
	run(f, 3, 2);
	check_ended(f, 0, CHILD_ANSWERED, 0);
	check_ended(f, 1, CHILD_ANSWERED, 0);
	assert_false(f->tasks[2].begun);
}

static void a_cancel_while_tasks_begin(void **state)
{
	struct fixture *f = *state;

	f->tasks[0].fn = f->tasks[1].fn = ignore_signals;
	f->cancel_at = 1;
	run(f, TASKS, 0);
	assert_string_equal(f->told, "b0 b1 e0 e1 ");
	assert_false(f->tasks[2].begun);
}

static void a_cancel_before_the_first(void **state)
{
	struct fixture *f = *state;

	mhp_ctx_cancel(f->fs->ctx);
	run(f, TASKS, 2);
	assert_string_equal(f->told, "");
	assert_false(f->tasks[0].begun);
}

static void what_not_even_a_kill_ends(void **state)
{
	struct fixture *f = *state;
	uint64_t start = clock_msec();

	fakesys_answer(f->fs, 1, "sys/devices/system/memory/memory0/state", "offline", "stuck");
	f->tasks[0].fn = write_state;
	f->tasks[1].fn = ignore_signals;
	f->watch.tick_ms = 1;
	f->await = "tracer";
	run(f, 2, 2);
	assert_true(clock_msec() - start < 4 * KILLED);
	check_ended(f, 0, CHILD_STUCK, -ECANCELED);
	check_ended(f, 1, CHILD_KILLED, -ECANCELED);
}

#define GANG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

UNIT_TESTS(GANG_TEST(one_after_the_other), GANG_TEST(no_more_than_that_at_once),
	   GANG_TEST(all_at_once), GANG_TEST(none_at_all), GANG_TEST(nobody_watches),
	   GANG_TEST(ticks_come_while_tasks_are_at_work), GANG_TEST(a_failure_stops_no_other),
	   GANG_TEST(no_process_can_be_started), GANG_TEST(an_argument_that_is_too_large),
	   GANG_TEST(the_deadline_of_one_among_several), GANG_TEST(many_deadlines_at_once),
	   GANG_TEST(a_cancel_ends_what_hears_nothing), GANG_TEST(a_cancel_with_time_to_finish),
	   GANG_TEST(a_cancel_while_tasks_begin), GANG_TEST(a_cancel_before_the_first),
	   GANG_TEST(what_not_even_a_kill_ends))
