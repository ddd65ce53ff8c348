/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/root.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/sys/capture.h"
#include "lib/sys/report-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define OPEN_TRIES 10000 /* each takes microseconds, and fails only if a rename falls into them */

uint64_t root_page_size(const struct root *sys)
{
	return sys->page_size ? sys->page_size : (uint64_t)sysconf(_SC_PAGESIZE);
}

bool root_is_lack(int rc)
{
	return rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE || rc == -ENOBUFS;
}

int root_lack(const struct root *sys)
{
	return sys->lack ? *sys->lack : 0;
}

void root_lack_reset(const struct root *sys)
{
	if (sys->lack)
		*sys->lack = 0;
}

/* Returns rc, and stores it if it is the first lack of memory or descriptors. */
static int store_lack(const struct root *sys, int rc)
{
	if (sys->lack && !*sys->lack && root_is_lack(rc))
		*sys->lack = rc;
	return rc;
}

/* Returns rc, and logs it if it is a failure. */
static int log_failure(const struct root *sys, const char *function, const char *path, int rc)
{
	char why[LOG_RESULT_MAX];

	if (rc < 0 && sys->log)
		log_at(sys->log, __FILE__, function, "%s: %s", path,
		       log_result(rc, why, sizeof(why)));
	return rc;
}

#define read_result(sys, path, rc) log_failure(sys, __func__, path, rc)

/* Records a failure; a lack of memory or descriptors says nothing about the file. */
static void capture_rc(const struct root *sys, const char *path, int rc, bool exists)
{
	if (sys->capture && rc == -EISDIR)
		capture_seen(sys, path, true);
	else if (sys->capture && !root_is_lack(rc))
		capture_failed(sys, path, rc, exists);
}

void root_path(char path[ROOT_PATH_MAX], const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(path, ROOT_PATH_MAX, fmt, args);
	va_end(args);
	if (len >= 0 && len < ROOT_PATH_MAX)
		return;
	memset(path, '-', ROOT_PATH_MAX - 1); /* one name, longer than NAME_MAX */
	path[ROOT_PATH_MAX - 1] = '\0';
}

/*
 * Opens a path of a copied tree, whose links must not lead out of it. This needs openat2, so a
 * kernel before 5.6 opens nothing there. openat2 fails with EAGAIN if anything on the machine was
 * renamed or mounted while it followed a ".." (fs/namei.c:handle_dots).
 */
static int open_below(const struct root *sys, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, sys->root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return (int)fd;
}

static int open_path(const struct root *sys, const char *path, int flags)
{
	int fd = sys->is_copy ? open_below(sys, path, flags)
			      : openat(sys->root_fd, path, flags | O_CLOEXEC);

	return fd < 0 ? store_lack(sys, -errno) : fd;
}

/*
 * Returns why a file of a report could not be read on its machine, as a negative errno, or 0.
 * *exists is only set with an errno.
 */
static int report_errno(const struct root *sys, const char *path, bool *exists)
{
	cleanup_close int link = -1;
	char target[PATH_MAX];
	ssize_t len;

	if (!sys->is_report)
		return 0;
	link = open_path(sys, path, O_PATH | O_NOFOLLOW);
	len = link < 0 ? -1 : readlinkat(link, "", target, sizeof(target) - 1);
	if (len <= 0)
		return 0;
	target[len] = '\0';
	return report_tree_errno(target, exists);
}

/*
 * Returns 0 for a regular file or a wanted directory, -EISDIR for any other directory, and -EINVAL
 * for a FIFO or a device.
 */
static int kind_error(const struct stat *st, int flags)
{
	if (S_ISREG(st->st_mode) || (S_ISDIR(st->st_mode) && (flags & O_DIRECTORY)))
		return 0;
	return S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
}

static int check_kind(int fd, int flags)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -errno : kind_error(&st, flags);
}

/* Does the same for a path that is not open yet: opening a device can have effects. */
static int check_path(const struct root *sys, const char *path, int flags)
{
	const int follow = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	cleanup_close int fd = -1;
	struct stat st;

	if (sys->is_copy) {
		fd = open_path(sys, path, flags | O_PATH);
		return fd < 0 ? fd : check_kind(fd, flags);
	}
	if (fstatat(sys->root_fd, path, &st, follow) < 0)
		return store_lack(sys, -errno);
	return flags & O_DIRECTORY && !S_ISDIR(st.st_mode) ? -ENOTDIR : kind_error(&st, flags);
}

int root_open(const struct root *sys, const char *path, int flags)
{
	bool is_safe = root_is_of_kernel(sys->above ? sys->place : path), exists;
	cleanup_close int fd = -1;
	int rc = 0;

	if (sys->is_copy || !is_safe) {
		rc = report_errno(sys, path, &exists);
		if (rc == 0)
			rc = check_path(sys, path, flags);
	}
	if (rc == 0)
		rc = fd = open_path(sys, path, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (rc >= 0)
		rc = check_kind(fd, flags);
	if (rc == 0)
		return sys->capture ? capture_opened(sys, path, TAKE_FD(fd)) : TAKE_FD(fd);
	capture_rc(sys, path, rc, true);
	errno = -read_result(sys, path, rc);
	return -1;
}

FILE *root_fopen(const struct root *sys, const char *path)
{
	int fd = root_open(sys, path, 0), error;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	error = errno;
	if (!file && fd >= 0) {
		store_lack(sys, -error);
		close(fd);
	}
	errno = error;
	return file;
}

/* Leaves the failure in errno. */
static void line_failed(const struct root *sys)
{
	int error = errno ? errno : EIO;

	read_result(sys, "a line of an open file", store_lack(sys, -error));
	errno = error;
}

ssize_t root_getline(const struct root *sys, char **line, size_t *size, FILE *file)
{
	ssize_t len;

	errno = 0; /* when memory is short, getline() sets nothing but errno */
	len = getline(line, size, file);
	if (len < 0 && !feof(file))
		line_failed(sys);
	return len;
}

char *root_gets(const struct root *sys, char *line, size_t size, FILE *file)
{
	char *got;

	errno = 0;
	got = fgets(line, (int)size, file);
	if (!got && ferror(file))
		line_failed(sys);
	return got;
}

int root_read(const struct root *sys, const char *path, char *buf, size_t size)
{
	cleanup_close int fd = root_open(sys, path, 0);
	ssize_t len;

	buf[0] = '\0'; /* valid text even after a failure */
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size);
	if (len < 0 || (size_t)len == size)
		buf[0] = '\0';
	if (len < 0)
		return read_result(sys, path, store_lack(sys, -errno));
	if ((size_t)len == size)
		return read_result(sys, path, -EOVERFLOW); /* do not truncate */

	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int root_read_text(const struct root *sys, const char *path, char *buf, size_t size)
{
	cleanup_close int fd = root_open(sys, path, 0);
	ssize_t len;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		return read_result(sys, path, store_lack(sys, -errno));
	buf[len] = '\0';
	return (int)len;
}

static int kernel_write(const struct root *sys, const char *path, const char *text)
{
	cleanup_close int fd = sys->is_copy ? -1 : openat(sys->root_fd, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t done;

	if (sys->is_copy)
		return -EROFS;
	if (fd < 0)
		return -errno;
	done = write(fd, text, len);
	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

const struct root_ops root_kernel_ops = { .write = kernel_write };

int root_write(const struct root *sys, const char *path, const char *text)
{
	int rc;

	log_line(sys->log, "%s = \"%s\" is written", path, text);
	rc = sys->ops->write(sys, path, text);
	log_done(sys->log, rc, "%s = \"%s\"", path, text);
	return rc;
}

int root_may_write(const struct root *sys, const char *path)
{
	return faccessat(sys->root_fd, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* Records a name that exists (rc 0), or why that is not known. */
static void capture_name(const struct root *sys, const char *path, int rc)
{
	if (sys->capture && rc == 0)
		capture_seen(sys, path, false);
	else
		capture_rc(sys, path, rc, false);
}

int root_link(const struct root *sys, const char *path, char *buf, size_t size)
{
	cleanup_close int link = -1;
	bool exists = false;
	ssize_t len;
	int rc = report_errno(sys, path, &exists);

	buf[0] = '\0';
	if (rc < 0)
		return read_result(sys, path, exists ? -EINVAL : rc);
	if (sys->is_copy) {
		link = open_path(sys, path, O_PATH | O_NOFOLLOW);
		if (link < 0)
			return read_result(sys, path, link);
	}
	len = readlinkat(sys->is_copy ? link : sys->root_fd, sys->is_copy ? "" : path, buf, size);
	if (len < 0 && errno == ENOENT && link >= 0)
		errno = EINVAL; /* the file exists and is not a link: readlinkat(2) */
	if (len < 0 || (size_t)len == size) {
		rc = len < 0 ? store_lack(sys, -errno) : -EOVERFLOW;
		buf[0] = '\0';
		capture_name(sys, path, rc == -EINVAL || rc == -EOVERFLOW ? 0 : rc);
		return read_result(sys, path, rc);
	}
	buf[len] = '\0';
	capture_name(sys, path, 0);
	return 0;
}

int root_link_inode(const struct root *sys, const char *path, ino_t *inode)
{
	cleanup_close int link = open_path(sys, path, O_PATH | O_NOFOLLOW);
	bool exists;
	struct stat st;

	capture_name(sys, path, link < 0 ? link : 0);
	if (link < 0)
		return read_result(sys, path, link);
	if (report_errno(sys, path, &exists) < 0)
		return read_result(sys, path, -EINVAL);
	if (fstat(link, &st) < 0)
		return read_result(sys, path, store_lack(sys, -errno));
	if (!S_ISLNK(st.st_mode))
		return read_result(sys, path, -EINVAL);
	*inode = st.st_ino;
	return 0;
}

/* Returns 0, or the errno with which a report says that it is not known whether a file exists. */
static int known_to_exist(const struct root *sys, const char *path)
{
	bool exists = false;
	int rc = report_errno(sys, path, &exists);

	return exists ? 0 : rc;
}

int root_exists(const struct root *sys, const char *path)
{
	cleanup_close int fd = -1;
	int rc;

	if (!sys->is_copy)
		rc = faccessat(sys->root_fd, path, F_OK, 0) < 0 ? store_lack(sys, -errno) : 0;
	else
		rc = fd = open_path(sys, path, O_PATH);
	if (rc >= 0)
		rc = known_to_exist(sys, path);
	if (rc >= 0 && sys->capture)
		capture_seen(sys, path, true);
	if (rc >= 0)
		return 1;
	capture_rc(sys, path, rc, false);
	if (sys->is_copy && rc == -ENOENT && root_is_null(sys, path))
		return 1;
	read_result(sys, path, rc);
	return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

int root_has_name(const struct root *sys, const char *path)
{
	cleanup_close int fd = open_path(sys, path, O_PATH | O_NOFOLLOW);
	int rc = fd < 0 ? fd : known_to_exist(sys, path);

	capture_name(sys, path, rc);
	read_result(sys, path, rc);
	return rc >= 0 ? 1 : rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

bool root_seems(const struct root *sys, const char *path)
{
	return root_exists(sys, path) > 0;
}

bool root_is_null(const struct root *sys, const char *path)
{
	char target[16];
	struct stat st;

	if (root_link(sys, path, target, sizeof(target)) == 0 && strcmp(target, "/dev/null") == 0)
		return true;
	/* a link with another target name, or a bind mount; a copy has no devices */
	return !sys->is_copy && fstatat(sys->root_fd, path, &st, 0) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 3);
}

/* Records the rest of the entries, and that these are all. */
static void capture_rest(const struct root *sys, const char *path, DIR *dir)
{
	const struct dirent *entry;

	if (!sys->capture)
		return;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			capture_entry(sys, path, entry);
	if (errno == 0)
		capture_listed(sys, path);
}

int root_each(const struct root *sys, const char *path,
	      int (*fn)(const struct root *sys, const char *name, void *data), void *data)
{
	cleanup_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int fd = root_open(sys, path, O_DIRECTORY);
	int rc;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		rc = store_lack(sys, -errno);
		close(fd);
		return rc;
	}
	if (sys->is_report && faccessat(fd, REPORT_LISTED, F_OK, 0) < 0)
		return read_result(sys, path, -ENODATA);
	/* the end of the directory and a failure differ only in errno */
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (sys->capture)
			capture_entry(sys, path, entry);
		rc = fn(sys, entry->d_name, data);
		if (rc < 0) {
			capture_rest(sys, path, dir);
			return store_lack(sys, rc);
		}
	}
	rc = -errno;
	capture_rest(sys, path, dir);
	return read_result(sys, path, store_lack(sys, rc));
}
