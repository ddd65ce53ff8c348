/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations under way in a process that refer to its pages for a while: pipes, direct transfers.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stdbool.h>

/*
 * Returns the bytes that wait in a pipe, or 0 if that is not known. Uses a duplicate of the
 * process's own descriptor: opening the pipe again would add a reader.
 */
int inflight_pipe_bytes(int pid, const char *fd);

/* Returns whether a thread of the process waits in the kernel (state D). */
bool inflight_waits(const struct root *sys, int pid);

/*
 * Returns whether the process seems to wait for a direct transfer from or to its pages. Fills in
 * holder, holder_pid, fd, detail, confidence and source: likely if a thread waits in the kernel and
 * a file is open with O_DIRECT, possible if there is only such a file. If there is only a waiting
 * thread, it fills in just the detail and returns false.
 */
bool inflight_find(const struct root *sys, int pid, struct mhp_owner *owner);
