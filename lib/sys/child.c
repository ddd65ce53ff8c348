/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/capture.h"
#include "lib/sys/guard.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

/* How long to ask a child to stop, then how long to wait for a killed child to end. */
#define ASK_MS	     400
#define KILL_MS	     400
#define ASK_EVERY_MS 10
#define SILENCE_S    5 /* longest pause within an answer */

#define SIGRT_FIRST 32 /* skip real-time signals: unused here, and each costs a system call */

struct request_head {
	child_fn fn;
	size_t arg_size;
	char arg[CHILD_ARG_MAX];
};

struct reply_head {
	int rc;
	size_t len;
	uint64_t elapsed_us;
	struct mhp_error err;
};

static int reply_reserve(struct reply *reply, size_t len)
{
	bool is_small = !reply->data || reply->data == reply->small;
	size_t size = (reply->len + len) * 2;
	char *grown;

	if (reply->len + len <= reply->size)
		return 0;
	if (reply->len + len <= sizeof(reply->small)) {
		reply->data = reply->small;
		reply->size = sizeof(reply->small);
		return 0;
	}
	grown = realloc(is_small ? NULL : reply->data, size);
	if (!grown)
		return -ENOMEM;
	if (is_small)
		memcpy(grown, reply->small, reply->len);
	reply->data = grown;
	reply->size = size;
	return 0;
}

int reply_add(struct reply *reply, const void *data, size_t len)
{
	if (reply_reserve(reply, len) < 0)
		return -ENOMEM;
	if (len)
		memcpy(reply->data + reply->len, data, len);
	reply->len += len;
	return 0;
}

void reply_free(struct reply *reply)
{
	if (reply->data != reply->small)
		free(reply->data);
	*reply = (struct reply){ .data = NULL };
}

static int send_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t done = send(fd, at, len, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

/* Returns 1 after all bytes, 0 at the end of the stream, or a negative errno. */
static int receive_all(int fd, void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t done = recv(fd, at, len, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (done == 0)
			return 0;
		at += done;
		len -= (size_t)done;
	}
	return 1;
}

/* ---- the child's side -------------------------------------------------------------------- */

static void interrupt_task(int signo)
{
	(void)signo; /* only interrupts the system call of the task */
}

static void child_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signo = 1; signo < SIGRT_FIRST; signo++)
		sigaction(signo, &action, NULL);
	action.sa_handler = SIG_IGN; /* the parent gets these too and decides */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	action.sa_handler = interrupt_task; /* without SA_RESTART, so that the task sees EINTR */
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Redirects standard input, output and error to /dev/null and closes all other files but those in
 * keep. A stuck child must not keep the caller's pipes open, or a script that reads our output
 * would wait forever.
 */
static void child_files(const int *keep, size_t nr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int from = 0, next;

	do { /* each round ends at the next fd to keep */
		next = INT_MAX;
		for (size_t i = 0; i < nr; i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		for (; from < next && from <= STDERR_FILENO; from++)
			if (null < 0 || dup2(null, from) < 0)
				close(from);
		if (from < next)
			close_range((unsigned)from, next == INT_MAX ? ~0U : (unsigned)next - 1, 0);
		from = next < INT_MAX ? next + 1 : next;
	} while (next < INT_MAX);
}

static int serve_one(struct mhp_ctx *ctx, int fd)
{
	struct request_head head;
	struct reply_head answer = { 0 };
	struct reply reply = { 0 };
	uint64_t start;

	if (receive_all(fd, &head, sizeof(head)) <= 0)
		return -EPIPE;
	root_lack_reset(&ctx->sys);
	start = clock_usec();
	answer.rc = head.fn(ctx, head.arg, &reply, &answer.err);
	answer.elapsed_us = clock_usec() - start;
	answer.len = reply.len;
	if (send_all(fd, &answer, sizeof(answer)) < 0 || send_all(fd, reply.data, reply.len) < 0)
		return -EPIPE;
	reply_free(&reply);
	return 0;
}

static void __attribute__((noreturn)) child_main(const struct child *child, int fd, pid_t parent)
{
	struct mhp_ctx *ctx = child->ctx;
	const struct child_log *lines = &child->lines;
	const bool runs_commands = ctx->sys.capture; /* they look for a cancel, and have children */
	const int keep[] = { fd,
			     ctx->sys.root_fd,
			     lines->fd,
			     child->keep_fd,
			     runs_commands ? ctx->sys.capture->fd : -1,
			     runs_commands ? ctx->stop_fd : -1 };

	child_log_begin(lines, &ctx->log);
	child_signals();
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	child_files(keep, ARRAY_SIZE(keep));
	guard_child(ctx);
	lock_mark_writer(ctx);
	prctl(PR_SET_NAME, CHILD_COMM);
	while (serve_one(ctx, fd) == 0)
		;
	_exit(0);
}

int child_open_pidfd(pid_t pid, unsigned flags)
{
	return pidfd_open(pid, flags);
}

/* ---- the parent's side ------------------------------------------------------------------- */

static int child_start(struct child *child)
{
	pid_t parent = getpid();
	sigset_t all, before;
	int pair[2];
	int rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	child_log_open(&child->lines, &child->ctx->log);
	/* until the child has its handlers, a request to stop would kill it */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	child->pid = fork();
	rc = child->pid < 0 ? -errno : 0;
	if (child->pid == 0)
		child_main(child, pair[1], parent);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	if (rc < 0) {
		child->pid = 0;
		close(pair[0]);
		child_log_close(&child->lines, &child->ctx->log);
		return rc;
	}
	log_line(&child->ctx->log, "process %d begins", child->pid);
	child->fd = pair[0];
	child->pidfd = child->open_pidfd(child->pid, 0);
	setsockopt(child->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = SILENCE_S },
		   sizeof(struct timeval));
	setsockopt(child->fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_sec = SILENCE_S },
		   sizeof(struct timeval));
	return 0;
}

static int wait_child(const struct child *child, siginfo_t *info, int options)
{
	*info = (siginfo_t){ 0 };
	return child->pidfd >= 0 ? waitid(P_PIDFD, (id_t)child->pidfd, info, options)
				 : waitid(P_PID, (id_t)child->pid, info, options);
}

/*
 * Sends the signal through the pidfd, because a program that reaps all children may have freed the
 * pid for reuse. Without a pidfd, or where a filter of system calls has not heard of them, sends it
 * only while the child is not reaped: its pid cannot be reused until then.
 */
void child_signal(const struct child *child, int signo)
{
	siginfo_t info;

	if (child->pidfd >= 0 &&
	    (pidfd_send_signal(child->pidfd, signo, NULL, 0) == 0 || errno == ESRCH))
		return;
	if (child->pid > 0 && wait_child(child, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		kill(child->pid, signo);
}

static void reset_child(struct child *child)
{
	child_log_close(&child->lines, &child->ctx->log);
	close(child->fd);
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->fd = child->pidfd = -1;
	child->pid = 0;
}

static bool is_reaped(const struct child *child, uint64_t msec)
{
	uint64_t deadline = clock_msec() + msec;
	siginfo_t info;

	for (;;) {
		if (wait_child(child, &info, WEXITED | WNOHANG) < 0 || info.si_pid) {
			log_line(&child->ctx->log, "process %d has ended", child->pid);
			return true; /* it ended, or another SIGCHLD handler reaped it */
		}
		if (clock_msec() >= deadline) {
			log_line(&child->ctx->log, "process %d does not end and is left behind",
				 child->pid);
			return false;
		}
		poll(NULL, 0, 2);
	}
}

void child_stop(struct child *child)
{
	if (child->pid <= 0)
		return;
	child_signal(child, SIGKILL);
	is_reaped(child, KILL_MS);
	reset_child(child);
}

/* Waits for the answer, the deadline or a cancel, and calls tick while it waits. */
static enum child_wake await_answer(struct child *child, const struct child_wait *wait,
				    uint64_t start)
{
	uint64_t next_tick = wait->tick_ms ? start + wait->tick_ms : CLOCK_NEVER;

	for (;;) {
		uint64_t until = next_tick < wait->deadline ? next_tick : wait->deadline;
		struct pollfd fds[] = {
			{ .fd = child->fd, .events = POLLIN },
			{ .fd = wait->ignore_cancel ? -1 : child->ctx->stop_fd, .events = POLLIN },
			{ .fd = wait->watch_fd, .events = POLLIN },
		};

		until = child_log_until(&child->ctx->log, until);
		poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(until));
		child_log_forward(&child->lines, &child->ctx->log);
		if (fds[0].revents)
			return CHILD_WAKE_ANSWER;
		if (fds[1].revents)
			return CHILD_WAKE_CANCEL;
		if (clock_msec() >= wait->deadline)
			return CHILD_WAKE_DEADLINE;
		if (fds[2].revents || clock_msec() >= next_tick) {
			wait->tick(wait->data, clock_msec() - start);
			if (clock_msec() >= next_tick)
				next_tick = clock_msec() + wait->tick_ms;
		}
	}
}

/* Asks repeatedly: a signal that arrives right before the write starts is lost. */
static bool answers_when_asked(const struct child *child)
{
	uint64_t deadline = clock_msec() + ASK_MS;

	while (clock_msec() < deadline) {
		struct pollfd pfd = { .fd = child->fd, .events = POLLIN };

		child_signal(child, SIGUSR1);
		if (poll(&pfd, 1, ASK_EVERY_MS) > 0)
			return true;
	}
	return false;
}

static int receive_answer(struct child *child, struct reply *reply, struct child_result *result,
			  struct mhp_error *err)
{
	cleanup_reply struct reply ignored = { .data = NULL };
	struct reply_head head;
	int rc = receive_all(child->fd, &head, sizeof(head));

	if (rc > 0 && head.len) {
		reply = reply ? reply : &ignored;
		if (reply_reserve(reply, head.len) < 0)
			return -ENOMEM;
		rc = receive_all(child->fd, reply->data + reply->len, head.len);
		reply->len += rc > 0 ? head.len : 0;
	}
	if (rc == -EAGAIN || rc == -EWOULDBLOCK)
		return -EAGAIN;
	if (rc <= 0)
		return -EPIPE;
	result->rc = head.rc;
	result->elapsed_us = head.elapsed_us;
	if (err && head.rc < 0)
		*err = head.err;
	return 0;
}

void child_abandon(struct child *child, uint64_t msec, struct reply *reply,
		   struct child_result *result, struct mhp_error *err)
{
	child_signal(child, SIGKILL);
	result->end = is_reaped(child, msec) ? CHILD_KILLED : CHILD_STUCK;
	result->rc = result->cancelled ? -ECANCELED : -ETIMEDOUT;
	/* it may have answered before the signal arrived */
	if (result->end == CHILD_KILLED && receive_answer(child, reply, result, err) == 0)
		result->end = CHILD_STOPPED;
	reset_child(child);
}

/* Starts the child if none runs, and sends it a task. */
int child_begin(struct child *child, const struct child_task *task, struct mhp_error *err)
{
	struct request_head head = { .fn = task->fn, .arg_size = task->arg_size };
	int rc = 0;

	if (task->arg_size > sizeof(head.arg))
		return err_errno(err, -E2BIG, "task");
	if (task->arg_size)
		memcpy(head.arg, task->arg, task->arg_size);
	if (!child->pid)
		rc = child_start(child);
	if (rc < 0)
		return err_errno(err, rc, "cannot start a process");
	if (send_all(child->fd, &head, sizeof(head)) == 0)
		return 0;
	child_stop(child);
	return err_errno(err, -EPIPE, "the writer process ended");
}

static void finish_task(struct child *child, enum child_wake wake, uint64_t start,
			struct reply *reply, struct child_result *result, struct mhp_error *err)
{
	int rc;

	*result = (struct child_result){ .cancelled = wake == CHILD_WAKE_CANCEL };
	if (wake != CHILD_WAKE_ANSWER) {
		result->end = CHILD_STOPPED;
		if (!answers_when_asked(child)) {
			child_abandon(child, KILL_MS, reply, result, err);
			if (result->end != CHILD_STOPPED)
				result->elapsed_us = (clock_msec() - start) * 1000;
			return;
		}
	}
	rc = receive_answer(child, reply, result, err);
	if (rc == 0)
		return;
	if (rc == -EAGAIN) { /* it was stopped (SIGSTOP, freezer) in the middle of its answer */
		child_signal(child, SIGKILL);
		result->end = is_reaped(child, KILL_MS) ? CHILD_KILLED : CHILD_STUCK;
		result->rc = -ETIMEDOUT;
		reset_child(child); /* the rest of the answer is useless without its start */
		return;
	}
	child_stop(child);
	if (rc == -ENOMEM) { /* our failure: there was an answer */
		result->rc = err_errno(err, rc, "the answer of the writer process");
		return;
	}
	result->end = CHILD_DIED;
	result->rc = err_errno(err, rc, "the writer process ended without an answer");
}

void child_finish(struct child *child, enum child_wake wake, uint64_t start, struct reply *reply,
		  struct child_result *result, struct mhp_error *err)
{
	finish_task(child, wake, start, reply, result, err);
	/* the child writes nothing without a task */
	child_log_flush(&child->lines, &child->ctx->log);
}

int child_await(struct child *child, const struct child_wait *wait, uint64_t start,
		struct reply *reply, struct child_result *result, struct mhp_error *err)
{
	child_finish(child, await_answer(child, wait, start), start, reply, result, err);
	return result->rc;
}

int child_call(struct child *child, const struct child_task *task, const struct child_wait *wait,
	       struct reply *reply, struct child_result *result, struct mhp_error *err)
{
	uint64_t start = clock_msec();
	int rc = child_begin(child, task, err);

	if (rc == 0)
		return child_await(child, wait, start, reply, result, err);
	*result = (struct child_result){ .end = CHILD_DIED, .rc = rc };
	return rc;
}
