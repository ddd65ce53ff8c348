/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/spawn.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/sys/ctx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void spawn_reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL); /* fails for some signals, which is fine */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int detach_process(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || chdir("/") < 0)
		return -errno;
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (dup2(fd, i) < 0)
			return -errno;
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

/*
 * Runs the program in the grandchild. A successful execve() closes the pipe, so its reader sees the
 * end.
 */
__attribute__((noreturn)) static void exec_detached(const char *program, const char *const *args,
						    int fd)
{
	int rc;

	spawn_reset_signals();
	signal(SIGHUP, SIG_IGN); /* like nohup: the starting process may exit */
	rc = detach_process();
	if (rc == 0) {
		execve(program, (char *const *)args, environ);
		rc = -errno;
	}
	if (write(fd, &rc, sizeof(rc)) < 0)
		_exit(2);
	_exit(1);
}

/*
 * Forks the grandchild in a new session. The child then exits, so this process need not reap the
 * grandchild.
 */
__attribute__((noreturn)) static void fork_detached(const char *program, const char *const *args,
						    int fd)
{
	pid_t pid = setsid() < 0 ? -1 : fork();
	int rc = -errno;

	if (pid == 0)
		exec_detached(program, args, fd);
	if (pid < 0 && write(fd, &rc, sizeof(rc)) < 0)
		_exit(2);
	_exit(pid < 0);
}

static int fork_program(const char *program, const char *const *args, struct mhp_error *err)
{
	cleanup_close int from = -1, to = -1;
	int fds[2], rc = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "pipe");
	from = fds[0];
	to = fds[1];
	pid = fork();
	if (pid < 0)
		return err_errno(err, -errno, "cannot start a process");
	if (pid == 0)
		fork_detached(program, args, to);
	close(TAKE_FD(to));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (read(from, &rc, sizeof(rc)) == (ssize_t)sizeof(rc) && rc < 0)
		return err_errno(err, rc, "cannot start %s in the background", program);
	return 0;
}

int spawn_detached(const struct mhp_ctx *ctx, const char *program, const char *const *args,
		   struct mhp_error *err)
{
	int rc = fork_program(program, args, err);

	log_done(&ctx->log, rc, "start %s in a session of its own", program);
	return rc;
}
