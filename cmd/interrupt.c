/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/*
 * The only mutable variables of the program that are not local: a signal handler is given a number
 * and nothing else.
 */
static struct mhp_ctx *volatile watched;
static volatile sig_atomic_t came; /* the last signal, or 0 */

static void on_signal(int number)
{
	struct mhp_ctx *ctx = watched;

	came = number;
	if (ctx)
		mhp_ctx_cancel(ctx);
}

/* Without SA_RESTART, so that a question on the terminal ends too. */
static void handle(int number, bool even_if_ignored)
{
	struct sigaction action = { .sa_handler = on_signal }, old;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, NULL, &old) == 0 &&
	    (even_if_ignored || old.sa_handler != SIG_IGN)) /* nohup stays nohup */
		sigaction(number, &action, NULL);
}

void interrupt_setup(void)
{
	signal(SIGPIPE, SIG_IGN); /* a write that fails is told like any other failure */
	signal(SIGXFSZ, SIG_IGN); /* the same: the limit of a file's size */
	handle(SIGINT, false);
	handle(SIGQUIT, false);
	handle(SIGHUP, false);
	handle(SIGTERM, true);
}

void interrupt_watch(struct mhp_ctx *ctx)
{
	watched = ctx;
	if (ctx && came) /* before there was anything to stop */
		mhp_ctx_cancel(ctx);
}

void interrupt_after(unsigned seconds)
{
	handle(SIGALRM, true);
	alarm(seconds);
}

void interrupt_end(void)
{
	if (came != SIGQUIT)
		return;
	signal(SIGQUIT, SIG_DFL);
	raise(SIGQUIT);
}
