/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/lock.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/sys/ctx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_UNIT 4096

int lock_open(const struct mhp_ctx *ctx, const char *path, struct mhp_error *err)
{
	int fd;

	if (mkdirat(ctx->sys.root_fd, "run/mhpctl", 0755) < 0 && errno != EEXIST)
		return mhp_fail_errno(err, -errno, "cannot make /run/mhpctl");
	fd = openat(ctx->sys.root_fd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return mhp_fail_errno(err, -errno, "cannot open lock file /%s", path);
	return fd;
}

static struct flock flock_of(struct mhp_range range)
{
	uint64_t end = align_up(range.end, LOCK_UNIT) / LOCK_UNIT;

	return (struct flock){
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)(range.start / LOCK_UNIT),
		.l_len = range.end == UINT64_MAX ? 0 : (off_t)(end - range.start / LOCK_UNIT),
	};
}

int lock_range(int fd, struct mhp_range range, pid_t *holder)
{
	struct flock lock = flock_of(range);
	int rc;

	*holder = 0;
	if (range.start >= range.end) /* a length of 0 would mean all there is */
		return 0;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	rc = -errno;
	if (rc != -EAGAIN && rc != -EACCES)
		return rc;
	lock = flock_of(range);
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		*holder = lock.l_pid;
	return -EAGAIN;
}

void lock_release(int fd)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	fcntl(fd, F_SETLK, &lock);
}

void lock_mark_writer(const struct mhp_ctx *ctx)
{
	int fd = openat(ctx->sys.root_fd, LOCK_WRITERS, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0600);

	if (fd >= 0)
		flock(fd, LOCK_SH); /* the other kind is held for a moment only */
}

bool lock_any_writer(const struct mhp_ctx *ctx)
{
	cleanup_close int fd =
		openat(ctx->sys.root_fd, LOCK_WRITERS, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno != ENOENT; /* not known */
	return flock(fd, LOCK_EX | LOCK_NB) < 0;
}
