/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A time that does not pass because the machine is busy. clock_gettime() and poll() of the unit
 * programs come here (-Wl,--wrap). Once it is started the monotonic time of a test and of its
 * children moves on only
 *
 *   - by what one of them sleeps, and
 *   - while the test waits for a child that hangs on purpose (fakeclock_hang()): then at once, to
 *     the end of that wait.
 *
 * So a deadline passes for a child that was told to hang, and for no child that is merely slow.
 */
#pragma once

#include <stdbool.h>

/* From now on, in this process and those it forks. Starts only once. */
void fakeclock_start(void);

/* The calling child hangs from now on; it does so until it ends, or until fakeclock_hang(false). */
void fakeclock_hang(bool hangs);
