/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock that does not depend on the load of the machine. It wraps clock_gettime() and poll() of
 * the unit programs (-Wl,--wrap). Once started, the monotonic time of a test and of its children
 * advances only
 *
 *   - by the sleeps of one of them, and
 *   - while the test waits for a child that hangs on purpose (fakeclock_hang()): then it jumps to
 *     the end of that wait.
 *
 * So a deadline expires for a child that hangs on purpose, and never for a slow child.
 */
#pragma once

#include <stdbool.h>

/* Starts the clock for this process and its children. Further calls do nothing. */
void fakeclock_start(void);

/* Marks the calling child as hanging until it ends or calls fakeclock_hang(false). */
void fakeclock_hang(bool hangs);
