/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debug lines that a child writes. They go into a file in memory that only the two processes
 * share: a child never waits for its parent to read them, and the lines that it wrote before it was
 * killed are not lost.
 */
#pragma once

#include "lib/base/log.h"

#include <sys/types.h>

struct child_log {
	int fd;	  /* -1: nobody receives the lines */
	off_t at; /* end of what was forwarded */
};

#define CHILD_LOG_NONE ((struct child_log){ .fd = -1 })

/* How often the parent forwards lines while it waits for a child. */
#define CHILD_LOG_EVERY_MS 100

/* Opens the file. Called in the parent before the fork. */
void child_log_open(struct child_log *lines, const struct log *log);

/* Sends the lines of this process into the file. Called in the child. */
void child_log_begin(const struct child_log *lines, struct log *log);

/* Forwards the complete lines written so far. Called in the parent. */
void child_log_forward(struct child_log *lines, const struct log *log);

/* Forwards the lines and empties the file. Called while the child has no task. */
void child_log_flush(struct child_log *lines, const struct log *log);

void child_log_close(struct child_log *lines, const struct log *log);

/* Returns when to stop waiting: at until, or earlier if lines are due to be forwarded. */
uint64_t child_log_until(const struct log *log, uint64_t until);
