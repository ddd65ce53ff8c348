/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakeclock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NR_HANGING 64
#define SLICE_MS   5	 /* how often a wait checks for hangs and sleeps of others */
#define PATIENCE   12000 /* slices until a wait gives up, so that a broken test ends */

struct clock_page {
	pid_t owner; /* the test process */
	_Atomic uint64_t now_us;
	_Atomic pid_t hanging[NR_HANGING];
};

static struct clock_page *page;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __wrap___poll_chk(struct pollfd *fds, nfds_t nr, int timeout_ms, size_t size);

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

void fakeclock_hang(bool hangs)
{
	pid_t from = hangs ? 0 : getpid(), to = hangs ? getpid() : 0;

	for (size_t i = 0; page && i < NR_HANGING; i++) {
		pid_t found = from;

		if (atomic_compare_exchange_strong(&page->hanging[i], &found, to))
			return;
	}
}

static bool hangs(void)
{
	const pid_t self = getpid();

	for (size_t i = 0; i < NR_HANGING; i++)
		if (page->hanging[i] == self)
			return true;
	return false;
}

/* Returns true if the process is gone or a zombie. */
static bool has_ended(pid_t pid)
{
	char path[32], text[256] = "";
	const char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	end = strrchr(text, ')'); /* end of the name; the state follows */
	return !end || strncmp(end, ") Z", 3) == 0 || strncmp(end, ") X", 3) == 0;
}

/* Returns true if a child hangs. Forgets children that were killed. */
static bool any_hangs(void)
{
	bool any = false;

	for (size_t i = 0; i < NR_HANGING; i++) {
		pid_t pid = page->hanging[i];

		if (pid && has_ended(pid))
			page->hanging[i] = 0;
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

/* Sleeps, or waits for one fd: the time passes for all processes. */
static int sleep_for(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	const bool on_purpose = hangs();
	int rc = 0, step;

	for (int left = timeout_ms; left > 0 && rc == 0; left -= step) {
		step = left < SLICE_MS ? left : SLICE_MS;
		rc = __real_poll(fds, nr, step);
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
		if (any_hangs())
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
