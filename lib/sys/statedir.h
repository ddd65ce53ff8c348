/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state directories of this tool: one below /run, which ends at reboot, and one below /var/lib,
 * which survives it. All file names in the first are listed here.
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STATE_RUN     "run/mhpctl"
#define STATE_LASTING "var/lib/mhpctl"

/* lib/sys/lock.h */
#define LOCK_MEMORY   STATE_RUN "/memory.lock"
#define LOCK_SETTINGS STATE_RUN "/settings.lock"
#define LOCK_WRITERS  STATE_RUN "/writers.lock"
#define LOCK_POLICY   STATE_RUN "/policy.lock"
#define LOCK_RECOVER  STATE_RUN "/recover.lock"

#define STATE_POLICY_RUNS     STATE_RUN "/policy.runs"
#define STATE_POLICY_FAILED   STATE_RUN "/policy.failed"
#define STATE_TOTAL_RUNS      STATE_RUN "/total.runs"
#define STATE_RECOVER_RUNS    STATE_RUN "/recover.runs"
#define STATE_MEMMAP_RATE     STATE_RUN "/memmap-rate"
#define STATE_OFFLINE_RATE    STATE_RUN "/offline-rate"
#define STATE_TRACES	      STATE_RUN "/trace." /* followed by a number: lib/sys/tracing.h */
#define STATE_JOBS	      STATE_RUN "/jobs"
#define RECORDS		      "namespaces" /* below STATE_LASTING */
#define INTENTS		      "intent"
#define STATE_INTENTS	      STATE_RUN "/" INTENTS
#define STATE_INTENTS_LASTING STATE_LASTING "/" INTENTS
#define STATE_RESTORE	      STATE_RUN "/restore." /* followed by the name of a setting */

/* Creates the directory below /run if it is missing. Returns 0 or a negative errno. */
int statedir_make(const struct root *sys);

/*
 * Replaces one of these files as a whole or not at all. make creates a missing directory. Returns 0
 * or a negative errno.
 */
int statedir_write(const struct root *sys, const char *path, bool make, const char *text,
		   mode_t mode);

/* Overwrites one of these files, for data that may be lost. */
void statedir_overwrite(const struct root *sys, const char *path, const char *text, mode_t mode);

/*
 * Reads one of these files, at most max bytes. -EINVAL if it is larger or not a regular file,
 * -EISDIR if it is a directory, -ELOOP if it is a link.
 */
int statedir_read(const struct root *sys, const char *path, size_t max, char **text);

/* Removes one of these files if it exists. */
void statedir_remove(const struct root *sys, const char *path);

/* Removes the files that killed processes have left half written, in each of the directories. */
void statedir_sweep(const struct root *sys);

/* Opens a directory below /var/lib/mhpctl. make creates it. Returns an fd or a negative errno. */
int statedir_open_lasting(const struct root *sys, const char *name, bool make);
