/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process has under way that refers to its pages for a while: pipes, direct transfers. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stdbool.h>

/*
 * Bytes that wait in a pipe, asked of a duplicate of the process's own descriptor: to open the
 * pipe anew would make us one of its readers. 0 where that cannot be known.
 */
int inflight_pipe_bytes(int pid, const char *fd);

/* Does a thread of the process wait in the kernel (state D)? */
bool inflight_waits(const struct root *sys, int pid);

/*
 * Does the process seem to wait for a transfer that goes straight from or to its pages? Fills
 * holder, holder_pid, fd, detail, confidence and source: likely where a thread waits in the kernel
 * and a file is open with O_DIRECT, possible where there is such a file only. Where a thread waits
 * and there is no such file, the detail says so and the answer is false.
 */
bool inflight_find(const struct root *sys, int pid, struct mhp_owner *owner);
