/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: pages ROOT ROUNDS BLOCK_PAGES FIRST_BLOCK BLOCKS
 *
 * Compares the classification of the pages of memory blocks with a bare loop of preads over
 * kpageflags (flags), and over kpageflags and kpagecount (both), in turns. Only reads. Prints a
 * sample a line, for tests/bench/run.
 */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/kpage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct bench {
	struct mhp_ctx ctx;
	struct kpage_args args;
};

static uint64_t cpu_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Returns 0 when each page of each block has a class. */
static int classify(struct bench *b)
{
	cleanup_reply struct reply reply = { 0 };
	struct kpage_counts counts;
	int rc = kpage_count(&b->ctx, &b->args, &reply, NULL);

	if (rc < 0 || reply.len != b->args.nr_blocks * sizeof(counts))
		return -1;
	for (unsigned i = 0; i < b->args.nr_blocks; i++) {
		memcpy(&counts, reply.data + i * sizeof(counts), sizeof(counts));
		if (counts.free + counts.movable + counts.unmovable + counts.huge + counts.unknown +
			    counts.driver + counts.absent + counts.poisoned <
		    b->args.pages_per_block)
			return -1;
	}
	return 0;
}

static int read_all(struct bench *b, const char *path)
{
	cleanup_close int fd = openat(b->ctx.sys.root_fd, path, O_RDONLY | O_CLOEXEC);
	const uint64_t nr = b->args.pages_per_block;
	cleanup_free uint64_t *words = malloc(nr * sizeof(*words));

	if (fd < 0 || !words)
		return -1;
	for (unsigned i = 0; i < b->args.nr_blocks; i++)
		if (pread(fd, words, nr * sizeof(*words),
			  (off_t)(b->args.ids[i] * nr * sizeof(*words))) <= 0)
			return -1;
	return 0;
}

static int read_flags(struct bench *b)
{
	return read_all(b, "proc/kpageflags");
}

static int read_both(struct bench *b)
{
	return read_all(b, "proc/kpageflags") || read_all(b, "proc/kpagecount");
}

static const struct {
	const char *name;
	int (*run)(struct bench *b);
} ways[] = {
	{ "mhpctl", classify },
	{ "flags", read_flags },
	{ "both", read_both },
};

static int measure(struct bench *b, unsigned way)
{
	uint64_t begin = cpu_usec();

	if (ways[way].run(b)) {
		fprintf(stderr, "pages: %s: not read\n", ways[way].name);
		return 1;
	}
	printf("pages\t%u\t%s\t%llu\tcpu_us\n", b->args.nr_blocks, ways[way].name,
	       (unsigned long long)(cpu_usec() - begin));
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };

	if (argc != 6)
		return 2;
	b.ctx.sys = (struct root){ .root_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				   .ops = &root_kernel_ops };
	b.args.pages_per_block = strtoull(argv[3], NULL, 10);
	b.args.nr_blocks = (unsigned)strtoul(argv[5], NULL, 10);
	if (!b.args.pages_per_block || !b.args.nr_blocks || b.args.nr_blocks > KPAGE_BLOCKS)
		return 2;
	for (unsigned i = 0; i < b.args.nr_blocks; i++)
		b.args.ids[i] = strtoull(argv[4], NULL, 10) + i;
	for (int round = atoi(argv[2]); round > 0; round--)
		for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
			if (measure(&b, way))
				return 1;
	return 0;
}
