// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a process holds pages: itself, through a thread, together with a child, …
 */
#define _GNU_SOURCE
#include "holder.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/pins-holder"

static int node_of(const void *mem)
{
	int node = -1;

	syscall(SYS_get_mempolicy, &node, NULL, 0, mem, MPOL_F_NODE | MPOL_F_ADDR);
	return node;
}

void by_itself(hold_fn *hold, struct request *req, struct report *report)
{
	void *reach = block_reach(req);

	report->mem = hold(req);
	if (!report->mem)
		die("cannot hold: %m");
	block_leave(reach);
	report->pid = getpid();
	report->pfn = pfn_of(report->mem);
	report->was = req->was;
	report->node = node_of(report->mem);
}

/* ---- a thread ----------------------------------------------------------------------------- */

struct threaded {
	hold_fn *hold;
	struct request *req;
	struct report *report;
	int done; /* pipe */
};

static void *hold_in_thread(void *arg)
{
	struct threaded *t = arg;

	by_itself(t->hold, t->req, t->report);
	if (write(t->done, "", 1) != 1)
		die("pipe: %m");
	for (;;)
		pause();
}

void by_thread(hold_fn *hold, struct request *req, struct report *report)
{
	struct threaded t = { hold, req, report, -1 };
	pthread_t thread;
	int fd[2];
	char c;

	if (pipe2(fd, O_CLOEXEC) < 0)
		die("pipe: %m");
	t.done = fd[1];
	if (pthread_create(&thread, NULL, hold_in_thread, &t) != 0 || read(fd[0], &c, 1) != 1)
		die("thread: %m");
	close(fd[0]);
	close(fd[1]);
}

/* ---- a second process --------------------------------------------------------------------- */

/* Parent and child both have the memory and the descriptor. */
void by_fork(hold_fn *hold, struct request *req, struct report *report)
{
	int fd[2];
	char c;

	by_itself(hold, req, report);
	if (pipe2(fd, O_CLOEXEC) < 0)
		die("pipe: %m");
	report->other = fork();
	if (report->other < 0)
		die("fork: %m");
	if (report->other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* shared memory is mapped only when it is touched */
		for (size_t at = 0; at < req->size; at += 4096)
			*((volatile char *)report->mem + at);
		if (write(fd[1], "", 1) != 1)
			exit(EXIT_FAILURE);
		close(fd[0]);
		close(fd[1]);
		for (;;)
			pause();
	}
	close(fd[1]);
	if (read(fd[0], &c, 1) != 1)
		die("the child did not come to hold");
	close(fd[0]);
}

/* Takes the parent's descriptor, as through a socket, which cannot pass rings. */
static void keep_descriptor(int from, int to)
{
	int pidfd = syscall(SYS_pidfd_open, getppid(), 0);
	int fd;

	if (read(from, &fd, sizeof(fd)) != sizeof(fd))
		exit(EXIT_FAILURE);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	if (fd < 0)
		die("pidfd_getfd: %m");
	if (write(to, &fd, sizeof(fd)) != sizeof(fd))
		exit(EXIT_FAILURE);
	close(from);
	close(to);
	for (;;)
		pause();
}

static void pass(hold_fn *hold, struct request *req, struct report *report, bool survives)
{
	int there[2], back[2], fd;

	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		die("pipe: %m");
	report->other = fork(); /* before there is memory to share */
	if (report->other < 0)
		die("fork: %m");
	if (report->other == 0) {
		close(there[1]);
		close(back[0]);
		if (!survives)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "keeper");
		keep_descriptor(there[0], back[1]);
	}
	by_itself(hold, req, report);
	if (write(there[1], &req->fd, sizeof(req->fd)) != sizeof(req->fd) ||
	    read(back[0], &fd, sizeof(fd)) != sizeof(fd))
		die("the descriptor was not taken");
	close(req->fd);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

void by_passing(hold_fn *hold, struct request *req, struct report *report)
{
	pass(hold, req, report, false);
}

/* The owner of the memory ends; another process still holds the pages. */
void by_heir(hold_fn *hold, struct request *req, struct report *report)
{
	pass(hold, req, report, true);
	report->pid = 0; /* main() ends */
}

/* ---- containers --------------------------------------------------------------------------- */

void by_pidns(hold_fn *hold, struct request *req, struct report *report)
{
	int fd[2], pid;

	if (unshare(CLONE_NEWPID) < 0 || pipe2(fd, O_CLOEXEC) < 0)
		die("pidns: %m");
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		by_itself(hold, req, report);
		if (write(fd[1], report, sizeof(*report)) != sizeof(*report))
			exit(EXIT_FAILURE);
		close(fd[0]);
		close(fd[1]);
		for (;;)
			pause();
	}
	close(fd[1]);
	if (read(fd[0], report, sizeof(*report)) != sizeof(*report))
		die("the child did not hold");
	close(fd[0]);
	report->pid = pid;
}

void by_cgroup(hold_fn *hold, struct request *req, struct report *report)
{
	int fd;

	mkdir(CGROUP, 0755);
	fd = open(CGROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die("%s: %m", CGROUP);
	close(fd);
	by_itself(hold, req, report);
}
