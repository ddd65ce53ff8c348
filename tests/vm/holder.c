// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder - holds memory of one node in a given way until SIGTERM
 *
 * Prints "ready pid=… addr=… pfn=… was=… node=… other=…" once it holds the memory; pfn is of the
 * first page, was is its previous pfn (some kinds move the pages first), 0 where the kernel does
 * not show it. other is a second process involved. A new kind is one function and one line of the
 * table `kinds`.
 */
#define _GNU_SOURCE
#include "holder.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct kind {
	const char *name;
	const char *help;
	hold_fn *hold;
};

static const struct kind kinds[] = {
	{ "plain", "touched pages, nothing more", hold_plain },
	{ "mlock", "touched and locked pages", hold_mlock },
	{ "thp", "a transparent huge page", hold_thp },
	{ "hugetlb", "pages of the node's hugetlb pool, which gets four", hold_hugetlb },
	{ "hugetlb-reserved", "so too, with the rest of the pool promised", hold_hugetlb_reserved },
	{ "gigantic", "the page of 1 GiB that the node has in its pool", hold_gigantic },
	{ "shm", "a System V segment", hold_shm },
	{ "file", "page cache of a new file --path", hold_file },
	{ "secret", "memfd_secret", hold_secret },
	{ "vmsplice", "pages that a pipe refers to", hold_vmsplice },
	{ "vmsplice-late", "so too, once a reader opens the FIFO --path", hold_vmsplice_late },
	{ "io_uring", "a registered buffer", hold_uring },
	{ "io_uring-thp", "a registered buffer of huge pages", hold_uring_thp },
	{ "io_uring-shared", "a registered buffer of shared memory", hold_uring_shared },
	{ "direct", "an O_DIRECT read without an answer (device mapper)", hold_direct },
	{ "rdma", "a memory region of --path /dev/infiniband/uverbsN", hold_rdma },
	{ "vfio", "a DMA mapping of the group --path /dev/vfio/N", hold_vfio },
	{ "xdp", "the memory of an AF_XDP socket", hold_xdp },
	{ "devdax-open", "an open and mapped --path /dev/daxX.Y", hold_devdax },
};

static const struct way {
	const char *name;
	const char *help;
	way_fn *run;
} ways[] = {
	{ "itself", "the process holds", by_itself },
	{ "thread", "a second thread holds", by_thread },
	{ "fork", "a child shares all", by_fork },
	{ "passing", "the descriptor is another process's only", by_passing },
	{ "heir", "so too, and the memory's owner is gone", by_heir },
	{ "pidns", "a process in a pid namespace holds", by_pidns },
	{ "cgroup", "the process holds in a cgroup of its own", by_cgroup },
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("holder: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	die("no kind '%s'", name);
}

static const struct way *find_way(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	die("no way '%s'", name);
}

static void usage(FILE *out)
{
	fputs("usage: holder [--node N] [--block N] [--bytes SIZE[K|M|G]] [--kind KIND]\n"
	      "              [--path PATH] [--by WAY] [--odd-name]\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(out, "  --kind %-16s %s\n", kinds[i].name, kinds[i].help);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		fprintf(out, "  --by %-18s %s\n", ways[i].name, ways[i].help);
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

static long parse_number(const char *text, long max)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > max)
		die("bad number '%s'", text);
	return number;
}

/* Sets a name with escape codes, bytes that are not UTF-8, a newline and quotes. */
static void take_odd_name(void)
{
	prctl(PR_SET_NAME, "\x1b[31m\xff\xc3(\n\"\\\x7f\x9bX");
}

/* Pins this process to its CPU, so that later allocations use the same per-CPU free lists. */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "kind", required_argument, NULL, 'k' },
		{ "path", required_argument, NULL, 'p' },
		{ "block", required_argument, NULL, 'B' },
		{ "by", required_argument, NULL, 'w' },
		{ "odd-name", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct request req = { .node = -1, .block = -1, .size = 256 << 10, .fd = -1 };
	const struct kind *kind = &kinds[0];
	const struct way *way = &ways[0];
	struct report report = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'n')
			req.node = parse_number(optarg, 62);
		else if (opt == 'B')
			req.block = parse_number(optarg, INT32_MAX);
		else if (opt == 'b')
			req.size = parse_size(optarg);
		else if (opt == 'k')
			kind = find_kind(optarg);
		else if (opt == 'w')
			way = find_way(optarg);
		else if (opt == 'p')
			req.path = optarg;
		else if (opt == 'o')
			take_odd_name();
		else {
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}
	stay_on_this_cpu();
	way->run(kind->hold, &req, &report);
	printf("ready pid=%d addr=%p pfn=0x%" PRIx64 " was=0x%" PRIx64 " node=%d other=%d\n",
	       report.pid, report.mem, report.pfn, report.was, report.node, report.other);
	fflush(stdout);
	while (report.pid)
		pause();
	return EXIT_SUCCESS;
}
