/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/watch.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

void watch_open(struct watch *watch)
{
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	watch->folder = -1;
}

/*
 * Watches the directory by its /proc/self/fd path, because inotify needs a path and ours are
 * relative to the root of the context.
 */
void watch_folder(struct watch *watch, const struct root *sys, const char *path)
{
	cleanup_close int fd = -1;
	char name[32];

	if (watch->fd < 0 || watch->folder >= 0)
		return;
	fd = root_open(sys, path, O_DIRECTORY);
	if (fd < 0)
		return;
	str_format(name, "/proc/self/fd/%d", fd);
	watch->folder = inotify_add_watch(watch->fd, name, IN_MOVED_TO | IN_ONLYDIR);
}

/* Reads all events. IN_IGNORED: the directory was removed; another may be created. */
void watch_drain(struct watch *watch)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	while ((len = read(watch->fd, buf, sizeof(buf))) > 0) {
		const struct inotify_event *event;

		for (const char *at = buf; at < buf + len; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			if (event->mask & IN_IGNORED)
				watch->folder = -1;
		}
	}
}

void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	*watch = WATCH_NONE;
}

int watch_timer(unsigned msec)
{
	const struct itimerspec when = {
		.it_value = { .tv_sec = msec / 1000, .tv_nsec = (long)(msec % 1000) * 1000000 },
	};
	cleanup_close int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	return fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0 ? TAKE_FD(fd) : -1;
}
