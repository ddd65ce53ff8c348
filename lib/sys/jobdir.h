/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folders of background jobs, run/mhpctl/jobs/ID, which only root can look into, as events name
 * pages and processes:
 *
 *	command	the words of the command line, each with a NUL behind it
 *	job	when and by whom it was started
 *	unit	its unit of systemd, if it has one
 *	lock	locked by the process of the job for its life
 *	events	what the job prints, a JSON document a line; there once it has begun
 *	log	its standard error
 */
#pragma once

#include "lib/sys/statedir.h"

#include <stdint.h>
#include <sys/types.h>

#define JOBS_FOLDER STATE_JOBS

/* A file of a job as a path. */
#define JOB_PATH(name, id, file) ROOT_PATH(name, JOBS_FOLDER "/%" PRIu64 "/" file, id)

#define JOB_COMMAND_MAX (1U << 20)

/* Makes the folder of all jobs where it is missing. 0 or a negative errno. */
int jobdir_make_parent(const struct root *sys);

/*
 * Opens the folder of a job, or makes and opens it. What is done in the open folder is done in this
 * one, whatever comes by its name; nobody else may have a hand in it. An fd or a negative errno.
 */
int jobdir_open(const struct root *sys, const char *path);
int jobdir_make(const struct root *sys, const char *path);

/* Gives the folder the next free number after last: a name for one that is whole, and only one. */
int jobdir_claim(const struct root *sys, const char *folder, uint64_t last, uint64_t *id);

/* Removes the folder and the files of a job in it. */
void jobdir_remove(const struct root *sys, const char *folder);

/* Replaces or removes a file of an open folder. */
int jobdir_put(int folder, const char *name, const char *data, size_t len);
void jobdir_drop(int folder, const char *name);

/* Takes the lock of the job, for as long as the fd is open. An fd or a negative errno. */
int jobdir_lock(int folder);

/* Opens a file that lines are appended to; flags: O_EXCL. An fd or a negative errno. */
int jobdir_stream(int folder, const char *name, int flags);

/* Returns whether its process is alive: 1, 0 or a negative errno. *pid 0: not known here. */
int jobdir_is_locked(const struct root *sys, uint64_t id, pid_t *pid);

/* Tells the process of the job to stop. 1, 0 where it has ended, or a negative errno. */
int jobdir_stop(const struct root *sys, uint64_t id, pid_t pid);

/* Reads the command of a job, of *len bytes. 0 or a negative errno. */
int jobdir_command(const struct root *sys, uint64_t id, char **text, size_t *len);

/* Opens the events of a job. An fd, or -EAGAIN before it has begun, or another negative errno. */
int jobdir_events(const struct root *sys, uint64_t id);

/* Reads on in the events. Bytes, 0 at the end for now, or a negative errno. */
ssize_t jobdir_read(int events, char *buf, size_t size);
