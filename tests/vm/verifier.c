// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verifier - fills memory with a pattern of address and round, and reads all of it again and again
 *
 *	verifier hold --node N --bytes SIZE --status FILE [--huge]
 *	verifier churn --node N --bytes SIZE --status FILE
 *	verifier write --node N --bytes SIZE --round N PATH
 *	verifier read --round N PATH
 *
 * hold prefers pages of the node. SIGUSR1 makes it move its pages there and write the pattern of
 * the next round. churn forks children that share huge pages with it, and write half of them. Both
 * keep a line "passes=… rounds=… wrong=… here=…" in the status file: complete reads, rounds
 * written, wrong bytes, and pages that were on the node in the last look. They end with SIGTERM,
 * and with status 1 after a wrong byte. write and read do the same with a file, whose page cache
 * prefers the node. All of them run with a lower priority.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096UL
#define HUGE  (2UL << 20)
#define WORDS (PAGE / sizeof(uint64_t))
#define LOOKS 512UL /* pages whose node is asked for in a look */

struct verifier {
	unsigned long node;
	size_t size;
	const char *status;
	bool huge;
	uint64_t round;
	uint64_t passes, wrong, here;
};

static volatile sig_atomic_t next_round, ended;

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		next_round = 1;
	else
		ended = 1;
}

/* Mixes the bits, so that pages differ in all of their bytes (splitmix64). */
static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static void page_fill(uint64_t *words, uint64_t index, uint64_t round)
{
	uint64_t seed = mix(index ^ round << 40);

	for (size_t i = 0; i < WORDS; i++)
		words[i] = seed + i * 0x9e3779b97f4a7c15;
}

static unsigned wrong_bytes(uint64_t difference)
{
	unsigned count = 0;

	for (; difference; difference >>= 8)
		count += (difference & 0xff) != 0;
	return count;
}

/* Returns the number of wrong bytes, and prints the first of them. */
static uint64_t page_check(const uint64_t *words, uint64_t index, uint64_t round)
{
	uint64_t seed = mix(index ^ round << 40), wrong = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t want = seed + i * 0x9e3779b97f4a7c15;

		if (words[i] == want)
			continue;
		if (!wrong)
			fprintf(stderr,
				"page %" PRIu64 " word %zu round %" PRIu64 ": 0x%" PRIx64
				", not 0x%" PRIx64 "\n",
				index, i, round, words[i], want);
		wrong += wrong_bytes(words[i] ^ want);
	}
	return wrong;
}

static void fill(char *mem, size_t from, size_t to, uint64_t round)
{
	for (size_t at = from; at < to; at += PAGE)
		page_fill((uint64_t *)(mem + at), at / PAGE, round);
}

static uint64_t check(const char *mem, size_t from, size_t to, uint64_t round)
{
	uint64_t wrong = 0;

	for (size_t at = from; at < to; at += PAGE)
		wrong += page_check((const uint64_t *)(mem + at), at / PAGE, round);
	return wrong;
}

/* Replaces the file, so that a reader sees the whole line, old or new. */
static void tell(const struct verifier *v)
{
	char path[256];
	FILE *file;

	if (snprintf(path, sizeof(path), "%s.new", v->status) >= (int)sizeof(path))
		errx(2, "%s: too long", v->status);
	file = fopen(path, "we");
	if (!file)
		err(2, "%s", path);
	fprintf(file, "passes=%" PRIu64 " rounds=%" PRIu64 " wrong=%" PRIu64 " here=%" PRIu64 "\n",
		v->passes, v->round, v->wrong, v->here);
	if (fclose(file) != 0 || rename(path, v->status) < 0)
		err(2, "%s", v->status);
}

static char *map(const struct verifier *v)
{
	char *mem = mmap(NULL, v->size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (mem == MAP_FAILED)
		err(2, "mmap");
	mem += -(uintptr_t)mem % HUGE;
	if (madvise(mem, v->size, v->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) < 0)
		warn("madvise");
	return mem;
}

/* Asks for pages of the node, and moves those that are elsewhere as far as there is space. */
static void go_to_node(const struct verifier *v, char *mem)
{
	unsigned long mask = 1UL << v->node;

	if (syscall(SYS_mbind, mem, v->size, MPOL_PREFERRED, &mask, 8 * sizeof(mask) + 1,
		    MPOL_MF_MOVE) < 0)
		warn("mbind to node %lu", v->node);
}

/* Counts how many of a sample of its pages are on the node, in parts of the whole. */
static uint64_t pages_here(const struct verifier *v, char *mem)
{
	size_t step = v->size / PAGE > LOOKS ? v->size / PAGE / LOOKS : 1, here = 0, nr = 0;

	for (size_t at = 0; at < v->size; at += step * PAGE, nr++) {
		void *page = mem + at;
		int status = -1;

		if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0) == 0 &&
		    status == (int)v->node)
			here++;
	}
	return nr ? v->size / PAGE * here / nr : 0;
}

static int hold(struct verifier *v)
{
	char *mem = map(v);

	next_round = 1;
	while (!ended) {
		if (next_round) {
			next_round = 0;
			go_to_node(v, mem);
			v->round++;
			fill(mem, 0, v->size, v->round);
			v->here = pages_here(v, mem);
			tell(v);
		}
		v->wrong += check(mem, 0, v->size, v->round);
		v->passes++;
		tell(v);
	}
	return v->wrong != 0;
}

/* Writes one half, which becomes the child's own, and checks the other, which is shared. */
static _Noreturn void child(const struct verifier *v, char *mem)
{
	uint64_t wrong = check(mem, v->size / 2, v->size, v->round);

	fill(mem, 0, v->size / 2, ~v->round);
	wrong += check(mem, 0, v->size / 2, ~v->round);
	_exit(wrong != 0);
}

/* Splits huge pages by giving single pages back. */
static void punch(const struct verifier *v, char *mem)
{
	for (size_t at = 0; at < v->size; at += HUGE) {
		madvise(mem + at, PAGE, MADV_DONTNEED);
		page_fill((uint64_t *)(mem + at), at / PAGE, v->round);
	}
}

static void churn_once(struct verifier *v)
{
	char *mem = map(v);
	int status = 0;
	pid_t pid;

	go_to_node(v, mem);
	v->round++;
	fill(mem, 0, v->size, v->round);
	pid = fork();
	if (pid == 0)
		child(v, mem);
	punch(v, mem);
	v->wrong += check(mem, 0, v->size, v->round);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status != 0)
		v->wrong++;
	v->here = pages_here(v, mem);
	munmap(mem, v->size);
	v->passes++;
	tell(v);
}

static int churn(struct verifier *v)
{
	v->huge = true;
	while (!ended)
		churn_once(v);
	return v->wrong != 0;
}

static int write_file(const struct verifier *v, const char *path)
{
	unsigned long mask = 1UL << v->node;
	uint64_t words[WORDS];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		err(2, "%s", path);
	if (syscall(SYS_set_mempolicy, MPOL_PREFERRED, &mask, 8 * sizeof(mask) + 1) < 0)
		warn("set_mempolicy");
	for (size_t at = 0; at < v->size; at += PAGE) {
		page_fill(words, at / PAGE, v->round);
		if (write(fd, words, PAGE) != (ssize_t)PAGE)
			err(2, "%s", path);
	}
	return close(fd) < 0 ? 2 : 0;
}

static int read_file(const struct verifier *v, const char *path)
{
	uint64_t words[WORDS], wrong = 0, nr = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		err(2, "%s", path);
	while ((len = read(fd, words, PAGE)) == (ssize_t)PAGE)
		wrong += page_check(words, nr++, v->round);
	close(fd);
	if (len != 0 || !nr)
		errx(2, "%s: cannot be read as a whole", path);
	printf("pages=%" PRIu64 " wrong=%" PRIu64 "\n", nr, wrong);
	return wrong != 0;
}

static size_t parse_size(const char *text)
{
	char *end;
	uint64_t size = strtoull(text, &end, 10);

	if (*end == 'M' && !end[1])
		size <<= 20;
	else if (*end)
		errx(2, "bad size '%s'", text);
	if (size < HUGE)
		errx(2, "at least 2M");
	return size & ~(HUGE - 1);
}

static void parse(struct verifier *v, int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "status", required_argument, NULL, 's' },
		{ "round", required_argument, NULL, 'r' },
		{ "huge", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'n')
			v->node = strtoul(optarg, NULL, 10);
		else if (opt == 'b')
			v->size = parse_size(optarg);
		else if (opt == 's')
			v->status = optarg;
		else if (opt == 'r')
			v->round = strtoull(optarg, NULL, 10);
		else if (opt == 'h')
			v->huge = true;
		else
			exit(2);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct verifier v = { 0 };
	const char *verb = argc > 1 ? argv[1] : "";

	parse(&v, argc - 1, argv + 1);
	optind++;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (nice(10) < 0)
		warn("nice");
	if (strcmp(verb, "hold") == 0 && v.size && v.status)
		return hold(&v);
	if (strcmp(verb, "churn") == 0 && v.size && v.status)
		return churn(&v);
	if (strcmp(verb, "write") == 0 && v.size && optind < argc)
		return write_file(&v, argv[optind]);
	if (strcmp(verb, "read") == 0 && optind < argc)
		return read_file(&v, argv[optind]);
	errx(2, "see the head of verifier.c");
}
