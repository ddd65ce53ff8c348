/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/*
 * The only mutable variables of the program at file scope: a signal handler gets a number and no
 * other data.
 */
static struct mhp_ctx *volatile watched;
static volatile sig_atomic_t last_signal; /* the last signal, or 0 */

static void on_signal(int number)
{
	struct mhp_ctx *ctx = watched;

	last_signal = number;
	if (ctx)
		mhp_ctx_cancel(ctx);
}

/* Catches a signal without SA_RESTART, so that it also ends a question on the terminal. */
static void catch_signal(int number, bool even_if_ignored)
{
	struct sigaction action = { .sa_handler = on_signal }, old;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, NULL, &old) == 0 &&
	    (even_if_ignored || old.sa_handler != SIG_IGN)) /* keeps what nohup ignores */
		sigaction(number, &action, NULL);
}

void interrupt_setup(void)
{
	signal(SIGPIPE, SIG_IGN); /* a failed write is reported like any other failure */
	signal(SIGXFSZ, SIG_IGN); /* likewise: a file reached its size limit */
	catch_signal(SIGINT, false);
	catch_signal(SIGQUIT, false);
	catch_signal(SIGHUP, false);
	catch_signal(SIGTERM, true);
}

void interrupt_watch(struct mhp_ctx *ctx)
{
	watched = ctx;
	if (ctx && last_signal) /* a signal came before ctx existed */
		mhp_ctx_cancel(ctx);
}

void interrupt_after(unsigned seconds)
{
	catch_signal(SIGALRM, true);
	alarm(seconds);
}

void interrupt_end(void)
{
	if (last_signal != SIGQUIT)
		return;
	signal(SIGQUIT, SIG_DFL);
	raise(SIGQUIT);
}
