/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lib/libmhp.h"

/* Let SIGINT, SIGTERM, SIGHUP and SIGQUIT stop what runs in place of ending the program. */
void interrupt_setup(void);

/* Stop what runs with ctx when a signal comes; NULL: nothing runs. */
void interrupt_watch(struct mhp_ctx *ctx);

/* At the very end: dies of SIGQUIT if that is what stopped it. */
void interrupt_end(void);

/* Also stop it when so many seconds are over. */
void interrupt_after(unsigned seconds);
