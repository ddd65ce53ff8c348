/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines for developers that a child writes. They stand in a file in memory that only the two
 * processes know: a child never waits for its parent to read them, and what it wrote before it was
 * killed is there.
 */
#pragma once

#include "lib/base/log.h"

#include <sys/types.h>

struct child_log {
	int fd;	  /* -1: nobody listens */
	off_t at; /* what was passed on up to here */
};

#define CHILD_LOG_NONE ((struct child_log){ .fd = -1 })

/* How often lines are passed on while a child is waited for. */
#define CHILD_LOG_EVERY_MS 100

/* In the parent, before the fork. */
void child_log_open(struct child_log *lines, const struct log *log);

/* In the child: its lines go into the file. */
void child_log_begin(const struct child_log *lines, struct log *log);

/* In the parent: passes on the whole lines that are there by now. */
void child_log_forward(struct child_log *lines, const struct log *log);

/* The same while the child waits for its next task, and makes the file empty. */
void child_log_flush(struct child_log *lines, const struct log *log);

void child_log_close(struct child_log *lines, const struct log *log);

/* The time until which to wait: not longer than lines may wait to be passed on. */
uint64_t child_log_until(const struct log *log, uint64_t until);
