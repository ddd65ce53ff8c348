/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/clock.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

static uint64_t read_usec(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_usec(void)
{
	return read_usec(CLOCK_MONOTONIC);
}

uint64_t clock_msec(void)
{
	return clock_usec() / 1000;
}

uint64_t clock_real_usec(void)
{
	return read_usec(CLOCK_REALTIME);
}

uint64_t clock_deadline(uint64_t msec)
{
	uint64_t now = clock_msec();

	if (!msec || msec >= CLOCK_NEVER - now)
		return CLOCK_NEVER;
	return now + msec;
}

int clock_poll_timeout(uint64_t deadline)
{
	uint64_t now = clock_msec();

	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

int clock_poll(struct pollfd *fds, unsigned nr, uint64_t deadline)
{
	return poll(fds, nr, clock_poll_timeout(deadline));
}

void clock_sleep(unsigned msec)
{
	poll(NULL, 0, (int)msec);
}
