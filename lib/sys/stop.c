/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/stop.h"
#include "lib/base/cleanup.h"

#include <pthread.h>
#include <stddef.h>

void stop_hold(bool hold, sigset_t *before)
{
	static const int stops[] = { SIGTSTP, SIGTTOU };
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (hold || !sigismember(before, stops[i]))
			sigaddset(&ours, stops[i]);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &ours, hold ? before : NULL);
}
