/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A private tracing instance of the kernel (Documentation/trace/ftrace.rst), which follows one
 * event with a buffer and a filter of its own. It outlives its process, so its name, which is
 * random, and then its inode number are written to run/mhpctl/trace.NAME: only an instance that
 * these identify is ever removed.
 */
#pragma once

#include "lib/sys/ctx.h"

struct trace_instance {
	char path[96]; /* relative to the root; empty: not made */
	char record[64];
	int pipe_fd; /* -1: none; never blocks */
};

#define TRACE_INSTANCE_NONE     \
	(struct trace_instance) \
	{                       \
		.pipe_fd = -1   \
	}

/* A test replaces these, as directories of the kernel come with files in them. */
struct tracing_ops {
	int (*make)(const struct root *sys, const char *path);
	int (*remove)(const struct root *sys, const char *path);
};

extern const struct tracing_ops tracing_kernel_ops;

/*
 * Makes an instance that follows long-term pins. Returns 0, or a negative errno with *err filled:
 * reason MHP_REASON_UNSUPPORTED without tracefs or the event, MHP_REASON_NOT_PERMITTED without the
 * right.
 */
int trace_instance_make(const struct mhp_ctx *ctx, struct trace_instance *trace,
			struct mhp_error *err);

/*
 * Reads lines of the trace. Returns their length, -EAGAIN if there is nothing now, or another
 * negative errno.
 */
ssize_t trace_instance_read(const struct trace_instance *trace, char *buf, size_t size);

/* Ends tracing and removes the instance with its record. Returns 0 or a negative errno. */
int trace_instance_remove(const struct mhp_ctx *ctx, struct trace_instance *trace);

/*
 * Counts the instances that ended processes have left, and removes them if remove is set. Returns
 * the number found, or a negative errno if that is not known. *kept is the number that remains.
 */
int trace_leftovers(const struct mhp_ctx *ctx, bool remove, unsigned *kept);
