/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: owners PROCESSES MAPPINGS ROUNDS
 *
 * Measures the search for the owner of stuck pages on a machine full of processes, compared with a
 * walk through every mapping of every process. /proc consists of plain files, so a pagemap is
 * cheaper than the kernel's, which looks up each entry in the page tables: the walk costs at least
 * what is measured here. Prints a sample a line, for tests/bench/run.
 */
#include "lib/sys/holders/owners.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/pagemap.h"
#include "lib/sys/holders/procs.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define MAX_MAPPINGS 200
#define MIN_MAPPINGS 8
#define MIN_PAGES    64 /* of a mapping; doubled up to five times, and sizes in between */
#define MAX_DOUBLED  6

/* The block that does not go offline, and its stuck pages. */
#define BLOCK_PAGES 32768
#define BLOCK	    ((struct mhp_range){ 0x240000, 0x240000 + BLOCK_PAGES })
#define NR_STUCK    1024
#define NR_DUMPED   10

/* Every process has one mapping that is larger than the stuck pages. */
#define STUCK_PAGES  2048
#define STUCK_OFFSET 512
#define RING_FD	     8

/* Other mappings with pages; each needs a block of the filesystem. */
#define RESIDENT_EVERY 4
#define RESIDENT_PAGES 64

/* The limit of mhpctl (lib/exec/diagnose.c) for a search by pages alone. */
#define SEARCH_MS 600
#define FOREVER	  3600000

struct layout {
	struct mhp_range at[MAX_MAPPINGS];
};

struct bench {
	struct tree tree;
	struct mhp_ctx ctx;
	uint64_t page_size;
	uint64_t mapped_pages;
	uint64_t elsewhere; /* pfn of the next page that is not in the block */
	struct layout owner;
	unsigned nr_processes;
	unsigned nr_mappings;
	unsigned owner_nr;
	unsigned stuck_mapping;
};

/* ---- a machine full of processes --------------------------------------------------------- */

static int pid_of(unsigned i)
{
	return 10000 + (int)i * 7;
}

static bool has_ring(const struct bench *b, unsigned i)
{
	return i % 10 == b->owner_nr % 10;
}

/* splitmix64: every run has the same machine */
static uint64_t dice(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t dice_pages(const struct bench *b, uint64_t *state, unsigned mapping)
{
	uint64_t least = (uint64_t)MIN_PAGES << dice(state) % MAX_DOUBLED;

	return mapping == b->stuck_mapping ? STUCK_PAGES : least + dice(state) % (least + 1);
}

/*
 * Lays out the program and its heap, then mmap() areas, then the stack. Every fifth process is a
 * fork of the owner: with the same addresses, so its pagemap has entries at the addresses of the
 * dumps.
 */
static void lay_out(const struct bench *b, unsigned i, struct layout *layout)
{
	uint64_t state = i % 5 == b->owner_nr % 5 ? b->owner_nr : i;
	uint64_t at = 0x550000000000 + dice(&state) % (1 << 28) * b->page_size;

	for (unsigned k = 0; k < b->nr_mappings; k++) {
		if (k == 6)
			at = 0x7f0000000000 + dice(&state) % (1 << 26) * b->page_size;
		else if (k == b->nr_mappings - 1)
			at = 0x7ffc00000000 + dice(&state) % (1 << 20) * b->page_size;
		else if (dice(&state) % 2)
			at += dice(&state) % 64 * b->page_size;
		layout->at[k].start = at;
		at += dice_pages(b, &state, k) * b->page_size;
		layout->at[k].end = at;
	}
}

static uint64_t stuck_address(const struct bench *b)
{
	return b->owner.at[b->stuck_mapping].start + STUCK_OFFSET * b->page_size;
}

/* Spreads the stuck pages over the block. */
static uint64_t stuck_pfn(unsigned n)
{
	return BLOCK.start + 7 + n * 31;
}

static uint64_t next_pfn(struct bench *b, unsigned process, unsigned mapping, unsigned page)
{
	if (process == b->owner_nr && mapping == b->stuck_mapping && page >= STUCK_OFFSET &&
	    page < STUCK_OFFSET + NR_STUCK)
		return stuck_pfn(page - STUCK_OFFSET);
	if (b->elsewhere == BLOCK.start)
		b->elsewhere = BLOCK.end;
	return b->elsewhere++;
}

static int make_pagemap(struct bench *b, unsigned i, const struct layout *layout)
{
	cleanup_close int fd = -1;
	char path[64];

	str_format(path, "proc/%d/pagemap", pid_of(i));
	fd = openat(b->tree.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)((1ULL << 47) / b->page_size * 8)) < 0)
		return -errno;
	for (unsigned k = 0; k < b->nr_mappings; k++) {
		unsigned nr = k == b->stuck_mapping ? STUCK_PAGES : RESIDENT_PAGES;
		uint64_t entries[STUCK_PAGES];
		ssize_t len = (ssize_t)(nr * sizeof(entries[0]));

		if (k % RESIDENT_EVERY && k != b->stuck_mapping)
			continue;
		for (unsigned n = 0; n < nr; n++) /* present and exclusively mapped */
			entries[n] = 1ULL << 63 | 1ULL << 56 | next_pfn(b, i, k, n);
		if (pwrite(fd, entries, (size_t)len,
			   (off_t)(layout->at[k].start / b->page_size * 8)) != len)
			return -EIO;
	}
	return 0;
}

static int make_maps(struct bench *b, unsigned i, const struct layout *layout)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_close int fd = -1;
	char path[64];

	str_format(path, "proc/%d/maps", pid_of(i));
	fd = openat(b->tree.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "we");
	if (!file)
		return -errno;
	(void)TAKE_FD(fd);
	for (unsigned k = 0; k < b->nr_mappings; k++) {
		bool of_file = k % 5 == 1;

		fprintf(file, "%llx-%llx %s-p 00000000 %s%s\n",
			(unsigned long long)layout->at[k].start,
			(unsigned long long)layout->at[k].end, of_file ? "r-x" : "rw-",
			of_file ? "fe:00 1443526" : "00:00 0",
			of_file ? "                    /usr/lib/x86_64-linux-gnu/libc.so.6" : " ");
		b->mapped_pages += (layout->at[k].end - layout->at[k].start) / b->page_size;
	}
	return fflush(file) == 0 ? 0 : -EIO;
}

static int make_ring(struct bench *b, unsigned i)
{
	char path[64], buffer[64] = "";
	bool holds = i == b->owner_nr;
	int rc;

	str_format(path, "proc/%d/fd/%d", pid_of(i), RING_FD);
	rc = tree_link(b->tree.fd, path, "anon_inode:[io_uring]");
	if (rc < 0)
		return rc;
	if (holds)
		str_format(buffer, "%5d: 0x%llx/%llu\n", 0, (unsigned long long)stuck_address(b),
			   (unsigned long long)(NR_STUCK * b->page_size));
	str_format(path, "proc/%d/fdinfo/%d", pid_of(i), RING_FD);
	return tree_put(b->tree.fd, path,
			"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1061\nSqMask:\t0x7\n"
			"SqHead:\t0\nSqTail:\t0\nUserFiles:\t0\nUserBufs:\t%d\n%sPollList:\n",
			holds, buffer);
}

static int make_descriptors(struct bench *b, unsigned i)
{
	static const char *const targets[RING_FD] = {
		"/dev/null", "/dev/null",
		"/dev/null", "socket",
		"pipe",	     "anon_inode:[eventpoll]",
		"socket",    "/var/lib/service/data",
	};
	int rc = 0;

	for (unsigned fd = 0; fd < RING_FD && rc == 0; fd++) {
		char path[64], target[64];

		str_copy(target, targets[fd]);
		if (!strpbrk(target, "/:"))
			str_format(target, "%s:[%u]", targets[fd], 20000 + i * 16 + fd);
		str_format(path, "proc/%d/fd/%u", pid_of(i), fd);
		rc = tree_link(b->tree.fd, path, target);
	}
	return rc == 0 && has_ring(b, i) ? make_ring(b, i) : rc;
}

static int make_process(struct bench *b, unsigned i)
{
	struct layout layout;
	char path[64];
	int rc;

	lay_out(b, i, &layout);
	str_format(path, "proc/%d/comm", pid_of(i));
	rc = tree_put(b->tree.fd, path, "worker-%u\n", i);
	str_format(path, "proc/%d/status", pid_of(i));
	if (rc == 0)
		rc = tree_put(b->tree.fd, path,
			      "Name:\tworker-%u\nUmask:\t0022\nState:\tS (sleeping)\nPid:\t%d\n"
			      "Uid:\t1000\t1000\t1000\t1000\nVmPin:\t%8llu kB\n",
			      i, pid_of(i),
			      i == b->owner_nr ? (unsigned long long)(NR_STUCK * b->page_size) >> 10
					       : 0);
	str_format(path, "proc/%d/cgroup", pid_of(i));
	if (rc == 0)
		rc = tree_put(b->tree.fd, path, "0::/system.slice/worker-%u.service\n", i);
	if (rc == 0)
		rc = make_maps(b, i, &layout);
	if (rc == 0)
		rc = make_pagemap(b, i, &layout);
	return rc == 0 ? make_descriptors(b, i) : rc;
}

static int make_machine(struct bench *b)
{
	int rc = tree_new(&b->tree);

	b->ctx.sys = (struct root){ .root_fd = b->tree.fd, .ops = &root_kernel_ops };
	b->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	b->elsewhere = 0x10000;
	lay_out(b, b->owner_nr, &b->owner);
	for (unsigned i = 0; i < b->nr_processes && rc == 0; i++)
		rc = make_process(b, i);
	return rc == 0 ? tree_put(b->tree.fd, "proc/uptime", "4711.02 9422.04\n") : rc;
}

/* ---- searches ---------------------------------------------------------------------------- */

struct answer {
	struct owners_head head;
	struct mhp_owner owner; /* owner of the most pages */
};

typedef int (*way_fn)(struct bench *b, struct answer *answer);

static int search(struct bench *b, bool by_index, uint64_t budget_ms, struct answer *answer)
{
	uint64_t first = stuck_address(b) / b->page_size;
	struct owners_args args = { .pfns = BLOCK, .budget_ms = budget_ms, .pinned = true };
	cleanup_reply struct reply reply = { 0 };
	int rc;

	for (unsigned i = 0; i < NR_DUMPED; i++) {
		unsigned n = (i + 1) * (NR_STUCK / (NR_DUMPED + 1));

		args.pages[args.nr_pages].pfn = stuck_pfn(n);
		args.pages[args.nr_pages].mapcount = 1;
		args.pages[args.nr_pages++].index = by_index ? first + n : UINT64_MAX;
	}
	rc = owners_find(&b->ctx, &args, &reply, NULL);
	if (rc < 0)
		return rc;
	memcpy(&answer->head, reply.data, sizeof(answer->head));
	if (answer->head.nr_owners)
		memcpy(&answer->owner, reply.data + sizeof(answer->head), sizeof(answer->owner));
	return 0;
}

static int search_by_index(struct bench *b, struct answer *answer)
{
	return search(b, true, FOREVER, answer);
}

static int search_bounded(struct bench *b, struct answer *answer)
{
	return search(b, false, SEARCH_MS, answer);
}

static int search_to_the_end(struct bench *b, struct answer *answer)
{
	return search(b, false, FOREVER, answer);
}

struct walk {
	const struct root *sys;
	struct answer *answer;
	int pagemap;
	uint64_t pages;
};

static bool count_mapping(struct mhp_range addresses, void *data)
{
	struct walk *walk = data;
	uint64_t first;

	walk->pages +=
		pagemap_count(walk->sys, walk->pagemap, addresses, BLOCK, &first, CLOCK_NEVER);
	return false;
}

static int count_process(const struct root *sys, const char *name, void *data)
{
	struct walk walk = { .sys = sys, .answer = data };
	cleanup_close int pagemap = -1;
	uint64_t pid;

	if (parse_u64(name, 10, &pid) < 0 || pid > INT_MAX)
		return 0;
	pagemap = walk.pagemap = pagemap_open(sys, (int)pid);
	if (pagemap < 0)
		return pagemap;
	procs_each_mapping(sys, (int)pid, count_mapping, &walk);
	walk.answer->head.cover.processes++;
	if (!walk.pages)
		return 0;
	walk.answer->head.nr_owners++;
	walk.answer->owner.pid = (int)pid;
	walk.answer->owner.pages = walk.pages;
	return 0;
}

static int walk_everything(struct bench *b, struct answer *answer)
{
	return root_each(&b->ctx.sys, "proc", count_process, answer);
}

/* ---- measuring --------------------------------------------------------------------------- */

enum way {
	BY_INDEX,
	BOUNDED,
	TO_THE_END,
	NAIVE,
	NR_WAYS
};

static const struct {
	const char *name;
	way_fn run;
} ways[NR_WAYS] = {
	[BY_INDEX] = { "mhpctl", search_by_index },
	[BOUNDED] = { "no-index", search_bounded },
	[TO_THE_END] = { "no-index-no-limit", search_to_the_end },
	[NAIVE] = { "walk", walk_everything },
};

static uint64_t cpu_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Returns true for the right owner. A search with a limit may also run out of time. */
static bool is_right(const struct bench *b, enum way way, const struct answer *answer)
{
	const struct mhp_owner *owner = &answer->owner;

	if (!answer->head.nr_owners)
		return way == BOUNDED && answer->head.cover.is_cut_short;
	if (answer->head.nr_owners != 1 || owner->pid != pid_of(b->owner_nr) ||
	    owner->pages != NR_STUCK)
		return false;
	if (way == NAIVE)
		return answer->head.cover.processes == b->nr_processes;
	return owner->holder == MHP_HOLDER_IO_URING && owner->holder_pid == owner->pid &&
	       owner->fd == RING_FD && owner->confidence == MHP_CONFIDENCE_CERTAIN &&
	       owner->vm_pin_bytes == NR_STUCK * b->page_size;
}

static int measure(struct bench *b, enum way way)
{
	struct answer answer = { 0 };
	uint64_t wall = clock_usec(), cpu = cpu_usec();
	int rc = ways[way].run(b, &answer);

	cpu = cpu_usec() - cpu;
	wall = clock_usec() - wall;
	if (rc == 0 && is_right(b, way, &answer)) {
		printf("owners\t%u\t%s\t%llu\tcpu_us\n", b->nr_processes, ways[way].name,
		       (unsigned long long)cpu);
		printf("owners\t%u\t%s\t%llu\twall_us\n", b->nr_processes, ways[way].name,
		       (unsigned long long)wall);
		return 0;
	}
	fprintf(stderr, "%s: wrong: rc %d, %u owners, %u processes%s; pid %d, %s, %s, %llu pages\n",
		ways[way].name, rc, answer.head.nr_owners, answer.head.cover.processes,
		answer.head.cover.is_cut_short ? ", cut short" : "", answer.owner.pid,
		mhp_holder_kind_name(answer.owner.holder),
		mhp_confidence_name(answer.owner.confidence),
		(unsigned long long)answer.owner.pages);
	return 1;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	int rc, bad = 0;

	if (argc != 4)
		return 2;
	b.nr_processes = (unsigned)strtoul(argv[1], NULL, 10);
	b.nr_mappings = (unsigned)strtoul(argv[2], NULL, 10);
	b.owner_nr = b.nr_processes * 7 / 10;
	b.stuck_mapping = b.nr_mappings * 3 / 4;
	if (!b.nr_processes || b.nr_mappings < MIN_MAPPINGS || b.nr_mappings > MAX_MAPPINGS)
		return 2;
	rc = make_machine(&b);
	if (rc < 0)
		fprintf(stderr, "cannot make the processes in '%s': %s\n", b.tree.dir,
			strerror(-rc));
	for (int round = atoi(argv[3]); round > 0 && rc == 0; round--)
		for (unsigned way = 0; way < NR_WAYS; way++)
			bad += measure(&b, way);
	tree_free(&b.tree);
	return rc < 0 || bad;
}
