/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/file.h"
#include "lib/base/buf.h"
#include "lib/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES	  16
#define TEMPORARY ".mhpctl-"
#define PIECE	  4096

/* Creates a directory, if it is missing, and syncs its entry. */
static int make_part(int dirfd, const char *name)
{
	if (mkdirat(dirfd, name, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	return fsync(dirfd) < 0 && errno != EINVAL ? -errno : 0;
}

static int open_part(int dirfd, const char *name, bool make)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (fd >= 0)
		return fd;
	if (errno != ENOENT || !make)
		return -errno;
	rc = make_part(dirfd, name);
	if (rc < 0)
		return rc;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int file_open_dir_at(int dirfd, const char *path, bool make)
{
	cleanup_close int at = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char part[NAME_MAX + 1];
	size_t len;
	int next;

	if (at < 0)
		return -errno;
	for (; *path; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (!len)
			break;
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(part, path, len);
		part[len] = '\0';
		next = open_part(at, part, make);
		if (next < 0)
			return next;
		close(at);
		at = next;
	}
	return TAKE_FD(at);
}

static int check_regular(mode_t mode)
{
	if (S_ISREG(mode))
		return 0;
	return S_ISDIR(mode) ? -EISDIR : S_ISLNK(mode) ? -ELOOP : -EINVAL;
}

int file_open_at(int dirfd, const char *path, bool follow)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
	cleanup_close int fd = -1;
	struct stat st;
	int rc;

	/* check the kind first: even opening a device or a FIFO can have effects */
	if (fstatat(dirfd, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	rc = check_regular(st.st_mode);
	if (rc < 0)
		return rc;
	fd = openat(dirfd, path, flags);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	rc = check_regular(st.st_mode);
	return rc < 0 ? rc : TAKE_FD(fd);
}

int file_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -errno : S_ISDIR(st.st_mode);
}

/* Creates a file with a random name, so that nobody can have planted one there. */
static int create_temporary(int dirfd, mode_t mode, char *name, size_t size)
{
	uint64_t number = 0;
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return -EIO;
		snprintf(name, size, TEMPORARY "%016" PRIx64, number);
		fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd < 0 ? -errno : fd;
}

int file_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int write_synced(int fd, const char *data, size_t len)
{
	int rc = file_write_all(fd, data, len);

	return rc == 0 && fsync(fd) < 0 ? -errno : rc;
}

/*
 * Creates a file that has no name until it is complete, so that a process that is killed leaves
 * nothing. Fails if the file exists, and for file systems and users that cannot do this.
 */
static int create_complete(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	cleanup_close int fd = -1;
	int rc;

	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = openat(dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	rc = write_synced(fd, data, len);
	if (rc < 0)
		return rc;
	return linkat(fd, "", dirfd, name, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* Returns whether a name is one of create_temporary(). */
static bool is_temporary(const char *name)
{
	const size_t prefix = strlen(TEMPORARY);

	return strncmp(name, TEMPORARY, prefix) == 0 && strlen(name) == prefix + 16 &&
	       strspn(name + prefix, "0123456789abcdef") == 16;
}

/*
 * Files of living processes are locked. One that was created a moment ago may not be locked yet:
 * its rename then fails, and is tried again.
 */
void file_remove_abandoned(int dirfd)
{
	int again = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_closedir DIR *dir = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!dir && again >= 0)
		close(again);
	while (dir && (entry = readdir(dir))) {
		cleanup_close int fd = -1;

		if (!is_temporary(entry->d_name))
			continue;
		fd = file_open_at(dirfd, entry->d_name, false);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dirfd, entry->d_name, 0);
	}
}

static int replace_by_temporary(int dirfd, const char *name, const void *data, size_t len,
				mode_t mode)
{
	char made[32];
	cleanup_close int fd = create_temporary(dirfd, mode, made, sizeof(made));
	int rc;

	if (fd < 0)
		return fd;
	flock(fd, LOCK_EX | LOCK_NB);
	rc = write_synced(fd, data, len);
	if (rc == 0 && renameat(dirfd, made, dirfd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dirfd, made, 0);
	return rc;
}

static int replace_once(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	int rc = create_complete(dirfd, name, data, len, mode);

	for (int i = 0; rc < 0 && i < TRIES; i++) {
		rc = replace_by_temporary(dirfd, name, data, len, mode);
		if (rc != -ENOENT)
			break;
	}
	if (rc == 0 && fsync(dirfd) < 0 && errno != EINVAL)
		rc = -errno;
	return rc;
}

int file_replace_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	file_remove_abandoned(dirfd);
	return replace_once(dirfd, name, data, len, mode);
}

/* Opens the directory of a path, and sets *name to the rest. Returns an fd or a negative errno. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd;

	if (!folder)
		return -ENOMEM;
	*name = slash ? slash + 1 : path;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode)
{
	const char *name;
	cleanup_close int fd = open_folder(path, &name);

	return fd < 0 ? fd : replace_once(fd, name, data, len, mode);
}

/* Creates a file under a temporary name, where create_complete() fails. */
static int create_by_temporary(int dirfd, const char *name, const void *data, size_t len,
			       mode_t mode)
{
	char made[32];
	cleanup_close int fd = create_temporary(dirfd, mode, made, sizeof(made));
	int rc;

	if (fd < 0)
		return fd;
	flock(fd, LOCK_EX | LOCK_NB);
	rc = write_synced(fd, data, len);
	if (rc == 0 && linkat(dirfd, made, dirfd, name, 0) < 0)
		rc = -errno;
	unlinkat(dirfd, made, 0);
	return rc;
}

int file_create(const char *path, const void *data, size_t len, mode_t mode)
{
	const char *name;
	cleanup_close int fd = open_folder(path, &name);
	int rc = fd < 0 ? fd : create_complete(fd, name, data, len, mode);

	if (fd >= 0 && rc < 0 && rc != -EEXIST)
		rc = create_by_temporary(fd, name, data, len, mode);
	if (rc == 0 && fsync(fd) < 0 && errno != EINVAL)
		rc = -errno;
	return rc;
}

/*
 * Returns whether uid became root through sudo or pkexec, and so may use its own files. The
 * environment can be trusted, because only root sets it then.
 */
static bool is_caller(uid_t uid)
{
	static const char *const names[] = { "SUDO_UID", "PKEXEC_UID" };
	char text[16];

	snprintf(text, sizeof(text), "%u", (unsigned)uid);
	for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && strcmp(value, text) == 0)
			return true;
	}
	return false;
}

const char *file_distrust(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return "it cannot be read";
	if (st.st_uid != 0 && st.st_uid != geteuid() && !is_caller(st.st_uid))
		return "it belongs to another user";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return "other users can write to it";
	return NULL;
}

static const char *distrust_folder(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? "it cannot be opened" : file_distrust(fd);
}

int file_distrust_above(const char *path, const char **wrong)
{
	cleanup_free char *real = realpath(path, NULL), *folder = NULL;
	int error = errno;

	*wrong = NULL;
	folder = strdup(path);
	if (!folder || (!real && error == ENOMEM))
		return -ENOMEM;
	*wrong = real ? distrust_folder(dirname(folder)) : "it cannot be found";
	if (!*wrong)
		*wrong = distrust_folder(dirname(real));
	return 0;
}

int file_read_all(int fd, size_t max, char **text, size_t *len)
{
	cleanup_buf struct buf data = { 0 };
	ssize_t got;

	for (;;) {
		if (buf_reserve(&data, PIECE) < 0)
			return -ENOMEM;
		got = read(fd, data.data + data.len, data.size - data.len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		data.len += (size_t)got;
		if (data.len > max)
			return -EFBIG;
	}
	data.data[data.len] = '\0';
	*len = data.len;
	*text = TAKE_PTR(data.data);
	return 0;
}
