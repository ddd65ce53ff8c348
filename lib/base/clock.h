/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clocks and waits. */
#pragma once

#include <stdint.h>

struct pollfd;

/* Return milliseconds and microseconds of CLOCK_MONOTONIC, for deadlines and durations. */
uint64_t clock_msec(void);
uint64_t clock_usec(void);

/* Returns microseconds since the epoch, for timestamps. */
uint64_t clock_real_usec(void);

/* A deadline that never passes. */
#define CLOCK_NEVER UINT64_MAX

/* Returns the time msec from now, or CLOCK_NEVER for 0. */
uint64_t clock_deadline(uint64_t msec);

/* Returns the timeout of poll() for a deadline: -1 for never, 0 when it has passed. */
int clock_poll_timeout(uint64_t deadline);

/* Waits for file descriptors until the deadline. Returns what poll() returns. */
int clock_poll(struct pollfd *fds, unsigned nr, uint64_t deadline);

/* Sleeps until the time is over or a signal arrives. */
void clock_sleep(unsigned msec);
