/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/sysroot.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/archive.h"
#include "lib/sys/userfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define NAME   "mhpctl-report-XXXXXX"
#define ROUNDS 8

/* ---- removing ------------------------------------------------------------------------------ */

static void remove_entry(int at, const char *name);

/* Removes the entries that one call lists. Returns how many it lists, or a negative number. */
static int remove_some(int fd)
{
	_Alignas(struct dirent64) char list[4096];
	ssize_t len = getdents64(fd, list, sizeof(list));
	int nr = 0;

	for (ssize_t at = 0; at < len;) {
		const struct dirent64 *entry = (const struct dirent64 *)(list + at);

		at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		remove_entry(fd, entry->d_name);
		nr++;
	}
	return len <= 0 ? -1 : nr;
}

/*
 * Removes all that is in a directory, without allocating memory. A file system may skip entries
 * while others go, so it is listed again; one that cannot be removed ends that.
 */
static void remove_content(int fd)
{
	for (int round = 0, nr = 1; nr > 0 && round < ROUNDS; round++) {
		int some;

		nr = 0;
		while ((some = remove_some(fd)) >= 0)
			nr += some;
		lseek(fd, 0, SEEK_SET);
	}
}

/* Removes a file, or a directory with its content. The depth is that which an archive may have. */
static void remove_entry(int at, const char *name)
{
	int fd;

	if (unlinkat(at, name, 0) == 0)
		return;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		remove_content(fd);
		close(fd);
	}
	unlinkat(at, name, AT_REMOVEDIR);
}

void sysroot_remove(char *unpacked)
{
	if (unpacked)
		remove_entry(AT_FDCWD, unpacked);
	free(unpacked);
}

/* ---- a report ------------------------------------------------------------------------------ */

/* Makes a directory that only this user can enter. *path is for free(). */
static int make_directory(char **path, struct mhp_error *err)
{
	const char *above = secure_getenv("TMPDIR");
	char *made = NULL;

	if (asprintf(&made, "%s/" NAME, above && *above ? above : "/tmp") < 0)
		return err_errno(err, -ENOMEM, "the report");
	if (mkdtemp(made)) {
		*path = made;
		return 0;
	}
	err_errno(err, -errno, "cannot make a directory for the report");
	free(made);
	err_hint(err, -EIO, "set TMPDIR to a directory that can be written to");
	return err ? -err->errnum : -EIO;
}

/* Unpacks the report that is in a file. Takes fd. Returns the descriptor of the directory. */
static int open_report(int fd, int stop_fd, char **unpacked, struct mhp_error *err)
{
	char *path = NULL;
	int dirfd, rc = make_directory(&path, err);

	if (rc < 0) {
		close(fd);
		return rc;
	}
	dirfd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0) {
		rc = err_errno(err, -errno, "cannot open the directory of the report");
		close(fd);
	} else {
		rc = archive_unpack(fd, dirfd, stop_fd, err);
	}
	if (rc == 0) {
		*unpacked = path;
		return dirfd;
	}
	if (dirfd >= 0)
		close(dirfd);
	sysroot_remove(path);
	return rc;
}

/* ---- the root ------------------------------------------------------------------------------ */

static int open_failed(const char *path, int rc, struct mhp_error *err)
{
	char shown[128];

	text_escape(path, shown, sizeof(shown));
	if (rc == -ETIMEDOUT)
		return userfile_late(shown, err);
	if (rc == -ECANCELED)
		return err_set(err, rc, MHP_REASON_INTERRUPTED, "sysroot %s: interrupted", shown);
	err_errno(err, rc, "sysroot %s", shown);
	if (err && (rc == -ENOENT || rc == -ENOTDIR)) {
		err->reason = MHP_REASON_USAGE;
		err_hint(err, rc,
			 "--sysroot needs a directory that holds a copy of /sys, or a report");
	}
	return rc;
}

static int open_directory(const char *path, struct mhp_error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? open_failed(path, -errno, err) : fd;
}

/* Copies the file into memory. Returns a descriptor or a negative errno; -EISDIR: *err is as it
 * was. */
static int copy_report(struct mhp_ctx *ctx, const char *path, struct mhp_error *err)
{
	cleanup_close int copy = memfd_create("report", MFD_CLOEXEC);
	struct mhp_error other = { .reason = MHP_REASON_NONE };
	int rc;

	if (copy < 0)
		return err_errno(err, -errno, "cannot copy the report");
	rc = userfile_copy(ctx, path, ARCHIVE_BYTES_MAX, copy, &other);
	if (rc == 0 && lseek(copy, 0, SEEK_SET) < 0)
		rc = -errno;
	if (rc == 0)
		return TAKE_FD(copy);
	if (rc == -EISDIR)
		return rc;
	if (other.reason == MHP_REASON_NONE)
		return open_failed(path, rc == -EINVAL ? -ENOTDIR : rc, err);
	if (err)
		*err = other;
	return rc;
}

int sysroot_open(struct mhp_ctx *ctx, const char *path, char **unpacked, struct mhp_error *err)
{
	int copy;

	*unpacked = NULL;
	if (!path)
		return open_directory("/", err);
	copy = copy_report(ctx, path, err);
	if (copy == -EISDIR)
		return open_directory(path, err);
	return copy < 0 ? copy : open_report(copy, ctx->stop_fd, unpacked, err);
}
