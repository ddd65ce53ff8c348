/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/program.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/child.h"
#include "lib/sys/guard.h"
#include "lib/sys/spawn.h"
#include "lib/sys/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_MS 10000
#define LATE_MS	 2000 /* between SIGTERM and SIGKILL, after the deadline */
#define ASKED_MS 100  /* the same after a cancel, which has to end soon */
#define KILL_MS	 100  /* how long to wait for its end after SIGKILL */
#define SPARE_MS 10000
#define LOOK_MS	 20 /* how often to look for its end without a pidfd */
#define PIECE	 4096
#define DRAINED	 16 /* pieces read after its end: as much as a pipe holds */

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* A program that runs, as the child sees it. */
struct running {
	struct mhp_ctx *ctx;
	const struct program *program;
	struct program_end *end;
	pid_t pid;
	int pidfd;  /* -1: none */
	int output; /* -1: it is closed */
	int failed; /* receives the errno of a failed start */
};

/* ---- its start --------------------------------------------------------------------------- */

/* Returns a file in memory with the text. A pipe would hang if the program does not read it. */
static int open_input(const char *text)
{
	cleanup_close int fd = memfd_create("mhpctl-hook", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	size_t len = strlen(text);

	if (fd < 0) /* before Linux 6.3 */
		fd = memfd_create("mhpctl-hook", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : TAKE_FD(fd);
}

/* Gives the new process what it has to have, and nothing else. Returns 0 or a negative errno. */
static int set_up(const struct running *r, int input, int output)
{
	spawn_reset_signals();
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	guard_pause(r->ctx);
	umask(S_IWGRP | S_IWOTH);
	if (input <= STDERR_FILENO || output <= STDERR_FILENO)
		return -EBADF;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(fd == STDIN_FILENO ? input : output, fd) < 0)
			return -errno;
	if (chdir("/") < 0 || close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

__attribute__((noreturn)) static void exec_program(const struct running *r, int input, int output,
						   int failed, pid_t parent)
{
	int rc = set_up(r, input, output);

	if (getppid() != parent)
		_exit(1);
	if (rc == 0) {
		execve(r->program->argv[0], (char *const *)r->program->argv,
		       (char *const *)r->program->env);
		rc = -errno;
	}
	(void)!write(failed, &rc, sizeof(rc)); /* a successful execve() closes it */
	_exit(1);
}

static int start(struct running *r)
{
	cleanup_close int input = open_input(r->program->input);
	int output[2], failed[2];
	pid_t parent = getpid();

	if (input < 0)
		return input;
	if (pipe2(output, O_CLOEXEC) < 0)
		return -errno;
	r->output = output[0];
	if (pipe2(failed, O_CLOEXEC | O_NONBLOCK) < 0) {
		close(output[1]);
		return -errno;
	}
	r->failed = failed[0];
	r->pid = fork();
	if (r->pid == 0)
		exec_program(r, input, output[1], failed[1], parent);
	close(output[1]);
	close(failed[1]);
	if (r->pid < 0)
		return -errno;
	r->pidfd = child_open_pidfd(r->pid, 0);
	return fcntl(r->output, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* ---- its output and its end -------------------------------------------------------------- */

static void keep_last(struct program_end *end, const char *data, size_t len)
{
	size_t dropped;

	end->output_bytes += len;
	if (len > sizeof(end->output)) {
		data += len - sizeof(end->output);
		len = sizeof(end->output);
	}
	dropped = end->nr_kept + len > sizeof(end->output)
			  ? end->nr_kept + len - sizeof(end->output)
			  : 0;
	memmove(end->output, end->output + dropped, end->nr_kept - dropped);
	end->nr_kept -= dropped;
	memcpy(end->output + end->nr_kept, data, len);
	end->nr_kept += len;
}

/* Reads one piece. Returns false if nothing is there, or nothing can follow. */
static bool take_output(struct running *r)
{
	char data[PIECE];
	ssize_t len = r->output < 0 ? 0 : read(r->output, data, sizeof(data));

	if (len > 0) {
		keep_last(r->end, data, (size_t)len);
		return true;
	}
	if (r->output >= 0 && (len == 0 || (errno != EAGAIN && errno != EINTR))) {
		close(r->output);
		r->output = -1;
	}
	return false;
}

/* Returns whether it has ended. It stays a zombie, so that its process group is still its own. */
static bool has_ended(const struct running *r)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid;
}

enum wake {
	WAKE_ENDED,
	WAKE_DEADLINE,
	WAKE_ASKED, /* the caller wants an answer: see child.h */
};

static enum wake follow(struct running *r, uint64_t until, bool can_be_asked)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = r->output, .events = POLLIN },
			{ .fd = r->pidfd, .events = POLLIN },
		};
		uint64_t next = r->pidfd < 0 ? clock_msec() + LOOK_MS : until;
		int nr =
			poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(next < until ? next : until));
		bool is_asked = nr < 0 && errno == EINTR;

		if (nr > 0 && fds[0].revents)
			take_output(r);
		if (has_ended(r))
			return WAKE_ENDED;
		if (is_asked && can_be_asked)
			return WAKE_ASKED;
		if (clock_msec() >= until)
			return WAKE_DEADLINE;
	}
}

/* Signals its process group, or itself if it has not made the group yet. */
static void signal_group(const struct running *r, int signo)
{
	if (kill(-r->pid, signo) < 0)
		kill(r->pid, signo);
}

/* Ends the process group. Returns whether the program itself has ended. */
static bool end_group(struct running *r, uint64_t msec)
{
	enum wake wake;

	signal_group(r, SIGTERM);
	signal_group(r, SIGCONT);
	wake = follow(r, clock_msec() + msec, false);
	signal_group(r, SIGKILL); /* what it has left behind, too */
	return wake == WAKE_ENDED || follow(r, clock_msec() + KILL_MS, false) == WAKE_ENDED;
}

static void fill_end(struct running *r)
{
	siginfo_t info = { 0 };
	int error = 0;

	for (unsigned i = 0; i < DRAINED && take_output(r); i++)
		;
	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG) < 0 || !info.si_pid)
		r->end->how = PROGRAM_LOST;
	else if (read(r->failed, &error, sizeof(error)) == (ssize_t)sizeof(error))
		r->end->how = PROGRAM_NOT_STARTED;
	else
		r->end->how = info.si_code == CLD_EXITED ? PROGRAM_EXITED : PROGRAM_SIGNALLED;
	r->end->value = error ? -error : info.si_status;
}

struct run_args {
	const struct program *program; /* of the caller: the child is forked for this task */
};

/* Replies, as a task (struct run_args), with struct program_end up to its output, and the output.
 */
static int run_task(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct run_args *args = arg;
	struct program_end end = { .how = PROGRAM_EXITED };
	struct running r = {
		.ctx = ctx, .program = args->program, .end = &end, .output = -1, .failed = -1
	};
	uint64_t begun = clock_msec();
	enum wake wake;
	int rc = start(&r);

	if (rc < 0)
		return err_errno(err, rc, "cannot start a process");
	wake = follow(&r, clock_deadline(args->program->timeout_ms), true);
	end.is_late = wake == WAKE_DEADLINE;
	end.is_cancelled = wake == WAKE_ASKED;
	if (wake != WAKE_ENDED)
		end_group(&r, end.is_late ? LATE_MS : ASKED_MS);
	fill_end(&r);
	end.elapsed_ms = clock_msec() - begun;
	rc = reply_add(reply, &end, offsetof(struct program_end, output));
	if (rc == 0 && reply_add(reply, end.output, end.nr_kept) < 0)
		return 0; /* the end counts, even without memory for the output */
	return rc;
}

/* ---- the caller -------------------------------------------------------------------------- */

static void take_end(struct program_end *end, const struct reply *reply)
{
	const size_t head = offsetof(struct program_end, output);

	memcpy(end, reply->data, head);
	if (end->nr_kept != reply->len - head)
		end->nr_kept = 0;
	memcpy(end->output, reply->data + head, end->nr_kept);
}

int program_run(struct mhp_ctx *ctx, const struct program *program, struct program_end *end,
		struct mhp_error *err)
{
	const struct run_args args = { program };
	const struct child_wait wait = {
		.deadline = clock_deadline(program->timeout_ms + SPARE_MS),
		.watch_fd = -1,
		.ignore_cancel = program->ignore_cancel,
	};
	cleanup_reply struct reply reply = { 0 };
	struct child child = CHILD_INIT(ctx);
	struct child_result result;
	uint64_t begun = clock_msec();
	int rc = child_call(&child, CHILD_TASK(run_task, &args), &wait, &reply, &result, err);

	child_stop(&child);
	*end = (struct program_end){ .how = PROGRAM_LOST };
	if (rc == 0 && reply.len >= offsetof(struct program_end, output)) {
		take_end(end, &reply);
		return 0;
	}
	if (rc < 0 && (result.end == CHILD_ANSWERED || result.end == CHILD_STOPPED ||
		       (result.end == CHILD_DIED && rc != -EPIPE)))
		return rc;
	end->is_cancelled = result.cancelled;
	end->is_late = !result.cancelled && rc == -ETIMEDOUT;
	end->elapsed_ms = clock_msec() - begun;
	return 0;
}

struct check_args {
	char path[CHILD_ARG_MAX];
};

static int check_task(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct check_args *args = arg;
	char why[384];
	int rc = trusted_program(args->path, why, sizeof(why));

	(void)ctx;
	(void)reply;
	return rc < 0 ? err_set(err, rc, MHP_REASON_HOOK_FAILED, "%s", why) : 0;
}

int program_check(struct mhp_ctx *ctx, const char *path, bool ignore_cancel, struct mhp_error *err)
{
	const struct child_wait wait = {
		.deadline = clock_deadline(CHECK_MS),
		.watch_fd = -1,
		.ignore_cancel = ignore_cancel,
	};
	struct check_args args = { .path = "" };
	struct child child = CHILD_INIT(ctx);
	struct child_result result;
	int rc;

	str_copy(args.path, path);
	rc = child_call(&child, CHILD_TASK(check_task, &args), &wait, NULL, &result, err);
	child_stop(&child);
	if (rc == -ETIMEDOUT)
		return err_set(err, rc, MHP_REASON_HOOK_FAILED,
			       "the path has not answered in %d seconds", CHECK_MS / 1000);
	if (rc == -ECANCELED)
		return err_set(err, rc, MHP_REASON_INTERRUPTED, "interrupted");
	return rc < 0 ? rc : 0;
}
