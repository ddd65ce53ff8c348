/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stop (Ctrl-Z, or output of a background job on a terminal with tostop) can wait. Output goes
 * through meanwhile. The library has no handlers, so the thread that works holds the signals back;
 * those that the caller had held back stay so.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* Holds the signals back, and keeps in *before what was held back; or lets them through again. */
void stop_hold(bool hold, sigset_t *before);
