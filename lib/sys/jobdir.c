/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/jobdir.h"
#include "lib/base/cleanup.h"
#include "lib/base/file.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_MAX 999999999

static const struct mhp_range whole_file = { 0, UINT64_MAX };

static const char *const job_files[] = { "command", "job", "unit", "lock", "events", "log" };

/* ---- the directory ----------------------------------------------------------------------- */

int jobdir_make_parent(const struct root *sys)
{
	int rc = statedir_make(sys);

	if (rc < 0)
		return rc;
	return mkdirat(sys->root_fd, JOBS_FOLDER, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int jobdir_open(const struct root *sys, const char *path)
{
	cleanup_close int fd = file_open_dir_at(sys->root_fd, path, false);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? TAKE_FD(fd) : -EPERM;
}

int jobdir_make(const struct root *sys, const char *path)
{
	return mkdirat(sys->root_fd, path, 0700) < 0 ? -errno : jobdir_open(sys, path);
}

int jobdir_claim(const struct root *sys, const char *folder, uint64_t last, uint64_t *id)
{
	for (uint64_t try = last + 1; try <= ID_MAX; try++) {
		ROOT_PATH(path, JOBS_FOLDER "/%" PRIu64, try);
		*id = try;
		if (renameat(sys->root_fd, folder, sys->root_fd, path) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return -errno;
	}
	return -ENOSPC;
}

void jobdir_remove(const struct root *sys, const char *folder)
{
	cleanup_close int fd = file_open_dir_at(sys->root_fd, folder, false);

	for (size_t i = 0; fd >= 0 && i < ARRAY_SIZE(job_files); i++)
		unlinkat(fd, job_files[i], 0);
	unlinkat(sys->root_fd, folder, AT_REMOVEDIR);
}

int jobdir_put(int folder, const char *name, const char *data, size_t len)
{
	return file_replace_at(folder, name, data, len, 0600);
}

void jobdir_drop(int folder, const char *name)
{
	unlinkat(folder, name, 0);
}

/* ---- its process ------------------------------------------------------------------------- */

int jobdir_lock(int folder)
{
	cleanup_close int fd =
		openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	pid_t holder;
	int rc;

	if (fd < 0)
		return -errno;
	rc = lock_range(fd, whole_file, &holder);
	return rc < 0 ? rc : TAKE_FD(fd);
}

int jobdir_stream(int folder, const char *name, int flags)
{
	int fd = openat(folder, name,
			O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0600);

	return fd < 0 ? -errno : fd;
}

int jobdir_is_locked(const struct root *sys, uint64_t id, pid_t *pid)
{
	cleanup_close int fd = -1;

	JOB_PATH(path, id, "lock");
	*pid = 0;
	fd = root_open(sys, path, O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return lock_is_held(fd, whole_file, pid);
}

int jobdir_stop(const struct root *sys, uint64_t id, pid_t pid)
{
	cleanup_close int fd = pidfd_open(pid, 0);
	pid_t still;
	int rc;

	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* if pid still holds the lock, it was not reused: the pidfd is of the job's process */
	rc = jobdir_is_locked(sys, id, &still);
	if (rc <= 0)
		return rc;
	if (still != pid)
		return 0;
	if (pidfd_send_signal(fd, SIGTERM, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	return 1;
}

/* ---- its files --------------------------------------------------------------------------- */

static int open_regular(const struct root *sys, const char *path, struct stat *st)
{
	cleanup_close int fd = root_open(sys, path, O_NOFOLLOW);

	if (fd < 0 || fstat(fd, st) < 0)
		return -errno;
	return S_ISREG(st->st_mode) ? TAKE_FD(fd) : -EINVAL;
}

int jobdir_command(const struct root *sys, uint64_t id, char **text, size_t *len)
{
	cleanup_free char *read_text = NULL;
	cleanup_close int fd = -1;
	struct stat st;
	ssize_t got;

	JOB_PATH(path, id, "command");
	fd = open_regular(sys, path, &st);
	if (fd < 0)
		return fd;
	if (st.st_size > JOB_COMMAND_MAX)
		return -EINVAL;
	read_text = malloc((size_t)st.st_size + 1);
	if (!read_text)
		return -ENOMEM;
	got = read(fd, read_text, (size_t)st.st_size);
	if (got < 0)
		return -errno;
	*len = (size_t)got;
	*text = TAKE_PTR(read_text);
	return 0;
}

int jobdir_events(const struct root *sys, uint64_t id)
{
	struct stat st;
	int fd;

	JOB_PATH(path, id, "events");
	fd = open_regular(sys, path, &st);
	return fd == -ENOENT ? -EAGAIN : fd;
}

ssize_t jobdir_read(int events, char *buf, size_t size)
{
	ssize_t got = read(events, buf, size);

	return got < 0 ? -errno : got;
}
