/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/holders.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/rdma.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

struct search {
	int pid;
	bool pinned;
	struct mhp_owner *owner;
	bool found;
};

static void set_holder(struct search *s, enum mhp_holder_kind kind, const char *fd,
		       enum mhp_confidence confidence, const char *source)
{
	uint64_t number = 0;

	parse_u64(fd, 10, &number);
	s->owner->holder = kind;
	s->owner->holder_pid = s->pid;
	s->owner->fd = (int)number;
	s->owner->confidence = confidence;
	str_format(s->owner->source, "pagemap, %s", source);
	s->found = true;
}

/* ---- io_uring ---------------------------------------------------------------------------- */

bool holders_parse_buffer(const char *line, struct mhp_range *addresses)
{
	const char *at = line + strspn(line, " \t");
	size_t digits = strspn(at, "0123456789");
	uint64_t start, len;
	const char *slash;

	if (at == line || !digits || strncmp(at + digits, ": 0x", 4) != 0)
		return false;
	at += digits + 4;
	slash = strchr(at, '/');
	if (!slash || parse_u64_n(at, (size_t)(slash - at), 16, &start) < 0 ||
	    parse_u64_n(slash + 1, strspn(slash + 1, "0123456789"), 10, &len) < 0 ||
	    start > UINT64_MAX - len)
		return false;
	*addresses = (struct mhp_range){ start, start + len };
	return true;
}

/* Calls fn for the ring's registered buffers, which its fdinfo lists after "UserBufs:". */
static int each_buffer_of(const struct root *sys, int pid, const char *fd, buffer_fn fn, void *data)
{
	cleanup_fclose FILE *file = NULL;
	struct mhp_range range;
	bool listed = false;
	uint64_t number = 0;
	char line[256];
	int rc = 0;

	ROOT_PATH(path, "proc/%d/fdinfo/%s", pid, fd);
	parse_u64(fd, 10, &number);
	file = root_fopen(sys, path);
	while (file && rc == 0 && root_gets(sys, line, sizeof(line), file)) {
		if (strncmp(line, "UserBufs:", 9) == 0)
			listed = true;
		else if (line[0] != ' ' && line[0] != '\t')
			listed = false;
		else if (listed && holders_parse_buffer(line, &range))
			rc = fn((int)number, range, data);
	}
	return rc;
}

struct ring {
	uint64_t address;
	unsigned buffers;
	uint64_t bytes;
	bool covers;
};

static int count_buffer(int fd, struct mhp_range range, void *data)
{
	struct ring *ring = data;

	(void)fd;
	ring->buffers++;
	ring->bytes += range.end - range.start;
	ring->covers |= ring->address >= range.start && ring->address < range.end;
	return 0;
}

static void check_ring(const struct root *sys, const char *fd, struct search *s)
{
	struct ring ring = { .address = s->owner->address };
	char size[24];

	each_buffer_of(sys, s->pid, fd, count_buffer, &ring);
	if (!ring.covers)
		return;
	set_holder(s, MHP_HOLDER_IO_URING, fd, MHP_CONFIDENCE_CERTAIN, "fdinfo");
	str_format(s->owner->detail, "%u registered buffer%s, %s", ring.buffers,
		   ring.buffers == 1 ? "" : "s", format_size(ring.bytes, size, sizeof(size)));
}

/* ---- pipes ------------------------------------------------------------------------------- */

static void check_pipe(const char *fd, struct search *s)
{
	char size[24];
	int bytes;

	if (s->pinned || s->found) /* vmsplice takes plain references, not pins */
		return;
	bytes = inflight_pipe_bytes(s->pid, fd);
	if (bytes <= 0)
		return;
	set_holder(s, MHP_HOLDER_VMSPLICE, fd, MHP_CONFIDENCE_LIKELY, "fd");
	str_format(s->owner->detail, "%s wait in a pipe",
		   format_size((uint64_t)bytes, size, sizeof(size)));
}

/* ---- devices ----------------------------------------------------------------------------- */

static enum mhp_holder_kind device_kind(const char *target)
{
	static const struct {
		const char *prefix;
		enum mhp_holder_kind kind;
	} known[] = {
		{ "/dev/infiniband/uverbs", MHP_HOLDER_RDMA },
		{ "/dev/iommu", MHP_HOLDER_IOMMUFD },
		{ "/dev/vfio/devices/", MHP_HOLDER_IOMMUFD },
		{ "/dev/vfio/", MHP_HOLDER_VFIO },
		{ "anon_inode:[vfio-device]", MHP_HOLDER_VFIO },
		{ "/dev/vhost-vdpa", MHP_HOLDER_VHOST_VDPA },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strncmp(target, known[i].prefix, strlen(known[i].prefix)) == 0)
			return known[i].kind;
	return MHP_HOLDER_UNKNOWN;
}

/*
 * Returns whether a socket is of AF_XDP: sockfs has its protocol as an extended attribute
 * (net/socket.c, sockfs_xattr_get).
 */
static bool is_xdp_socket(const struct root *sys, int pid, const char *fd)
{
	char protocol[32];

	ROOT_PATH(path, "/proc/self/fd/%d/proc/%d/fd/%s", sys->root_fd, pid, fd);
	return getxattr(path, "system.sockprotoname", protocol, sizeof(protocol)) == 4 &&
	       memcmp(protocol, "XDP", 4) == 0;
}

/* Returns the kind of a descriptor, other than a ring, that pins for long; judged by its link. */
static enum mhp_holder_kind pinning_kind(const struct root *sys, int pid, const char *fd,
					 const char *target)
{
	if (strncmp(target, "socket:[", 8) == 0)
		return is_xdp_socket(sys, pid, fd) ? MHP_HOLDER_XDP : MHP_HOLDER_UNKNOWN;
	return device_kind(target);
}

/*
 * Adds the memory regions that the opener has. Without any, the device pins for another process or
 * not at all, so it is only possible.
 */
static void count_regions(struct search *s, const char *target)
{
	struct rdma_regions regions = { .pid = s->pid, .address = s->owner->address };
	char size[24];

	if (rdma_find_regions(&regions) < 0)
		return;
	if (!regions.nr)
		s->owner->confidence = MHP_CONFIDENCE_POSSIBLE;
	str_format(s->owner->detail, "%s, %u memory region%s, %s%s", target, regions.nr,
		   regions.nr == 1 ? "" : "s", format_size(regions.bytes, size, sizeof(size)),
		   regions.covers ? ", one of them here" : "");
	str_copy(s->owner->source, "pagemap, fd, rdma netlink");
}

static void check_device(const struct root *sys, const char *fd, const char *target,
			 struct search *s)
{
	enum mhp_holder_kind kind;

	if (s->found || !s->pinned) /* they take pins, not plain references */
		return;
	kind = pinning_kind(sys, s->pid, fd, target);
	if (kind == MHP_HOLDER_UNKNOWN)
		return;
	set_holder(s, kind, fd, MHP_CONFIDENCE_LIKELY, "fd");
	str_copy(s->owner->detail, target);
	if (kind == MHP_HOLDER_RDMA)
		count_regions(s, target);
}

static int check_fd(const struct root *sys, const char *fd, void *data)
{
	struct search *s = data;
	char target[PATH_MAX];

	ROOT_PATH(path, "proc/%d/fd/%s", s->pid, fd);
	if (root_link(sys, path, target, sizeof(target)) < 0)
		return 0;
	if (s->found && s->owner->confidence == MHP_CONFIDENCE_CERTAIN)
		return 0;
	if (strncmp(target, "anon_inode:[io_uring]", 21) == 0)
		check_ring(sys, fd, s);
	else if (strncmp(target, "pipe:[", 6) == 0)
		check_pipe(fd, s);
	else
		check_device(sys, fd, target, s);
	return 0;
}

struct any {
	int pid;
	bool pinned;
	bool found;
};

static int find_any_holder(const struct root *sys, const char *fd, void *data)
{
	struct any *any = data;
	char target[PATH_MAX];

	ROOT_PATH(path, "proc/%d/fd/%s", any->pid, fd);
	if (any->found || root_link(sys, path, target, sizeof(target)) < 0)
		return 0;
	if (any->pinned)
		any->found = strncmp(target, "anon_inode:[io_uring]", 21) == 0 ||
			     pinning_kind(sys, any->pid, fd, target);
	else if (strncmp(target, "pipe:[", 6) == 0)
		any->found = inflight_pipe_bytes(any->pid, fd) > 0;
	return 0;
}

bool holders_any(const struct root *sys, int pid, bool pinned)
{
	struct any any = { .pid = pid, .pinned = pinned };

	ROOT_PATH(path, "proc/%d/fd", pid);
	root_each(sys, path, find_any_holder, &any);
	return any.found;
}

bool holders_find(const struct root *sys, int pid, bool pinned, struct mhp_owner *owner)
{
	struct search s = { .pid = pid, .pinned = pinned, .owner = owner };

	ROOT_PATH(path, "proc/%d/fd", pid);
	root_each(sys, path, check_fd, &s);
	return s.found;
}

/* ---- searches without a given page ------------------------------------------------------- */

struct rings {
	int pid;
	buffer_fn fn;
	void *data;
};

static bool is_ring(const struct root *sys, int pid, const char *fd)
{
	char target[PATH_MAX];

	ROOT_PATH(path, "proc/%d/fd/%s", pid, fd);
	return root_link(sys, path, target, sizeof(target)) == 0 &&
	       strncmp(target, "anon_inode:[io_uring]", 21) == 0;
}

static int each_buffer_of_ring(const struct root *sys, const char *fd, void *data)
{
	const struct rings *rings = data;

	if (!is_ring(sys, rings->pid, fd))
		return 0;
	return each_buffer_of(sys, rings->pid, fd, rings->fn, rings->data);
}

int holders_each_buffer(const struct root *sys, int pid, buffer_fn fn, void *data)
{
	struct rings rings = { pid, fn, data };

	ROOT_PATH(path, "proc/%d/fd", pid);
	return root_each(sys, path, each_buffer_of_ring, &rings);
}

struct device {
	int pid;
	int fd;
	enum mhp_holder_kind kind;
};

static int find_device(const struct root *sys, const char *fd, void *data)
{
	struct device *device = data;
	char target[PATH_MAX];
	uint64_t number = 0;

	ROOT_PATH(path, "proc/%d/fd/%s", device->pid, fd);
	if (device->kind || root_link(sys, path, target, sizeof(target)) < 0)
		return 0;
	device->kind = pinning_kind(sys, device->pid, fd, target);
	if (device->kind && parse_u64(fd, 10, &number) == 0)
		device->fd = (int)number;
	return 0;
}

enum mhp_holder_kind holders_pinning_device(const struct root *sys, int pid, int *fd)
{
	struct device device = { .pid = pid, .fd = -1 };

	ROOT_PATH(path, "proc/%d/fd", pid);
	root_each(sys, path, find_device, &device);
	*fd = device.fd;
	return device.kind;
}
