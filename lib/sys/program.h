/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a program of the user to its end, under a deadline. A child process does the work (child.h),
 * so that nothing about the program can hang the caller: a path on a server that does not answer, a
 * full pipe, or processes that the program leaves behind and that keep its output open.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes of the output that are kept: the last ones. */
#define PROGRAM_OUTPUT_MAX 2048

struct program {
	const char *const *argv; /* [0]: an absolute path */
	const char *const *env;	 /* all of its environment */
	const char *input;	 /* what it reads from standard input */
	uint64_t timeout_ms;	 /* not 0 */
	bool ignore_cancel;
};

enum program_how {
	PROGRAM_EXITED = 0,
	PROGRAM_SIGNALLED,
	PROGRAM_NOT_STARTED,
	PROGRAM_LOST, /* its end is not known: it may still run */
};

/* How a program ended. */
struct program_end {
	enum program_how how;
	int value; /* exit status, signal, or errno */
	bool is_late;
	bool is_cancelled;
	uint64_t elapsed_ms;
	uint64_t output_bytes;
	size_t nr_kept;
	char output[PROGRAM_OUTPUT_MAX]; /* any bytes, a NUL too */
};

/*
 * Checks whether the program at an absolute path can run, and may: see trusted.h. Returns 0, or a
 * negative errno with *err set.
 */
int program_check(struct mhp_ctx *ctx, const char *path, bool ignore_cancel, struct mhp_error *err);

/*
 * Runs it, in a session and process group of its own, in /, with no other open file than its
 * standard input, and a pipe as output. At the deadline or a cancel, SIGTERM and then SIGKILL end
 * its process group. Once it has ended, processes that it has left behind are neither waited for
 * nor ended. Returns 0 with *end filled, or a negative errno with *err set: it was not started.
 */
int program_run(struct mhp_ctx *ctx, const struct program *program, struct program_end *end,
		struct mhp_error *err);
