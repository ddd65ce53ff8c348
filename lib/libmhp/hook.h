/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks: programs that run before and after the changes of a request. */
#pragma once

#include "error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mhp_ctx;

/* When a hook runs. */
enum mhp_hook_when {
	MHP_HOOK_BEFORE = 0, /* before the first change: its failure stops the request */
	MHP_HOOK_AFTER,	     /* after the last change */
};

/* How a hook ended. */
enum mhp_hook_status {
	MHP_HOOK_OK = 0,      /* exit status 0 */
	MHP_HOOK_FAILED,      /* another exit status */
	MHP_HOOK_KILLED,      /* by a signal */
	MHP_HOOK_DEADLINE,    /* it did not end in time, and was killed */
	MHP_HOOK_INTERRUPTED, /* killed because of mhp_ctx_cancel() */
	MHP_HOOK_NOT_STARTED, /* it is not trusted, or the kernel cannot execute it */
	MHP_HOOK_UNKNOWN,     /* its end is not known; it may still run */
};

/* The time that a hook has if the request does not say otherwise. */
#define MHP_HOOK_TIMEOUT_MS 30000

/* A hook that starts or has ended. */
struct mhp_hook {
	enum mhp_hook_when when;
	const char *command; /* the program and its arguments, separated by spaces */
	enum mhp_hook_status status;
	int exit_status; /* -1: it did not exit */
	int signal;	 /* that ended it, or 0 */
	uint64_t timeout_ms;
	uint64_t elapsed_ms;   /* from its start to its end */
	uint64_t output_bytes; /* that it wrote to standard output and error */
	const char *output;    /* the last of them; bytes that are not text are written as \xNN */
};

/**
 * mhp_hook_check - check whether a hook could run
 * @ctx: the context
 * @command: an absolute path, and arguments separated by spaces
 * @err: receives reason and hint, or NULL
 *
 * The program has to be an executable file, and neither it nor a directory above it may belong to a
 * user other than root and the caller, or be writable by others (a sticky directory may be).
 * With a sysroot only the text is checked, because no hook ever runs there.
 * Return: 0, or -EINVAL (not a command), -ENOENT, -EACCES (not executable), -EPERM (not trusted),
 *	-ETIMEDOUT (the path does not answer in ten seconds), -ECANCELED, -ENOMEM.
 * Since: 0.1
 */
int mhp_hook_check(struct mhp_ctx *ctx, const char *command, struct mhp_error *err);

/**
 * mhp_hook_when_name - the name of the time when a hook runs
 * @when: the time
 *
 * Return: before, after.
 * Since: 0.1
 */
const char *mhp_hook_when_name(enum mhp_hook_when when);

/**
 * mhp_hook_status_name - the name of the end of a hook
 * @status: the status
 *
 * Return: ok, failed, killed, deadline, interrupted, not_started, unknown.
 * Since: 0.1
 */
const char *mhp_hook_status_name(enum mhp_hook_status status);

#ifdef __cplusplus
}
#endif
