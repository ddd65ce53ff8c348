/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks between processes of this tool.
 *
 * One file stands for the physical address space: who works on memory locks its byte ranges
 * there (in units of 4 KiB, so that all addresses fit into an off_t), and whoever means the same
 * memory, by whatever name, meets that lock. Settings of the whole machine have a file of their
 * own. Locks of the open file description: they end with the process, as its children close what
 * they inherit, and two contexts of one process exclude each other.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/statedir.h"

#include <stdbool.h>
#include <sys/types.h>

struct mhp_ctx;

/* Opens the lock file, which is made where it is missing. Returns an fd or a negative errno. */
int lock_open(const struct mhp_ctx *ctx, const char *path, struct mhp_error *err);

/*
 * Lock a range without waiting. 0, or -EAGAIN with *holder the process that has it (0: unknown),
 * or another negative errno.
 */
int lock_range(int fd, struct mhp_range range, pid_t *holder);

/* Is it locked through another open file? 1, 0 or a negative errno. *holder 0: not known. */
int lock_is_held(int fd, struct mhp_range range, pid_t *holder);

/* Release one range, and all of them. */
void lock_release_range(int fd, struct mhp_range range);
void lock_release(int fd);

/*
 * Release all and close. A process that the caller has forked shares the open file description, and
 * with that the locks: without the release they would end with that process. -1 is none.
 */
void lock_close(int fd);
#define cleanup_lock __attribute__((cleanup(lock_closep)))
static inline void lock_closep(const int *fd)
{
	lock_close(*fd);
}

/*
 * The processes that write for us hold a mark until they have really ended, which one that is
 * killed while the kernel works for it does late. A lock of the other kind (flock(2)): the fd
 * stays open. No mark where there is no /run/mhpctl yet.
 */
void lock_mark_writer(const struct mhp_ctx *ctx);
bool lock_any_writer(const struct mhp_ctx *ctx);
