/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/lock.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/range.h"
#include "lib/sys/ctx.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Sets the failure of a call. A full file system needs another hint than a full device. */
static int set_unusable(int rc, const char *what, const char *path, struct mhp_error *err)
{
	err_errno(err, rc, "cannot %s /%s", what, path);
	if (rc != -ENOSPC)
		return rc;
	return err_hint(err, rc,
			"free space or inodes on the file system of /" STATE_RUN ": df /" STATE_RUN
			"; df -i /" STATE_RUN);
}

int lock_open(const struct mhp_ctx *ctx, const char *path, struct mhp_error *err)
{
	int fd, rc;

	if (ctx->is_copy)
		return err_set(err, -EROFS, MHP_REASON_USAGE, "a copied tree cannot be changed");
	rc = statedir_make(&ctx->sys);
	if (rc < 0)
		return set_unusable(rc, "make", STATE_RUN, err);
	rc = fd = openat(ctx->sys.root_fd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		rc = -errno;
	log_done(&ctx->log, rc, "open lock file %s", path);
	return rc < 0 ? set_unusable(rc, "open lock file", path, err) : fd;
}

static struct flock range_lock(struct mhp_range range)
{
	uint64_t end = align_up(range.end, LOCK_UNIT) / LOCK_UNIT;

	return (struct flock){
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)(range.start / LOCK_UNIT),
		.l_len = range.end == UINT64_MAX ? 0 : (off_t)(end - range.start / LOCK_UNIT),
	};
}

/*
 * A lock of the open file description (OFD) also excludes other contexts of this process, but the
 * kernel does not report its owner. So the owner also holds a process lock on a copy of the range,
 * above all addresses, for which F_GETLK returns the pid. The process lock excludes nobody.
 */
#define OWNER_OFFSET ((off_t)1 << 54)

static struct flock owner_lock(const struct flock *lock)
{
	struct flock owner = *lock;

	owner.l_start += OWNER_OFFSET;
	if (!owner.l_len) /* to the end of the first half */
		owner.l_len = OWNER_OFFSET - lock->l_start;
	return owner;
}

int lock_range(int fd, struct mhp_range range, pid_t *holder)
{
	struct flock lock = range_lock(range), owner;
	int rc;

	*holder = 0;
	if (range.start >= range.end) /* a length of 0 means the whole file */
		return 0;
	if (!lock.l_len)
		lock.l_len = OWNER_OFFSET - lock.l_start;
	owner = owner_lock(&lock);
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
		fcntl(fd, F_SETLK, &owner);
		return 0;
	}
	rc = -errno;
	if (rc != -EAGAIN && rc != -EACCES)
		return rc;
	if (fcntl(fd, F_GETLK, &owner) == 0 && owner.l_type != F_UNLCK && owner.l_pid > 0)
		*holder = owner.l_pid;
	return -EAGAIN;
}

int lock_whole(const struct mhp_ctx *ctx, const char *path, uint64_t msec)
{
	const struct mhp_range all = { 0, UINT64_MAX };
	uint64_t deadline = clock_msec() + msec;
	cleanup_close int fd = lock_open(ctx, path, NULL);
	pid_t holder;
	int rc;

	if (fd < 0)
		return fd;
	while ((rc = lock_range(fd, all, &holder)) == -EAGAIN && clock_msec() < deadline)
		clock_sleep(5);
	return rc < 0 ? rc : TAKE_FD(fd);
}

int lock_is_held(int fd, struct mhp_range range, pid_t *holder)
{
	struct flock lock = range_lock(range), owner;

	*holder = 0;
	if (!lock.l_len)
		lock.l_len = OWNER_OFFSET - lock.l_start;
	owner = owner_lock(&lock);
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	if (fcntl(fd, F_GETLK, &owner) == 0 && owner.l_type != F_UNLCK && owner.l_pid > 0)
		*holder = owner.l_pid;
	return 1;
}

void lock_release_range(int fd, struct mhp_range range)
{
	struct flock lock = range_lock(range), owner;

	if (range.start >= range.end)
		return;
	lock.l_type = F_UNLCK;
	if (!lock.l_len)
		lock.l_len = OWNER_OFFSET - lock.l_start;
	owner = owner_lock(&lock);
	fcntl(fd, F_SETLK, &owner);
	fcntl(fd, F_OFD_SETLK, &lock);
}

void lock_release(int fd)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	fcntl(fd, F_SETLK, &lock);
	fcntl(fd, F_OFD_SETLK, &lock);
}

void lock_close(int fd)
{
	if (fd < 0)
		return;
	lock_release(fd);
	close(fd);
}

void lock_mark_writer(const struct mhp_ctx *ctx)
{
	int fd;

	if (ctx->is_copy) /* its children only read */
		return;
	fd = openat(ctx->sys.root_fd, LOCK_WRITERS, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd >= 0 && flock(fd, LOCK_SH) == 0) /* LOCK_EX is held only for a moment */
		return;
	log_done(&ctx->log, -errno, "mark a writer in %s", LOCK_WRITERS);
}

bool lock_any_writer(const struct mhp_ctx *ctx)
{
	cleanup_close int fd =
		openat(ctx->sys.root_fd, LOCK_WRITERS, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return false;
	log_done(&ctx->log, -errno, "look for writers in %s", LOCK_WRITERS);
	return fd >= 0 || errno != ENOENT; /* unknown */
}
