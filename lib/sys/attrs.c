/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/attrs.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

/*
 * Opens a path without links and mounts on its way. In a copied tree these could lead anywhere, and
 * to devices.
 */
static int open_direct(const struct attrs *attrs, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	if (!attrs->is_copy)
		return openat(attrs->fd, path, flags | O_CLOEXEC | O_NOFOLLOW);
	return (int)syscall(SYS_openat2, attrs->fd, path, &how, sizeof(how));
}

#define MANY 1024 /* objects, from which on a mount costs less than a look at each file */

/*
 * Mounts the directory once more, seen by no other process, so that no device in it can be opened.
 * Returns its descriptor, or -1: that needs rights.
 */
static int mount_without_devices(int fd)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODEV };
	const unsigned flags = AT_EMPTY_PATH | AT_RECURSIVE;
	cleanup_close int tree =
		(int)syscall(SYS_open_tree, fd, "", flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", flags, &attr, sizeof(attr)) < 0)
		return -1;
	return TAKE_FD(tree);
}

/* Returns whether a device in this directory could be opened. */
static bool can_open_devices(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) < 0 || !(fs.f_flag & ST_NODEV);
}

bool attrs_open(const struct root *sys, const char *path, size_t nr, struct attrs *attrs)
{
	int fd;

	*attrs = (struct attrs){ .fd = -1, .is_copy = sys->is_copy };
	if (sys->capture || (sys->log && sys->log->fn))
		return false;
	attrs->fd = root_open(sys, path, O_DIRECTORY);
	attrs->has_devices = !root_is_of_kernel(path);
	if (attrs->fd < 0 || !attrs->is_copy)
		return attrs->fd >= 0;
	attrs->has_devices = can_open_devices(attrs->fd);
	fd = attrs->has_devices && nr >= MANY ? mount_without_devices(attrs->fd) : -1;
	if (fd < 0)
		return true;
	attrs_close(attrs);
	*attrs = (struct attrs){ .fd = fd, .is_copy = true };
	return true;
}

bool attrs_enter(const struct attrs *above, const char *path, struct attrs *attrs)
{
	*attrs = *above;
	attrs->fd = open_direct(above, path, O_PATH | O_DIRECTORY);
	return attrs->fd >= 0;
}

void attrs_close(struct attrs *attrs)
{
	if (attrs->fd >= 0)
		close(attrs->fd);
	*attrs = ATTRS_NONE;
}

/* Returns whether it is a file, before it is opened. */
static bool is_file(const struct attrs *attrs, const char *path)
{
	struct stat st;

	return fstatat(attrs->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int attrs_open_file(const struct attrs *attrs, const char *path)
{
	if (attrs->has_devices && !is_file(attrs, path))
		return -1;
	return open_direct(attrs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

bool attrs_read(const struct attrs *attrs, const char *path, char *buf, size_t size)
{
	cleanup_close int fd = attrs_open_file(attrs, path);
	ssize_t len = fd < 0 ? fd : read(fd, buf, size);

	if (len <= 0 || (size_t)len == size)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

int attrs_has_name(const struct attrs *attrs, const char *path)
{
	cleanup_close int fd = open_direct(attrs, path, O_PATH);

	if (fd >= 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}
