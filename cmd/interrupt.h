/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that end the program: they cancel the current call. */
#pragma once

#include "lib/libmhp.h"

/* Makes SIGINT, SIGTERM, SIGHUP and SIGQUIT cancel the current call instead of ending us. */
void interrupt_setup(void);

/* Sets the context that a signal cancels, or NULL. */
void interrupt_watch(struct mhp_ctx *ctx);

/* Ends the program by SIGQUIT if that was the signal. Call it last. */
void interrupt_end(void);

/* Cancels the call also after that many seconds. */
void interrupt_after(unsigned seconds);
