/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

struct search {
	int pid;
	bool pinned;
	struct mhp_owner *owner;
	bool found;
};

static void found(struct search *s, enum mhp_holder_kind kind, const char *fd,
		  enum mhp_confidence confidence)
{
	uint64_t number = 0;

	parse_u64(fd, 10, &number);
	s->owner->holder = kind;
	s->owner->holder_pid = s->pid;
	s->owner->fd = (int)number;
	s->owner->confidence = confidence;
	s->found = true;
}

/* ---- io_uring ---------------------------------------------------------------------------- */

bool owners_parse_buffer(const char *line, struct mhp_range *addresses)
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

/* The ring's registered buffers stand in its fdinfo, after "UserBufs:". */
static int each_buffer_of(const struct sysfs *sys, int pid, const char *fd, buffer_fn fn,
			  void *data)
{
	cleanup_fclose FILE *file = NULL;
	struct mhp_range range;
	bool listed = false;
	uint64_t number = 0;
	char line[256];
	int info, rc = 0;

	SYSFS_PATH(path, "proc/%d/fdinfo/%s", pid, fd);
	parse_u64(fd, 10, &number);
	info = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
	file = info < 0 ? NULL : fdopen(info, "re");
	while (file && rc == 0 && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "UserBufs:", 9) == 0)
			listed = true;
		else if (line[0] != ' ' && line[0] != '\t')
			listed = false;
		else if (listed && owners_parse_buffer(line, &range))
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

static void look_at_ring(const struct sysfs *sys, const char *fd, struct search *s)
{
	struct ring ring = { .address = s->owner->address };
	char size[24];

	each_buffer_of(sys, s->pid, fd, count_buffer, &ring);
	if (!ring.covers)
		return;
	found(s, MHP_HOLDER_IO_URING, fd, MHP_CONFIDENCE_CERTAIN);
	mhp_format(s->owner->detail, "%u registered buffer%s, %s", ring.buffers,
		   ring.buffers == 1 ? "" : "s", format_size(ring.bytes, size, sizeof(size)));
}

/* ---- pipes ------------------------------------------------------------------------------- */

/* Bytes that wait in a pipe, through a duplicate of the process's own descriptor. */
static int pipe_bytes(int pid, const char *fd)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	cleanup_close int dup = -1;
	uint64_t number;
	int bytes = 0;

	if (pidfd < 0 || parse_u64(fd, 10, &number) < 0)
		return 0;
	dup = (int)syscall(SYS_pidfd_getfd, pidfd, (int)number, 0);
	if (dup < 0 || ioctl(dup, FIONREAD, &bytes) < 0)
		return 0;
	return bytes;
}

static void look_at_pipe(const char *fd, struct search *s)
{
	char size[24];
	int bytes;

	if (s->pinned || s->found) /* vmsplice takes plain references */
		return;
	bytes = pipe_bytes(s->pid, fd);
	if (bytes <= 0)
		return;
	found(s, MHP_HOLDER_VMSPLICE, fd, MHP_CONFIDENCE_LIKELY);
	mhp_format(s->owner->detail, "%s wait in a pipe",
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

static int look_at_fd(const struct sysfs *sys, const char *fd, void *data)
{
	struct search *s = data;
	enum mhp_holder_kind kind;
	char target[PATH_MAX];

	SYSFS_PATH(path, "proc/%d/fd/%s", s->pid, fd);
	if (sysfs_link(sys, path, target, sizeof(target)) < 0)
		return 0;
	if (s->found && s->owner->confidence == MHP_CONFIDENCE_CERTAIN)
		return 0;
	kind = device_kind(target);
	if (strncmp(target, "anon_inode:[io_uring]", 21) == 0)
		look_at_ring(sys, fd, s);
	else if (strncmp(target, "pipe:[", 6) == 0)
		look_at_pipe(fd, s);
	else if (kind != MHP_HOLDER_UNKNOWN && s->pinned && !s->found) {
		found(s, kind, fd, MHP_CONFIDENCE_LIKELY);
		mhp_copy(s->owner->detail, target);
	}
	return 0;
}

bool holders_find(const struct sysfs *sys, int pid, bool pinned, struct mhp_owner *owner)
{
	struct search s = { .pid = pid, .pinned = pinned, .owner = owner };

	SYSFS_PATH(path, "proc/%d/fd", pid);
	sysfs_each(sys, path, look_at_fd, &s);
	return s.found;
}

/* ---- for those who look without a page in hand ------------------------------------------- */

struct rings {
	int pid;
	buffer_fn fn;
	void *data;
};

static bool is_ring(const struct sysfs *sys, int pid, const char *fd)
{
	char target[PATH_MAX];

	SYSFS_PATH(path, "proc/%d/fd/%s", pid, fd);
	return sysfs_link(sys, path, target, sizeof(target)) == 0 &&
	       strncmp(target, "anon_inode:[io_uring]", 21) == 0;
}

static int each_ring(const struct sysfs *sys, const char *fd, void *data)
{
	const struct rings *rings = data;

	if (!is_ring(sys, rings->pid, fd))
		return 0;
	return each_buffer_of(sys, rings->pid, fd, rings->fn, rings->data);
}

int holders_each_buffer(const struct sysfs *sys, int pid, buffer_fn fn, void *data)
{
	struct rings rings = { pid, fn, data };

	SYSFS_PATH(path, "proc/%d/fd", pid);
	return sysfs_each(sys, path, each_ring, &rings);
}

struct device {
	int pid;
	int fd;
	enum mhp_holder_kind kind;
};

static int find_device(const struct sysfs *sys, const char *fd, void *data)
{
	struct device *device = data;
	char target[PATH_MAX];
	uint64_t number = 0;

	SYSFS_PATH(path, "proc/%d/fd/%s", device->pid, fd);
	if (device->kind || sysfs_link(sys, path, target, sizeof(target)) < 0)
		return 0;
	device->kind = device_kind(target);
	if (device->kind && parse_u64(fd, 10, &number) == 0)
		device->fd = (int)number;
	return 0;
}

enum mhp_holder_kind holders_pinning_device(const struct sysfs *sys, int pid, int *fd)
{
	struct device device = { .pid = pid, .fd = -1 };

	SYSFS_PATH(path, "proc/%d/fd", pid);
	sysfs_each(sys, path, find_device, &device);
	*fd = device.fd;
	return device.kind;
}
