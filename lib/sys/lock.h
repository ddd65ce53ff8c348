/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks between processes of this tool.
 *
 * One file represents the physical address space: a process locks the byte ranges of the memory
 * that it works on (in units of LOCK_UNIT, so that all addresses fit into an off_t). Two processes
 * that work on the same memory conflict there, whatever name they use for it. Settings of the whole
 * machine have a separate file. The locks belong to the open file description: they end with the
 * process, because its children close inherited files, and they exclude two contexts of one process
 * from each other.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/statedir.h"

#include <stdbool.h>
#include <sys/types.h>

#define LOCK_UNIT 4096 /* bytes; locks of ranges that share a unit conflict */

struct mhp_ctx;

/* Opens the lock file, and creates it if it is missing. Returns an fd or a negative errno. */
int lock_open(const struct mhp_ctx *ctx, const char *path, struct mhp_error *err);

/*
 * Locks a range without waiting. Returns 0, -EAGAIN with the process that holds it in *holder (0:
 * unknown), or another negative errno.
 */
int lock_range(int fd, struct mhp_range range, pid_t *holder);

/*
 * Opens the file and locks all of it; waits for msec at most. Returns an fd, -EAGAIN, or another
 * negative errno.
 */
int lock_whole(const struct mhp_ctx *ctx, const char *path, uint64_t msec);

/*
 * Returns 1 if the range is locked through another open file, 0 if not, or a negative errno.
 * *holder is 0 if unknown.
 */
int lock_is_held(int fd, struct mhp_range range, pid_t *holder);

/* Release one range, or all ranges. */
void lock_release_range(int fd, struct mhp_range range);
void lock_release(int fd);

/*
 * Releases all locks and closes the file. A forked process shares the open file description and so
 * the locks: without the release they would last until that process ends. -1 is ignored.
 */
void lock_close(int fd);
#define cleanup_lock __attribute__((cleanup(lock_closep)))
static inline void lock_closep(const int *fd)
{
	lock_close(*fd);
}

/*
 * Marks a process that writes to the kernel until it has really ended. A killed process can take
 * long to end while the kernel works for it. The mark is a lock of flock(2), so the fd stays open.
 * There is no mark while /run/mhpctl does not exist.
 */
void lock_mark_writer(const struct mhp_ctx *ctx);

/* Returns whether a process has that mark, or true if that is unknown. */
bool lock_any_writer(const struct mhp_ctx *ctx);
