/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

struct pollfd;

/* Milliseconds and microseconds of CLOCK_MONOTONIC: for deadlines and durations. */
uint64_t clock_msec(void);
uint64_t clock_usec(void);

/* Microseconds since the epoch: for people. */
uint64_t clock_real_usec(void);

/* A point in time by clock_msec() that never comes. */
#define CLOCK_NEVER UINT64_MAX

/* Now + msec, or never for 0. */
uint64_t clock_deadline(uint64_t msec);

/* Milliseconds to the deadline as poll() wants them: -1 for never, 0 when it has passed. */
int clock_poll_timeout(uint64_t deadline);

/* Waits for file descriptors until the deadline. Returns what poll() does. */
int clock_poll(struct pollfd *fds, unsigned nr, uint64_t deadline);

/* Sleeps; a signal ends it early. */
void clock_sleep(unsigned msec);
