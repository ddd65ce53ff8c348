/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directories of background jobs, run/mhpctl/jobs/ID. Only root can read them, because events
 * name pages and processes:
 *
 *	command	the words of the command line, each followed by a NUL
 *	job	when it was started, by whom, and a checksum of this and of the command
 *	unit	its systemd unit, if it has one
 *	lock	locked by the process of the job while it runs
 *	events	the output of the job, a JSON document per line; exists once the job has started
 *	log	its standard error
 */
#pragma once

#include "lib/sys/statedir.h"

#include <stdint.h>
#include <sys/types.h>

#define JOBS_FOLDER STATE_JOBS

/* Formats the path of a file of a job. */
#define JOB_PATH(name, id, file) ROOT_PATH(name, JOBS_FOLDER "/%" PRIu64 "/" file, id)

#define JOB_COMMAND_MAX (1U << 20)

/* Creates the directory of all jobs if it is missing. Returns 0 or a negative errno. */
int jobdir_make_parent(const struct root *sys);

/*
 * Open the directory of a job; jobdir_make() creates it first. Use the fd, not the path: another
 * directory can take its name. Fail if other users can write to it. Return an fd or a negative
 * errno.
 */
int jobdir_open(const struct root *sys, const char *path);
int jobdir_make(const struct root *sys, const char *path);

/*
 * Renames the directory of a complete job to the next free number after last, and sets *id. Returns
 * 0 or a negative errno.
 */
int jobdir_claim(const struct root *sys, const char *folder, uint64_t last, uint64_t *id);

/* Removes the directory of a job and its files; follows no links. */
void jobdir_remove(const struct root *sys, const char *folder);

/* Replace or remove a file of an open directory. */
int jobdir_put(int folder, const char *name, const char *data, size_t len);
void jobdir_drop(int folder, const char *name);

/* Locks the job until the fd is closed. Returns an fd or a negative errno. */
int jobdir_lock(int folder);

/* Opens a file to append lines; flags may be O_EXCL. Returns an fd or a negative errno. */
int jobdir_stream(int folder, const char *name, int flags);

/*
 * Returns 1 if the process of the job is alive, 0 if not, or a negative errno. *pid is 0 if
 * unknown.
 */
int jobdir_is_locked(const struct root *sys, uint64_t id, pid_t *pid);

/* Sends SIGTERM to the process of the job. Returns 1, 0 if it has ended, or a negative errno. */
int jobdir_stop(const struct root *sys, uint64_t id, pid_t pid);

/* Reads the command of a job, *len bytes. Returns 0 or a negative errno. */
int jobdir_command(const struct root *sys, uint64_t id, char **text, size_t *len);

/*
 * Opens the events of a job. Returns an fd, -EAGAIN before the job has started, or another negative
 * errno.
 */
int jobdir_events(const struct root *sys, uint64_t id);

/* Reads more events. Returns the number of bytes, 0 at the current end, or a negative errno. */
ssize_t jobdir_read(int events, char *buf, size_t size);
