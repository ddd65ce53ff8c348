/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/uevent.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "lib/base/error.h"

#include <errno.h>
#include <libudev.h>

/* Holds about ten thousand events. Without CAP_NET_ADMIN rmem_max limits it. */
#define BUFFER_SIZE (16 << 20)

/* Loaded when events are read: most commands end before it would be. */
#define LIBUDEV_FUNCTIONS(X)                               \
	X(udev_device_get_action)                          \
	X(udev_device_get_subsystem)                       \
	X(udev_device_get_sysname)                         \
	X(udev_device_unref)                               \
	X(udev_monitor_enable_receiving)                   \
	X(udev_monitor_filter_add_match_subsystem_devtype) \
	X(udev_monitor_get_fd)                             \
	X(udev_monitor_new_from_netlink)                   \
	X(udev_monitor_receive_device)                     \
	X(udev_monitor_set_receive_buffer_size)            \
	X(udev_monitor_unref)                              \
	X(udev_new)                                        \
	X(udev_unref)

struct libudev {
#define X(name) __typeof__(&(name)) name;
	LIBUDEV_FUNCTIONS(X)
#undef X
};

static int libudev_load(struct libudev *lib)
{
#define X(name) { #name, offsetof(struct libudev, name) },
	static const struct dynlib_function functions[] = { LIBUDEV_FUNCTIONS(X) };
#undef X

	return dynlib_load("libudev.so.1", functions, ARRAY_SIZE(functions), lib);
}

struct uevents {
	struct libudev lib;
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void close_source(struct uevents *source)
{
	if (source->monitor)
		source->lib.udev_monitor_unref(source->monitor);
	if (source->udev)
		source->lib.udev_unref(source->udev);
	free(source);
}

DEFINE_CLEANUP(struct uevents *, cleanup_source_func, close_source)

static int enable_monitor(const struct libudev *lib, struct udev_monitor *monitor)
{
	static const char *const subsystems[] = { "memory", "node", "dax", "nd", "cxl" };
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		rc = lib->udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystems[i],
									  NULL);
		if (rc < 0)
			return rc;
	}
	/* A smaller buffer is not a failure, because lost events are reported. */
	(void)lib->udev_monitor_set_receive_buffer_size(monitor, BUFFER_SIZE);
	return lib->udev_monitor_enable_receiving(monitor);
}

static int open_source(const struct mhp_ctx *ctx, struct uevents **ret)
{
	__attribute__((cleanup(cleanup_source_func))) struct uevents *source = NULL;
	int rc;

	(void)ctx;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	rc = libudev_load(&source->lib);
	if (rc < 0)
		return rc;
	source->udev = source->lib.udev_new();
	if (!source->udev)
		return -ENOMEM;
	/* Events from udevd stop with udevd, and are late when it is busy. */
	source->monitor = source->lib.udev_monitor_new_from_netlink(source->udev, "kernel");
	if (!source->monitor)
		return errno ? -errno : -ENOMEM;
	rc = enable_monitor(&source->lib, source->monitor);
	if (rc < 0)
		return rc;
	*ret = TAKE_PTR(source);
	return 0;
}

static int source_fd(const struct uevents *source)
{
	return source->lib.udev_monitor_get_fd(source->monitor);
}

static int receive_error(int error)
{
	switch (error) {
	case 0:
	case EAGAIN:
	case EINTR:
		return 0;
	case ENOBUFS:
		return -ENOBUFS;
	case EBADF: /* errors of the socket, not of a message */
	case ENOTSOCK:
	case ENOTCONN:
	case ECONNRESET:
	case EIO:
		return -EIO;
	default:
		return -EBADMSG;
	}
}

static int next_event(struct uevents *source, struct uevent *event)
{
	const struct libudev *lib = &source->lib;
	struct udev_device *device;
	const char *action;

	errno = 0;
	device = lib->udev_monitor_receive_device(source->monitor);
	if (!device)
		return receive_error(errno);
	action = lib->udev_device_get_action(device);
	str_copy(event->action, action ? action : "");
	str_copy(event->subsystem, lib->udev_device_get_subsystem(device));
	str_copy(event->name, lib->udev_device_get_sysname(device));
	lib->udev_device_unref(device);
	return 1;
}

const struct uevent_ops uevent_kernel_ops = {
	.open = open_source,
	.close = close_source,
	.fd = source_fd,
	.next = next_event,
};
