// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads and writes the content of namespaces: a block device, a file, or a dax device, which can
 *only be mapped. Only pages that are not zero are copied, erased and summed up.
 *
 *	daxio sum DEVICE		SUM PAGES FIRST: of the pages that are not zero
 *	daxio copy FILE DEVICE		write the pages of FILE that are not zero
 *	daxio zero DEVICE		make all of it zero
 *	daxio put DEVICE OFFSET		write standard input there
 *	daxio get DEVICE OFFSET SIZE	print the bytes there
 *	daxio size DEVICE		print its size in bytes
 *	daxio hold open|map|socket DEVICE	hold it until killed: by its descriptor, only a
 *mapping, or a descriptor in transit through a socket
 */
#define _GNU_SOURCE
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <linux/fs.h>
#include <unistd.h>

#define PAGE  4096UL
#define CHUNK (1UL << 20)

struct device {
	const char *name;
	int fd;
	uint64_t size;
	char *map; /* of a dax device; else NULL */
};

static uint64_t dax_size(const struct stat *st)
{
	char path[64];
	uint64_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/size", major(st->st_rdev),
		 minor(st->st_rdev));
	file = fopen(path, "re");
	if (!file || fscanf(file, "%" SCNu64, &size) != 1)
		errx(1, "%s: no dax device", path);
	fclose(file);
	return size;
}

static int open_fresh(const char *name, int flags, bool is_block)
{
	int fd = is_block ? open(name, flags | O_CLOEXEC | O_DIRECT) : -1;

	return fd < 0 ? open(name, flags | O_CLOEXEC) : fd;
}

static struct device device_open(const char *name, int flags)
{
	struct device dev = { .name = name };
	struct stat st;

	if (stat(name, &st) < 0)
		err(1, "%s", name);
	dev.fd = open_fresh(name, flags, S_ISBLK(st.st_mode));
	if (dev.fd < 0)
		err(1, "%s", name);
	dev.size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(dev.fd, BLKGETSIZE64, &dev.size) < 0)
		err(1, "%s: BLKGETSIZE64", name);
	if (!S_ISCHR(st.st_mode))
		return dev;
	dev.size = dax_size(&st);
	dev.map = mmap(NULL, dev.size, flags == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE,
		       MAP_SHARED, dev.fd, 0);
	if (dev.map == MAP_FAILED)
		err(1, "%s: mmap", name);
	return dev;
}

/* Reads at offset; size may be cut at the end of the device. Returns a pointer to the bytes. */
static const char *device_read(const struct device *dev, uint64_t offset, size_t *size)
{
	static char buffer[CHUNK] __attribute__((aligned(PAGE)));

	if (*size > dev->size - offset)
		*size = dev->size - offset;
	if (dev->map)
		return dev->map + offset;
	for (size_t done = 0; done < *size;) {
		ssize_t n = pread(dev->fd, buffer + done, *size - done, (off_t)(offset + done));

		if (n <= 0)
			err(1, "%s: read at %" PRIu64, dev->name, offset + done);
		done += (size_t)n;
	}
	return buffer;
}

static void device_write(const struct device *dev, uint64_t offset, const char *bytes, size_t size)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));

	if (dev->map) {
		memcpy(dev->map + offset, bytes, size);
		return;
	}
	memcpy(page, bytes, size);
	if (pwrite(dev->fd, page, size, (off_t)offset) != (ssize_t)size)
		err(1, "%s: write at %" PRIu64, dev->name, offset);
}

static void device_close(const struct device *dev)
{
	if (dev->map)
		munmap(dev->map, dev->size);
	else if (fsync(dev->fd) < 0 && errno != EINVAL)
		err(1, "%s: fsync", dev->name);
	close(dev->fd);
}

static bool is_zero(const char *bytes, size_t size)
{
	const uint64_t *words = (const uint64_t *)bytes;
	uint64_t any = 0;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		any |= words[i];
	return !any;
}

static uint64_t mix(uint64_t sum, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = 0;

		memcpy(&word, bytes + i, size - i < sizeof(word) ? size - i : sizeof(word));
		sum = (sum ^ word) * 0x100000001b3;
		sum ^= sum >> 29;
	}
	return sum;
}

/* Returns true for a hole of an image, which is a sparse file. */
static bool is_hole(const struct device *dev, uint64_t offset)
{
	struct stat st;
	off_t data;

	if (fstat(dev->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	data = lseek(dev->fd, (off_t)offset, SEEK_DATA);
	return data < 0 ? errno == ENXIO : (uint64_t)data >= offset + CHUNK;
}

typedef void (*page_fn)(uint64_t offset, const char *bytes, size_t size, void *data);

/* Calls fn for every page that is not zero. */
static void each_page(const struct device *dev, page_fn fn, void *data)
{
	for (uint64_t offset = 0; offset < dev->size; offset += CHUNK) {
		size_t size = CHUNK;
		const char *bytes;

		if (is_hole(dev, offset))
			continue;
		bytes = device_read(dev, offset, &size);
		if (is_zero(bytes, size))
			continue;
		for (size_t at = 0; at < size; at += PAGE) {
			size_t len = size - at < PAGE ? size - at : PAGE;

			if (!is_zero(bytes + at, len))
				fn(offset + at, bytes + at, len, data);
		}
	}
}

struct summary {
	uint64_t sum, pages, first;
};

static void sum_page(uint64_t offset, const char *bytes, size_t size, void *data)
{
	struct summary *all = data;

	if (!all->pages++)
		all->first = offset;
	all->sum = mix(mix(all->sum, (const char *)&offset, sizeof(offset)), bytes, size);
}

static void copy_page(uint64_t offset, const char *bytes, size_t size, void *data)
{
	char page[PAGE];

	memcpy(page, bytes, size);
	device_write(data, offset, page, size);
}

static void zero_page(uint64_t offset, const char *bytes, size_t size, void *data)
{
	static const char zeros[PAGE];

	(void)bytes;
	device_write(data, offset, zeros, size);
}

static void sum(const char *name)
{
	struct device dev = device_open(name, O_RDONLY);
	struct summary all = { .sum = 0xcbf29ce484222325 };

	each_page(&dev, sum_page, &all);
	device_close(&dev);
	printf("%016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", all.sum, all.pages, all.first);
}

static void copy(const char *from, const char *to)
{
	struct device in = device_open(from, O_RDONLY), out = device_open(to, O_RDWR);

	if (in.size > out.size)
		errx(1, "%s is larger than %s", from, to);
	each_page(&in, copy_page, &out);
	device_close(&out);
}

static void zero(const char *name)
{
	struct device dev = device_open(name, O_RDWR);

	each_page(&dev, zero_page, &dev);
	device_close(&dev);
}

/* Writes whole pages, as O_DIRECT requires. */
static void put(const char *name, uint64_t offset)
{
	struct device dev = device_open(name, O_RDWR);
	uint64_t start = offset & ~(PAGE - 1);
	char page[PAGE];
	size_t size = PAGE;

	memcpy(page, device_read(&dev, start, &size), PAGE);
	if (fread(page + (offset - start), 1, PAGE - (offset - start), stdin) == 0)
		errx(1, "nothing to write");
	device_write(&dev, start, page, PAGE);
	device_close(&dev);
}

static void get(const char *name, uint64_t offset, size_t want)
{
	struct device dev = device_open(name, O_RDONLY);
	uint64_t start = offset & ~(PAGE - 1);
	size_t size = PAGE;
	const char *bytes = device_read(&dev, start, &size) + (offset - start);

	fwrite(bytes, 1, want < PAGE - (offset - start) ? want : PAGE - (offset - start), stdout);
}

static void send_away(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
	int pair[2];

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || sendmsg(pair[0], &msg, 0) != 1)
		err(1, "socket");
}

static void hold(const char *how, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", name);
	if (!strcmp(how, "map") &&
	    mmap(NULL, 2UL << 20, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		err(1, "%s: mmap", name);
	if (!strcmp(how, "socket"))
		send_away(fd);
	if (strcmp(how, "open"))
		close(fd);
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "sum"))
		sum(argv[2]);
	else if (!strcmp(what, "zero"))
		zero(argv[2]);
	else if (!strcmp(what, "copy") && argc == 4)
		copy(argv[2], argv[3]);
	else if (!strcmp(what, "put") && argc == 4)
		put(argv[2], strtoull(argv[3], NULL, 0));
	else if (!strcmp(what, "get") && argc == 5)
		get(argv[2], strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	else if (!strcmp(what, "hold") && argc == 4)
		hold(argv[2], argv[3]);
	else if (!strcmp(what, "size"))
		printf("%" PRIu64 "\n", device_open(argv[2], O_RDONLY).size);
	else
		errx(2, "usage: see the head of daxio.c");
	return 0;
}
