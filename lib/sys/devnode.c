/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/devnode.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool is_device(int fd, mode_t type, dev_t number)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == number;
}

/* Returns a tmpfs that is not mounted anywhere and disappears with its descriptor (since 5.2). */
static int make_private_directory(void)
{
#ifdef SYS_fsopen
	cleanup_close int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int open_private_node(const struct root *sys, mode_t type, dev_t number, int flags)
{
	cleanup_close int folder = make_private_directory();
	int fd;

	if (folder < 0 || mknodat(folder, "device", type | 0600, number) < 0) {
		log_done(sys->log, -errno, "make a node of device %u:%u", major(number),
			 minor(number));
		return -ENOENT; /* as if it did not exist, for any cause */
	}
	fd = openat(folder, "device", flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_node(const struct root *sys, mode_t type, const char *name, dev_t number, int flags)
{
	cleanup_close int node = -1;
	char path[ROOT_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "dev/%s", name);
	node = openat(sys->root_fd, path, O_PATH | O_CLOEXEC);
	if (node < 0 || !is_device(node, type, number))
		return open_private_node(sys, type, number, flags);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int devnode_open(const struct root *sys, mode_t type, const char *name, dev_t number, int flags)
{
	int fd = open_node(sys, type, name, number, flags);

	log_done(sys->log, fd, "open device %s%s", name,
		 flags & O_EXCL ? " for this process alone" : "");
	return fd;
}

int devnode_number(const struct root *sys, const char *path, dev_t *number)
{
	unsigned major_nr, minor_nr;
	char text[32];
	int rc = root_read(sys, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (sscanf(text, "%u:%u", &major_nr, &minor_nr) != 2)
		return -EPROTO;
	*number = makedev(major_nr, minor_nr);
	return 0;
}
