/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folders of this tool's own state: one below /run, which ends with the boot, and one below
 * /var/lib, which outlives it. All names in the first are listed here.
 */
#pragma once

#include "lib/sys/root.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STATE_RUN "run/mhpctl"

/* lib/sys/lock.h */
#define LOCK_MEMORY   STATE_RUN "/memory.lock"
#define LOCK_SETTINGS STATE_RUN "/settings.lock"
#define LOCK_WRITERS  STATE_RUN "/writers.lock"
#define LOCK_POLICY   STATE_RUN "/policy.lock"

#define STATE_POLICY_RUNS STATE_RUN "/policy.runs"
#define STATE_MEMMAP_RATE STATE_RUN "/memmap-rate"
#define STATE_JOBS	  STATE_RUN "/jobs"
#define STATE_RESTORE	  STATE_RUN "/restore." /* and the name of a setting */

/* Makes the folder below /run where it is missing. 0 or a negative errno. */
int statedir_make(const struct root *sys);

/*
 * Replaces one of these files, whole or not at all. With make, the folder is made where it is
 * missing. 0 or a negative errno.
 */
int statedir_write(const struct root *sys, const char *path, bool make, const char *text,
		   mode_t mode);

/* Writes over one of these files, of which losing all would cost little. */
void statedir_overwrite(const struct root *sys, const char *path, const char *text, mode_t mode);

/*
 * Reads one of these files, of at most max bytes. -EINVAL where it is larger or no regular file,
 * -ELOOP where it is a link.
 */
int statedir_read(const struct root *sys, const char *path, size_t max, char **text);

/* Removes one of these files, where it is there. */
void statedir_remove(const struct root *sys, const char *path);

/* Opens a folder below /var/lib/mhpctl, and makes it if wanted. An fd or a negative errno. */
int statedir_open_lasting(const struct root *sys, const char *name, bool make);
