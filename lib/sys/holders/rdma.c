/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/rdma.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define DEVICES_MAX 64
#define ANSWER_MS   200

typedef void (*attr_fn)(unsigned type, const char *data, size_t len, void *arg);

static void each_attr(const char *at, size_t len, attr_fn fn, void *arg)
{
	struct nlattr attr;

	while (len >= sizeof(attr)) {
		size_t step;

		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > len)
			return;
		fn(attr.nla_type & NLA_TYPE_MASK, at + sizeof(attr), attr.nla_len - sizeof(attr),
		   arg);
		step = NLA_ALIGN(attr.nla_len);
		if (step > len)
			return;
		at += step;
		len -= step;
	}
}

/*
 * Calls fn for the attributes of each message. Returns 1 if more messages follow, 0 after the last,
 * or a negative errno.
 */
static int each_message(const char *data, size_t len, attr_fn fn, void *arg)
{
	struct nlmsghdr msg;

	while (len >= sizeof(msg)) {
		int error = 0;

		memcpy(&msg, data, sizeof(msg));
		if (msg.nlmsg_len < sizeof(msg) || msg.nlmsg_len > len)
			return -EPROTO;
		if (msg.nlmsg_type == NLMSG_DONE || msg.nlmsg_type == NLMSG_ERROR) {
			if (msg.nlmsg_len >= sizeof(msg) + sizeof(error))
				memcpy(&error, data + sizeof(msg), sizeof(error));
			return error < 0 ? error : 0;
		}
		each_attr(data + sizeof(msg), msg.nlmsg_len - sizeof(msg), fn, arg);
		if (NLMSG_ALIGN(msg.nlmsg_len) > len)
			return 1;
		len -= NLMSG_ALIGN(msg.nlmsg_len);
		data += NLMSG_ALIGN(msg.nlmsg_len);
	}
	return 1;
}

/* ---- regions ----------------------------------------------------------------------------- */

struct region {
	uint32_t pid;
	uint64_t length;
	uint64_t iova;
	bool has_iova;
};

static void read_property(unsigned type, const char *data, size_t len, void *arg)
{
	struct region *region = arg;

	if (type == RDMA_NLDEV_ATTR_RES_PID && len >= sizeof(region->pid)) {
		memcpy(&region->pid, data, sizeof(region->pid));
	} else if (type == RDMA_NLDEV_ATTR_RES_MRLEN && len >= sizeof(region->length)) {
		memcpy(&region->length, data, sizeof(region->length));
	} else if (type == RDMA_NLDEV_ATTR_RES_IOVA && len >= sizeof(region->iova)) {
		memcpy(&region->iova, data, sizeof(region->iova));
		region->has_iova = true;
	}
}

static void add_region(unsigned type, const char *data, size_t len, void *arg)
{
	struct rdma_regions *regions = arg;
	struct region region = { 0 };

	if (type != RDMA_NLDEV_ATTR_RES_MR_ENTRY)
		return;
	each_attr(data, len, read_property, &region);
	if (region.pid != (uint32_t)regions->pid) /* 0: the kernel's own */
		return;
	regions->nr++;
	regions->bytes += region.length;
	regions->covers |= region.has_iova && regions->address >= region.iova &&
			   regions->address - region.iova < region.length;
}

static void add_regions(unsigned type, const char *data, size_t len, void *arg)
{
	if (type == RDMA_NLDEV_ATTR_RES_MR)
		each_attr(data, len, add_region, arg);
}

int rdma_take_regions(const char *data, size_t len, struct rdma_regions *regions)
{
	return each_message(data, len, add_regions, regions);
}

/* ---- queries to the kernel --------------------------------------------------------------- */

struct devices {
	unsigned nr;
	uint32_t index[DEVICES_MAX];
};

static void add_device(unsigned type, const char *data, size_t len, void *arg)
{
	struct devices *devices = arg;

	if (type == RDMA_NLDEV_ATTR_DEV_INDEX && len >= sizeof(uint32_t) &&
	    devices->nr < DEVICES_MAX)
		memcpy(&devices->index[devices->nr++], data, sizeof(uint32_t));
}

static int send_request(int fd, int command, const uint32_t *device)
{
	struct {
		struct nlmsghdr msg;
		struct nlattr attr;
		uint32_t device;
	} request = {
		.msg = {
			.nlmsg_len = sizeof(struct nlmsghdr),
			.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command),
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.attr = {
			.nla_len = sizeof(struct nlattr) + sizeof(uint32_t),
			.nla_type = RDMA_NLDEV_ATTR_DEV_INDEX,
		},
	};

	if (device) {
		request.device = *device;
		request.msg.nlmsg_len = sizeof(request);
	}
	return send(fd, &request, request.msg.nlmsg_len, 0) < 0 ? -errno : 0;
}

static int read_answer(int fd, attr_fn fn, void *arg)
{
	char data[32768];
	int rc = 1;

	while (rc == 1) {
		ssize_t len = recv(fd, data, sizeof(data), 0);

		if (len <= 0)
			return len < 0 ? -errno : 0;
		rc = each_message(data, (size_t)len, fn, arg);
	}
	return rc;
}

static int open_socket(void)
{
	const struct timeval limit = { .tv_usec = ANSWER_MS * 1000 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

int rdma_find_regions(struct rdma_regions *regions)
{
	cleanup_close int fd = open_socket();
	struct devices devices = { 0 };
	int rc;

	if (fd < 0)
		return fd;
	rc = send_request(fd, RDMA_NLDEV_CMD_GET, NULL);
	if (rc == 0)
		rc = read_answer(fd, add_device, &devices);
	for (unsigned i = 0; i < devices.nr && rc == 0; i++) {
		rc = send_request(fd, RDMA_NLDEV_CMD_RES_MR_GET, &devices.index[i]);
		if (rc == 0)
			rc = read_answer(fd, add_regions, regions);
	}
	return rc;
}
