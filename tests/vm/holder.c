// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder - holds memory of one node in a given way, until it is killed
 *
 * Prints "ready pid=… addr=… pfn=… node=…" once it holds; pfn is that of the first page, 0 where the
 * kernel does not tell. A new way to hold is one function and one line of the table `kinds`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct request {
	int node; /* -1: any */
	size_t size;
	const char *path;
};

struct kind {
	const char *name;
	const char *help;
	/* Returns the held memory, or NULL with errno. */
	void *(*hold)(const struct request *req);
};

static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("holder: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

/* Small pages, so that each page is one reference of its own. */
static void *map_on_node(const struct request *req)
{
	unsigned long mask = req->node < 0 ? 0 : 1UL << req->node;
	void *mem = mmap(NULL, req->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	if (madvise(mem, req->size, MADV_NOHUGEPAGE) < 0)
		return NULL;
	if (mask && syscall(SYS_mbind, mem, req->size, MPOL_BIND, &mask, 8 * sizeof(mask), 0) < 0)
		return NULL;
	return mem;
}

static void *hold_plain(const struct request *req)
{
	void *mem = map_on_node(req);

	if (mem)
		memset(mem, 0x5a, req->size);
	return mem;
}

static void *hold_mlock(const struct request *req)
{
	void *mem = hold_plain(req);

	return mem && mlock(mem, req->size) == 0 ? mem : NULL;
}

/* The pipe keeps a reference on each page until somebody reads it. */
static void *hold_vmsplice(const struct request *req)
{
	struct iovec iov = { .iov_base = hold_plain(req), .iov_len = req->size };
	void *mem = iov.iov_base;
	int fd[2];

	if (!mem || pipe(fd) < 0 || fcntl(fd[1], F_SETPIPE_SZ, req->size) < 0)
		return NULL;
	while (iov.iov_len) {
		ssize_t len = vmsplice(fd[1], &iov, 1, SPLICE_F_NONBLOCK);

		if (len <= 0)
			return NULL;
		iov.iov_base = (char *)iov.iov_base + len;
		iov.iov_len -= len;
	}
	return mem;
}

static void *hold_devdax(const struct request *req)
{
	volatile char *mem;
	int fd;

	if (!req->path) {
		errno = EINVAL;
		return NULL;
	}
	fd = open(req->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	mem = mmap(NULL, req->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return NULL;
	*mem = 0x5a;
	return (void *)mem;
}

static const struct kind kinds[] = {
	{ "plain", "touched pages, nothing more", hold_plain },
	{ "mlock", "touched and locked pages", hold_mlock },
	{ "vmsplice", "pages that a pipe refers to", hold_vmsplice },
	{ "devdax-open", "an open and mapped --path /dev/daxX.Y", hold_devdax },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < NR_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	die("no kind '%s'", name);
	return NULL;
}

static void usage(FILE *out)
{
	fputs("usage: holder [--node N] [--bytes SIZE[K|M|G]] [--kind KIND] [--path DEVICE]\n", out);
	for (size_t i = 0; i < NR_KINDS; i++)
		fprintf(out, "  %-12s %s\n", kinds[i].name, kinds[i].help);
}

static size_t parse_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t size;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || end == text || !size || (*end && (!unit || end[1])))
		die("bad size '%s'", text);
	return unit ? size << (10 * (unit - units + 1)) : size;
}

static int parse_node(const char *text)
{
	char *end;
	long node = strtol(text, &end, 10);

	if (end == text || *end || node < 0 || node > 62)
		die("bad node '%s'", text);
	return node;
}

/* Bits 0 to 54 of a pagemap entry are the pfn when bit 63 says that the page is present. */
static uint64_t pfn_of(const void *mem)
{
	uint64_t entry = 0;
	off_t at = (uintptr_t)mem / sysconf(_SC_PAGESIZE) * sizeof(entry);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		die("pagemap: %m");
	close(fd);
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

static int node_of(const void *mem)
{
	int node = -1;

	syscall(SYS_get_mempolicy, &node, NULL, 0, mem, MPOL_F_NODE | MPOL_F_ADDR);
	return node;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },  { "bytes", required_argument, NULL, 'b' },
		{ "kind", required_argument, NULL, 'k' },  { "path", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },	   { NULL, 0, NULL, 0 },
	};
	struct request req = { .node = -1, .size = 256 << 10 };
	const struct kind *kind = &kinds[0];
	void *mem;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'n')
			req.node = parse_node(optarg);
		else if (opt == 'b')
			req.size = parse_size(optarg);
		else if (opt == 'k')
			kind = find_kind(optarg);
		else if (opt == 'p')
			req.path = optarg;
		else {
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}
	mem = kind->hold(&req);
	if (!mem)
		die("%s: %m", kind->name);
	printf("ready pid=%d addr=%p pfn=0x%" PRIx64 " node=%d\n", getpid(), mem, pfn_of(mem),
	       node_of(mem));
	fflush(stdout);
	for (;;)
		pause();
}
