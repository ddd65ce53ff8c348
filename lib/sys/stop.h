/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Delays a stop (Ctrl-Z, or terminal output of a background job with tostop); output continues. The
 * library has no signal handlers, so the working thread blocks the signals. Signals that the caller
 * had blocked stay blocked.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* Holds the signals back and stores the old mask in *before, or unblocks them again. */
void stop_hold(bool hold, sigset_t *before);
