/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call of a child in two parts, so that a caller can wait for several. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/child.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 60000

struct fixture {
	struct mhp_ctx *ctx;
	struct child child;
	struct reply reply;
	struct child_result result;
	struct mhp_error err;
	uint64_t start;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || mhp_ctx_new(&f->ctx, NULL, NULL) < 0)
		return -1;
	f->child = CHILD_INIT(f->ctx);
	f->start = clock_msec();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	child_stop(&f->child);
	reply_free(&f->reply);
	mhp_ctx_free(f->ctx);
	free(f);
	return 0;
}

/* ---- tasks ------------------------------------------------------------------------------- */

static int answer(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)err;
	return reply_add(reply, arg, strlen(arg) + 1) < 0 ? -ENOMEM : 3;
}

static int refuse(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	return err_set(err, -EBUSY, MHP_REASON_KERNEL, "busy");
}

/* Returns -EINTR when asked to stop. */
static int wait_for_stop(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	(void)ctx;
	(void)arg;
	(void)reply;
	(void)err;
	return fakeclock_hang_until_signal();
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

static void begin_call(struct fixture *f, child_fn fn)
{
	assert_int_equal(child_begin(&f->child,
				     &(struct child_task){ fn, "words", sizeof("words") }, &f->err),
			 0);
}

static void await_input(const struct fixture *f)
{
	struct pollfd pfd = { .fd = f->child.fd, .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, LONG_MS), 1);
}

static void finish(struct fixture *f, enum child_wake wake)
{
	child_finish(&f->child, wake, f->start, &f->reply, &f->result, &f->err);
}

static void check(const struct fixture *f, enum child_end end, int rc)
{
	assert_int_equal(f->result.end, end);
	assert_int_equal(f->result.rc, rc);
}

/* ---- finish ------------------------------------------------------------------------------ */

static void an_answer_and_the_next(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	begin_call(f, answer);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_ANSWERED, 3);
	assert_string_equal(f->reply.data, "words");
	pid = f->child.pid;
	begin_call(f, refuse);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_ANSWERED, -EBUSY);
	assert_string_equal(f->err.message, "busy");
	assert_int_equal(f->child.pid, pid);
}

static void one_that_hears_stops(void **state)
{
	struct fixture *f = *state;

	begin_call(f, wait_for_stop);
	finish(f, CHILD_WAKE_DEADLINE);
	check(f, CHILD_STOPPED, -EINTR);
	assert_false(f->result.cancelled);
	begin_call(f, wait_for_stop);
	finish(f, CHILD_WAKE_CANCEL);
	check(f, CHILD_STOPPED, -EINTR);
	assert_true(f->result.cancelled);
}

static void one_that_does_not_is_killed(void **state)
{
	struct fixture *f = *state;

	begin_call(f, ignore_signals);
	finish(f, CHILD_WAKE_DEADLINE);
	check(f, CHILD_KILLED, -ETIMEDOUT);
	assert_true(f->result.elapsed_us > 0);
	assert_int_equal(f->child.pid, 0);
	begin_call(f, answer); /* in a new process */
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_ANSWERED, 3);
}

static void one_that_ends_by_itself(void **state)
{
	struct fixture *f = *state;

	begin_call(f, die);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_DIED, -EPIPE);
	assert_int_equal(f->child.pid, 0);
	assert_true(*f->err.message != '\0');
}

/* ---- abandon ----------------------------------------------------------------------------- */

static void an_abandoned_one_is_gone(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	begin_call(f, ignore_signals);
	pid = f->child.pid;
	f->result.cancelled = true;
	child_abandon(&f->child, LONG_MS, &f->reply, &f->result, &f->err);
	check(f, CHILD_KILLED, -ECANCELED);
	assert_int_equal(f->child.pid, 0);
	assert_int_equal(f->child.fd, -1);
	assert_int_equal(kill(pid, 0), -1);
}

/* An answer sent before the kill counts. */
static void an_answer_right_before_it_is_abandoned(void **state)
{
	struct fixture *f = *state;

	begin_call(f, refuse); /* its answer is one message: complete or missing */
	await_input(f);
	f->result.cancelled = true;
	child_abandon(&f->child, LONG_MS, &f->reply, &f->result, &f->err);
	check(f, CHILD_STOPPED, -EBUSY);
	assert_string_equal(f->err.message, "busy");
	assert_int_equal(f->child.pid, 0);
}

/* ---- begin ------------------------------------------------------------------------------- */

/* A child killed between two tasks fails the first one; the next gets a new process. */
static void a_child_that_is_gone(void **state)
{
	struct fixture *f = *state;

	begin_call(f, answer);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	assert_int_equal(kill(f->child.pid, SIGKILL), 0);
	await_input(f);
	assert_int_equal(child_begin(&f->child, &(struct child_task){ answer, "x", 2 }, &f->err),
			 -EPIPE);
	assert_int_equal(f->child.pid, 0);
	begin_call(f, answer);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_ANSWERED, 3);
}

/* ---- no descriptor ----------------------------------------------------------------------- */

static int no_pidfd(pid_t pid, unsigned flags)
{
	(void)pid;
	(void)flags;
	errno = EMFILE;
	return -1;
}

static void without_a_pidfd(void **state)
{
	struct fixture *f = *state;

	f->child.open_pidfd = no_pidfd;
	begin_call(f, wait_for_stop);
	assert_int_equal(f->child.pidfd, -1);
	finish(f, CHILD_WAKE_DEADLINE);
	check(f, CHILD_STOPPED, -EINTR);
	begin_call(f, ignore_signals);
	finish(f, CHILD_WAKE_DEADLINE);
	check(f, CHILD_KILLED, -ETIMEDOUT);
	assert_int_equal(f->child.pid, 0);
	begin_call(f, answer);
	child_stop(&f->child);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
}

/* Lets signals through a pidfd fail, as a filter does that was written before they existed. */
static int refuse_pidfd_signals(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_send_signal, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static void a_pidfd_that_sends_nothing(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (refuse_pidfd_signals() < 0)
			_exit(77);
		begin_call(f, ignore_signals);
		finish(f, CHILD_WAKE_DEADLINE);
		_exit(f->result.end == CHILD_KILLED && waitpid(-1, NULL, WNOHANG) < 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Starts a process that is not our child; the fd shows its end. */
static pid_t stranger(int *fd)
{
	pid_t pid, parent;
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		pid = fork();
		if (pid == 0)
			poll(NULL, 0, LONG_MS);
		if (pid > 0 && write(pair[1], &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
			_exit(1);
		_exit(0);
	}
	close(pair[1]);
	*fd = pair[0];
	assert_int_equal(read(pair[0], &pid, sizeof(pid)), sizeof(pid));
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	return pid;
}

/* The host has reaped our child, and its pid is reused by another process. */
static void a_number_that_was_given_away(void **state)
{
	struct fixture *f = *state;
	struct pollfd pfd = { .events = POLLIN };
	pid_t pid;

	f->child.open_pidfd = no_pidfd;
	begin_call(f, answer);
	pid = f->child.pid;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	f->child.pid = stranger(&pfd.fd);
	child_signal(&f->child, SIGKILL);
	assert_int_equal(poll(&pfd, 1, 50), 0); /* still alive */
	pid = f->child.pid;
	child_stop(&f->child);
	assert_int_equal(poll(&pfd, 1, 50), 0);
	kill(pid, SIGKILL);
	close(pfd.fd);
}

/* ---- stopped in an answer ---------------------------------------------------------------- */

#define MUCH (4 << 20)

/* Answers more than the socket holds. */
static int answer_much(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	static const char zeros[MUCH];

	(void)ctx;
	(void)arg;
	(void)err;
	return reply_add(reply, zeros, sizeof(zeros));
}

/* The child is killed; a partial answer is dropped, and a new process runs the next task. */
static void one_that_is_stopped_in_its_answer(void **state)
{
	struct fixture *f = *state;
	siginfo_t info;

	begin_call(f, answer_much);
	await_input(f);
	kill(f->child.pid, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)f->child.pid, &info, WSTOPPED | WNOWAIT), 0);
	setsockopt(f->child.fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_usec = 50000 },
		   sizeof(struct timeval));
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_KILLED, -ETIMEDOUT);
	reply_free(&f->reply);
	begin_call(f, answer);
	await_input(f);
	finish(f, CHILD_WAKE_ANSWER);
	check(f, CHILD_ANSWERED, 3);
	assert_string_equal(f->reply.data, "words");
}

#define CHILD_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

UNIT_TESTS(CHILD_TEST(an_answer_and_the_next), CHILD_TEST(one_that_hears_stops),
	   CHILD_TEST(one_that_does_not_is_killed), CHILD_TEST(one_that_ends_by_itself),
	   CHILD_TEST(an_abandoned_one_is_gone), CHILD_TEST(an_answer_right_before_it_is_abandoned),
	   CHILD_TEST(a_child_that_is_gone), CHILD_TEST(without_a_pidfd),
	   CHILD_TEST(a_pidfd_that_sends_nothing), CHILD_TEST(a_number_that_was_given_away),
	   CHILD_TEST(one_that_is_stopped_in_its_answer))
