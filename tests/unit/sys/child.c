/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child process for calls that may never return. */
#include "lib/sys/child.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LONG_MS 60000

struct fixture {
	struct mhp_ctx *ctx;
	struct child child;
	struct child_wait wait; /* the test may change it */
	unsigned ticks;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || mhp_ctx_new(&f->ctx, NULL, NULL) < 0)
		return -1;
	f->child = CHILD_INIT(f->ctx);
	f->wait = (struct child_wait){ .deadline = clock_msec() + LONG_MS, .watch_fd = -1 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	child_stop(&f->child);
	mhp_ctx_free(f->ctx);
	free(f);
	return 0;
}

static int call(struct fixture *f, child_fn fn, struct reply *reply, struct child_result *result)
{
	return child_call(&f->child, &(struct child_task){ .fn = fn }, &f->wait, reply, result,
			  NULL);
}

/* ---- answers ----------------------------------------------------------------------------- */

static int add_numbers(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	const int *numbers = arg;
	int sum = numbers[0] + numbers[1];

	(void)ctx;
	(void)err;
	reply_add(reply, &sum, sizeof(sum));
	return 7;
}

static void an_answer(void **state)
{
	cleanup_reply struct reply reply = { 0 };
	const int numbers[] = { 40, 2 };
	struct child_result result;
	struct fixture *f = *state;
	pid_t pid;
	int sum;

	assert_int_equal(f->child.pid, 0);
	assert_int_equal(child_call(&f->child, CHILD_TASK(add_numbers, &numbers), &f->wait, &reply,
				    &result, NULL),
			 7);
	assert_int_equal(result.end, CHILD_ANSWERED);
	assert_int_equal(result.rc, 7);
	assert_false(result.cancelled);
	assert_int_equal(reply.len, sizeof(sum));
	memcpy(&sum, reply.data, sizeof(sum));
	assert_int_equal(sum, 42);
	/* the same process runs the next task; its reply is appended to the first */
	pid = f->child.pid;
	assert_int_equal(child_call(&f->child, CHILD_TASK(add_numbers, &numbers), &f->wait, &reply,
				    &result, NULL),
			 7);
	assert_int_equal(f->child.pid, pid);
	assert_int_equal(reply.len, 2 * sizeof(sum));
}

static int fail_with_words(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			   struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	return err_set(err, -EBUSY, MHP_REASON_PINNED, "memory40: pinned");
}

static void a_failure_with_its_words(void **state)
{
	struct mhp_error err = { 0 };
	struct child_result result;
	struct fixture *f = *state;

	assert_int_equal(child_call(&f->child, &(struct child_task){ .fn = fail_with_words },
				    &f->wait, NULL, &result, &err),
			 -EBUSY);
	assert_int_equal(err.reason, MHP_REASON_PINNED);
	assert_string_equal(err.message, "memory40: pinned");
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	assert_int_equal(result.end, CHILD_ANSWERED);
}

#define BIG (3 * 1000 * 1000)

static int answer_a_lot(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)err;
	for (int i = 0; i < BIG / 4; i++)
		if (reply_add(reply, &i, sizeof(i)) < 0)
			return -ENOMEM;
	return 0;
}

/* A reply larger than the socket buffer. */
static void a_big_reply(void **state)
{
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct fixture *f = *state;

	assert_int_equal(call(f, answer_a_lot, &reply, &result), 0);
	assert_int_equal(reply.len, BIG);
	for (int i = 0; i < BIG / 4; i += 1000) {
		int number;

		memcpy(&number, reply.data + (size_t)i * sizeof(number), sizeof(number));
		assert_int_equal(number, i);
	}
	/* an unwanted reply is dropped, and the next answer is complete */
	assert_int_equal(call(f, answer_a_lot, NULL, &result), 0);
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
}

static void an_argument_that_is_too_big(void **state)
{
	static const char arg[CHILD_ARG_MAX + 1];
	struct mhp_error err = { 0 };
	struct child_result result;
	struct fixture *f = *state;

	assert_int_equal(child_call(&f->child, CHILD_TASK(add_numbers, &arg), &f->wait, NULL,
				    &result, &err),
			 -E2BIG);
	assert_int_equal(result.rc, -E2BIG);
	assert_int_equal(f->child.pid, 0);
}

/* ---- calls that do not return ------------------------------------------------------------ */

static int wait_for_a_signal(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			     struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	return fakeclock_hang_until_signal();
}

static int wait_for_ever(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	fakeclock_hang_forever();
}

static void a_task_that_hears_the_signal(void **state)
{
	struct child_result result;
	struct fixture *f = *state;
	pid_t pid;

	f->wait.deadline = clock_msec() + 50;
	assert_int_equal(call(f, wait_for_a_signal, NULL, &result), -EINTR);
	assert_int_equal(result.end, CHILD_STOPPED);
	assert_false(result.cancelled);
	assert_true(result.elapsed_us > 0);
	/* the child is still usable */
	pid = f->child.pid;
	f->wait.deadline = clock_msec() + LONG_MS;
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	assert_int_equal(f->child.pid, pid);
	assert_int_equal(result.end, CHILD_ANSWERED);
}

static void a_task_that_does_not_is_killed(void **state)
{
	struct child_result result;
	struct fixture *f = *state;
	uint64_t start = clock_msec();

	f->wait.deadline = start + 30;
	assert_int_equal(call(f, wait_for_ever, NULL, &result), -ETIMEDOUT);
	assert_int_equal(result.end, CHILD_KILLED);
	assert_int_equal(f->child.pid, 0);
	assert_true(clock_msec() - start < 2000);
	/* a new child replaces it */
	f->wait.deadline = clock_msec() + LONG_MS;
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	assert_true(f->child.pid > 0);
}

/* A cancel before the start: the child must install its handler before it gets the signal. */
static void a_cancel(void **state)
{
	struct child_result result;
	struct fixture *f = *state;

	mhp_ctx_cancel(f->ctx);
	assert_int_equal(call(f, wait_for_a_signal, NULL, &result), -EINTR);
	assert_int_equal(result.end, CHILD_STOPPED);
	assert_true(result.cancelled);
}

static int wait_a_little(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	return poll(NULL, 0, 30) < 0 ? -errno : 5;
}

/* A task that restores settings after a cancel must not be cancelled too. */
static void a_cancel_that_is_ignored(void **state)
{
	struct child_result result;
	struct fixture *f = *state;

	mhp_ctx_cancel(f->ctx);
	f->wait.ignore_cancel = true;
	assert_int_equal(call(f, wait_a_little, NULL, &result), 5);
	assert_int_equal(result.end, CHILD_ANSWERED);
	f->wait.deadline = clock_msec() + 30;
	assert_int_equal(call(f, wait_for_a_signal, NULL, &result), -EINTR);
	assert_false(result.cancelled);
}

static int crash(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	return raise(SIGKILL);
}

static void a_task_that_dies(void **state)
{
	struct mhp_error err = { 0 };
	struct child_result result;
	struct fixture *f = *state;

	assert_true(child_call(&f->child, &(struct child_task){ .fn = crash }, &f->wait, NULL,
			       &result, &err) < 0);
	assert_int_equal(result.end, CHILD_DIED);
	assert_int_equal(f->child.pid, 0);
	assert_non_null(strstr(err.message, "without an answer"));
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
}

static void a_child_that_died_between_tasks(void **state)
{
	struct child_result result;
	struct fixture *f = *state;

	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	assert_int_equal(kill(f->child.pid, SIGKILL), 0);
	assert_true(call(f, fail_with_words, NULL, &result) < 0);
	assert_int_equal(result.end, CHILD_DIED);
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	assert_int_equal(result.end, CHILD_ANSWERED);
}

/* ---- ticks ------------------------------------------------------------------------------- */

static void count_tick(void *data, uint64_t elapsed_ms)
{
	struct fixture *f = data;

	assert_true(elapsed_ms < LONG_MS / 2);
	if (++f->ticks >= 2) /* repeated: the child may not wait yet */
		kill(f->child.pid, SIGUSR1);
}

static void ticks(void **state)
{
	struct child_result result;
	struct fixture *f = *state;

	f->wait.tick_ms = 5;
	f->wait.tick = count_tick;
	f->wait.data = f;
	assert_int_equal(call(f, wait_for_a_signal, NULL, &result), -EINTR);
}

struct watched {
	int fd;
	unsigned nr;
};

static void take_byte(void *data, uint64_t elapsed_ms)
{
	struct watched *w = data;
	char byte;

	(void)elapsed_ms;
	w->nr += read(w->fd, &byte, 1) == 1;
}

static void input_on_a_watched_fd(void **state)
{
	struct child_result result;
	struct fixture *f = *state;
	struct watched w = { 0 };
	int pair[2];

	assert_int_equal(pipe2(pair, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(write(pair[1], "abc", 3), 3);
	w.fd = f->wait.watch_fd = pair[0];
	f->wait.tick = take_byte;
	f->wait.data = &w;
	assert_int_equal(call(f, wait_a_little, NULL, &result), 5);
	assert_int_equal(w.nr, 3);
	close(pair[0]);
	close(pair[1]);
}

/* ---- files and parent of a child --------------------------------------------------------- */

struct have {
	int open[3]; /* is stdin, stdout or stderr not /dev/null? */
	unsigned others;
	bool own_session, ignores_int, blocks_nothing;
};

static int tell_what_it_has(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			    struct mhp_error *err)
{
	struct have have = { 0 };
	struct sigaction action;
	struct stat null, st, mark = { 0 };
	sigset_t set;

	(void)arg;
	(void)err;
	if (stat("/dev/null", &null) < 0)
		return -errno;
	fstatat(ctx->sys.root_fd, LOCK_WRITERS, &mark, 0);
	for (int fd = 0; fd < 1024; fd++) {
		if (fstat(fd, &st) < 0)
			continue;
		if (fd < 3)
			have.open[fd] = st.st_rdev != null.st_rdev;
		else if (fd != ctx->sys.root_fd && !S_ISSOCK(st.st_mode) &&
			 (st.st_dev != mark.st_dev || st.st_ino != mark.st_ino))
			have.others++;
	}
	have.own_session = getsid(0) == getpid();
	sigaction(SIGINT, NULL, &action);
	have.ignores_int = action.sa_handler == SIG_IGN;
	sigprocmask(SIG_SETMASK, NULL, &set);
	have.blocks_nothing = sigisemptyset(&set);
	return reply_add(reply, &have, sizeof(have));
}

/* A child that stays must not keep a pipe of the caller open, or a script would hang. */
static void no_file_is_inherited(void **state)
{
	cleanup_reply struct reply reply = { 0 };
	struct child_result result;
	struct fixture *f = *state;
	sigset_t blocked, old;
	struct have have;
	int extra[2];

	assert_int_equal(pipe(extra), 0); /* without O_CLOEXEC, also with a high number */
	assert_int_equal(dup2(extra[1], 900), 900);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, &old);
	assert_int_equal(call(f, tell_what_it_has, &reply, &result), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	memcpy(&have, reply.data, sizeof(have));
	for (int fd = 0; fd < 3; fd++)
		assert_false(have.open[fd]);
	assert_int_equal(have.others, 0);
	assert_true(have.own_session);
	assert_true(have.ignores_int);
	assert_true(have.blocks_nothing);
	close(900);
	close(extra[0]);
	close(extra[1]);
}

static int read_own_name(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	char text[64];

	(void)arg;
	(void)reply;
	(void)err;
	return root_read(&ctx->sys, "proc/self/comm", text, sizeof(text)) == 0 &&
			       strcmp(text, "mhpctl-writer") == 0
		       ? 3
		       : -EIO;
}

static void the_root_is_inherited(void **state)
{
	struct child_result result;
	struct fixture *f = *state;

	assert_int_equal(call(f, read_own_name, NULL, &result), 3);
}

/* A child without a parent could not be stopped, so it ends with the parent. */
static void it_ends_with_its_parent(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	pid_t parent, child = 0;
	char rest;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		struct child_result result;

		call(f, fail_with_words, NULL, &result);
		if (write(ready[1], &f->child.pid, sizeof(child)) == (ssize_t)sizeof(child))
			poll(NULL, 0, 5000);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &child, sizeof(child)), sizeof(child));
	assert_true(child > 0 && kill(child, 0) == 0);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(read(ready[0], &rest, 1), 0);
	for (int i = 0; i < LONG_MS / 10 && kill(child, 0) == 0; i++) {
		char path[64], text[256] = "";

		/* possibly not reaped: a zombie has ended too */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		if (tree_get(AT_FDCWD, path, text, sizeof(text)) == 0 && strstr(text, ") Z "))
			break;
		poll(NULL, 0, 5);
		assert_true(i + 1 < LONG_MS / 10);
	}
	close(ready[0]);
}

static void a_stop_without_a_child(void **state)
{
	struct fixture *f = *state;
	struct child_result result;

	child_stop(&f->child);
	assert_int_equal(call(f, fail_with_words, NULL, &result), -EBUSY);
	child_stop(&f->child);
	assert_int_equal(f->child.pid, 0);
	assert_int_equal(f->child.fd, -1);
	child_stop(&f->child);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_TESTS(TEST(an_answer), TEST(a_failure_with_its_words), TEST(a_big_reply),
	   TEST(an_argument_that_is_too_big), TEST(a_task_that_hears_the_signal),
	   TEST(a_task_that_does_not_is_killed), TEST(a_cancel), TEST(a_cancel_that_is_ignored),
	   TEST(a_task_that_dies), TEST(a_child_that_died_between_tasks), TEST(ticks),
	   TEST(input_on_a_watched_fd), TEST(no_file_is_inherited), TEST(the_root_is_inherited),
	   TEST(it_ends_with_its_parent), TEST(a_stop_without_a_child))
