/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/uevent.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <errno.h>
#include <libudev.h>

/* Holds about ten thousand events. Without CAP_NET_ADMIN rmem_max limits it. */
#define BUFFER_SIZE (16 << 20)

struct uevents {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void close_source(struct uevents *source)
{
	udev_monitor_unref(source->monitor);
	udev_unref(source->udev);
	free(source);
}

DEFINE_CLEANUP(struct uevents *, cleanup_source_func, close_source)

static int enable_monitor(struct udev_monitor *monitor)
{
	static const char *const subsystems[] = { "memory", "node", "dax", "nd", "cxl" };
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		rc = udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystems[i], NULL);
		if (rc < 0)
			return rc;
	}
	/* A smaller buffer is not a failure, because lost events are reported. */
	(void)udev_monitor_set_receive_buffer_size(monitor, BUFFER_SIZE);
	return udev_monitor_enable_receiving(monitor);
}

static int open_source(const struct mhp_ctx *ctx, struct uevents **ret)
{
	__attribute__((cleanup(cleanup_source_func))) struct uevents *source = NULL;
	int rc;

	(void)ctx;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	source->udev = udev_new();
	if (!source->udev)
		return -ENOMEM;
	/* Events from udevd stop with udevd, and are late when it is busy. */
	source->monitor = udev_monitor_new_from_netlink(source->udev, "kernel");
	if (!source->monitor)
		return errno ? -errno : -ENOMEM;
	rc = enable_monitor(source->monitor);
	if (rc < 0)
		return rc;
	*ret = TAKE_PTR(source);
	return 0;
}

static int source_fd(const struct uevents *source)
{
	return udev_monitor_get_fd(source->monitor);
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
	struct udev_device *device;
	const char *action;

	errno = 0;
	device = udev_monitor_receive_device(source->monitor);
	if (!device)
		return receive_error(errno);
	action = udev_device_get_action(device);
	str_copy(event->action, action ? action : "");
	str_copy(event->subsystem, udev_device_get_subsystem(device));
	str_copy(event->name, udev_device_get_sysname(device));
	udev_device_unref(device);
	return 1;
}

const struct uevent_ops uevent_kernel_ops = {
	.open = open_source,
	.close = close_source,
	.fd = source_fd,
	.next = next_event,
};
