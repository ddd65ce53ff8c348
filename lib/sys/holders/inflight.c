/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/inflight.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

int inflight_pipe_bytes(int pid, const char *fd)
{
	cleanup_close int pidfd = pidfd_open(pid, 0);
	cleanup_close int dup = -1;
	uint64_t number;
	int bytes = 0;

	if (pidfd < 0 || parse_u64(fd, 10, &number) < 0)
		return 0;
	dup = pidfd_getfd(pidfd, (int)number, 0);
	if (dup < 0 || ioctl(dup, FIONREAD, &bytes) < 0)
		return 0;
	return bytes;
}

struct transfer {
	int pid;
	uint64_t thread; /* one that waits in the kernel, or 0 */
	int fd;		 /* open with O_DIRECT, or -1 */
};

/*
 * Finds a thread in state D, in "413 (a name) D 1 …". The name may have any byte, so the state
 * follows the last ')'.
 */
static int find_waiting_thread(const struct root *sys, const char *name, void *data)
{
	struct transfer *t = data;
	char text[256];
	const char *at;

	ROOT_PATH(path, "proc/%d/task/%s/stat", t->pid, name);
	if (t->thread || root_read_text(sys, path, text, sizeof(text)) < 0)
		return 0;
	at = strrchr(text, ')');
	if (at && strncmp(at, ") D ", 4) == 0)
		parse_u64(name, 10, &t->thread);
	return 0;
}

static int find_direct_file(const struct root *sys, const char *name, void *data)
{
	struct transfer *t = data;
	char text[256];
	const char *at;
	uint64_t fd, flags;

	ROOT_PATH(path, "proc/%d/fdinfo/%s", t->pid, name);
	if (t->fd >= 0 || parse_u64(name, 10, &fd) < 0 ||
	    root_read_text(sys, path, text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "flags:\t");
	if (at && parse_u64_n(at + 7, strspn(at + 7, "01234567"), 8, &flags) == 0 &&
	    (flags & O_DIRECT))
		t->fd = (int)fd;
	return 0;
}

bool inflight_waits(const struct root *sys, int pid)
{
	struct transfer t = { .pid = pid, .fd = -1 };

	ROOT_PATH(threads, "proc/%d/task", pid);
	root_each(sys, threads, find_waiting_thread, &t);
	return t.thread;
}

bool inflight_find(const struct root *sys, int pid, struct mhp_owner *owner)
{
	struct transfer t = { .pid = pid, .fd = -1 };

	ROOT_PATH(threads, "proc/%d/task", pid);
	ROOT_PATH(files, "proc/%d/fdinfo", pid);
	root_each(sys, threads, find_waiting_thread, &t);
	root_each(sys, files, find_direct_file, &t);
	if (t.thread)
		str_format(owner->detail, "thread %llu waits in the kernel%s",
			   (unsigned long long)t.thread, t.fd < 0 ? "" : ", O_DIRECT");
	if (t.fd < 0)
		return false;
	if (!t.thread)
		str_copy(owner->detail, "open with O_DIRECT");
	owner->holder = MHP_HOLDER_KERNEL;
	owner->holder_pid = pid;
	owner->fd = t.fd;
	owner->confidence = t.thread ? MHP_CONFIDENCE_LIKELY : MHP_CONFIDENCE_POSSIBLE;
	str_copy(owner->source, t.thread ? "pagemap, fdinfo, stat" : "pagemap, fdinfo");
	return true;
}
