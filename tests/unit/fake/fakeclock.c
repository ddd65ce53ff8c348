/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakeclock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR_MARKS 64
#define SLICE_MS 5     /* how often a wait checks what others do */
#define PATIENCE 12000 /* slices until a wait gives up, so that a broken test ends */

struct clock_page {
	pid_t owner; /* the test process */
	_Atomic uint64_t now_us;
	_Atomic pid_t hanging[NR_MARKS];
	_Atomic pid_t waiting[NR_MARKS];
};

static struct clock_page *page;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __wrap___poll_chk(struct pollfd *fds, nfds_t nr, int timeout_ms, size_t size);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *before);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *before);

static uint64_t real_us(void)
{
	struct timespec ts;

	__real_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void fakeclock_start(void)
{
	if (page)
		return;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		page = NULL;
		return;
	}
	page->now_us = real_us();
	page->owner = getpid();
}

/* Adds the calling process to the marks, or takes it away. */
static void mark(_Atomic pid_t *marks, bool on)
{
	pid_t from = on ? 0 : getpid(), to = on ? getpid() : 0;

	for (size_t i = 0; i < NR_MARKS; i++) {
		pid_t found = from;

		if (atomic_compare_exchange_strong(&marks[i], &found, to))
			return;
	}
}

void fakeclock_hang(bool hangs)
{
	if (page)
		mark(page->hanging, hangs);
}

void fakeclock_wait(void)
{
	if (page)
		mark(page->waiting, true);
	__real_poll(NULL, 0, 1);
	if (page)
		mark(page->waiting, false);
}

static bool hangs(void)
{
	const pid_t self = getpid();

	for (size_t i = 0; i < NR_MARKS; i++)
		if (page->hanging[i] == self)
			return true;
	return false;
}

int fakeclock_hang_until_signal(void)
{
	fakeclock_hang(true);
	__real_poll(NULL, 0, -1);
	fakeclock_hang(false);
	return -EINTR;
}

void fakeclock_hang_forever(void)
{
	fakeclock_hang(true);
	for (;;)
		__real_poll(NULL, 0, -1);
}

/* Reads a small file of /proc. */
static bool read_proc(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return len > 0;
}

/* Returns the letter of the state of a process: 'R' if it runs, 'X' if it is gone. */
static char state_of(long pid)
{
	char path[32], text[256];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (!read_proc(path, text, sizeof(text)))
		return 'X';
	end = strrchr(text, ')'); /* end of the name; the state follows */
	return end && end[1] ? end[2] : 'X';
}

/* Returns true if the process is gone or a zombie. */
static bool has_ended(pid_t pid)
{
	return strchr("ZX", state_of(pid)) != NULL;
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Returns true if a child of the test computes or waits for a disk. */
static bool any_runs(void)
{
	char path[64], text[512], *end;
	const char *at = text;
	long pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (!read_proc(path, text, sizeof(text)))
		return false;
	for (; (pid = strtol(at, &end, 10)) > 0; at = end)
		if (strchr("RD", state_of(pid)))
			return true;
	return false;
}

/* Returns true if a process has the mark. Forgets processes that were killed. */
static bool any_marked(_Atomic pid_t *marks)
{
	bool any = false;

	for (size_t i = 0; i < NR_MARKS; i++) {
		pid_t pid = marks[i];

		if (pid && has_ended(pid))
			marks[i] = 0;
		else
			any = any || pid;
	}
	return any;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	uint64_t now_us;

	if (!page || id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, ts);
	now_us = page->now_us;
	*ts = (struct timespec){ .tv_sec = (time_t)(now_us / 1000000),
				 .tv_nsec = (long)(now_us % 1000000 * 1000) };
	return 0;
}

/* Returns true while the time must not pass. */
static bool is_busy(void)
{
	return any_runs() || any_marked(page->waiting);
}

/* Waits until no child of the test is busy. */
static int await_busy(struct pollfd *fds, nfds_t nr)
{
	int rc = 0;

	for (int i = 0; i < PATIENCE && rc == 0 && is_busy(); i++)
		rc = __real_poll(fds, nr, SLICE_MS);
	return rc;
}

/*
 * Sleeps, or waits for one fd: the time passes for all processes. A sleep of the test itself is
 * shorter in real time, since none passes while a child runs.
 */
static int sleep_for(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	const bool on_purpose = hangs(), of_test = page->owner == getpid();
	int rc = 0, step;

	if (of_test && nr && !has_children()) { /* nobody can write to it */
		rc = __real_poll(fds, nr, 0);
		page->now_us += rc == 0 ? (uint64_t)timeout_ms * 1000 : 0;
		return rc;
	}
	for (int left = timeout_ms; left > 0 && rc == 0; left -= step) {
		step = left < SLICE_MS ? left : SLICE_MS;
		rc = __real_poll(fds, nr, of_test && nr == 0 ? 1 : step);
		if (rc == 0 && of_test)
			rc = await_busy(fds, nr);
		if (rc == 0 && !on_purpose)
			page->now_us += (uint64_t)step * 1000;
	}
	return rc;
}

/* Waits for children and other input of the test process. */
static int await_children(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	const uint64_t end_us = page->now_us + (uint64_t)timeout_ms * 1000;

	for (int i = 0; i < PATIENCE && page->now_us < end_us; i++) {
		int rc = __real_poll(fds, nr, SLICE_MS);

		if (rc != 0)
			return rc;
		if (!has_children() || (any_marked(page->hanging) && !is_busy()))
			break;
	}
	if (page->now_us < end_us)
		page->now_us = end_us;
	return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	if (!page || timeout_ms <= 0)
		return __real_poll(fds, nr, timeout_ms);
	if (nr > 1 && page->owner == getpid())
		return await_children(fds, nr, timeout_ms);
	return sleep_for(fds, nr, timeout_ms);
}

int __wrap___poll_chk(struct pollfd *fds, nfds_t nr, int timeout_ms, size_t size)
{
	(void)size;
	return __wrap_poll(fds, nr, timeout_ms);
}

/* A timer limits how long the test itself computes, which takes no time here. */
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *before)
{
	return page ? 0 : __real_timerfd_settime(fd, flags, when, before);
}
