/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock that does not depend on the load of the machine. It wraps clock_gettime() and poll() of
 * the unit programs (-Wl,--wrap), and UNIT_TESTS() starts it. The monotonic time of a test and of
 * its children advances only
 *
 *   - by the sleeps of one of them, and
 *   - while the test waits for its children: then it jumps to the end of that wait as soon as one
 *     of them hangs on purpose (fakeclock_hang()), or there are none.
 *
 * The test lets no time pass while one of its children runs, or waits with fakeclock_wait().
 * So a deadline expires for a child that hangs on purpose, and never for a slow child.
 */
#pragma once

#include <stdbool.h>

/* Starts the clock for this process and its children. Further calls do nothing. */
void fakeclock_start(void);

/* Marks the calling child as hanging until it ends or calls fakeclock_hang(false). */
void fakeclock_hang(bool hangs);

/* Waits a moment for what another process does, in real time. */
void fakeclock_wait(void);

/* Hangs until a signal arrives. Returns -EINTR, like an interrupted system call. */
int fakeclock_hang_until_signal(void);

/* Hangs until it is killed. */
_Noreturn void fakeclock_hang_forever(void);
