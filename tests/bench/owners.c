/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures the search for the owner of stuck pages on a machine full of processes, compared with a
 * walk through every mapping of every process. /proc consists of plain files, so a pagemap is
 * cheaper than the kernel's, which looks up each entry in the page tables: the walk costs at least
 * what is measured here.
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

#define NR_PROCESSES 1000
#define NR_MAPPINGS  200
#define MIN_PAGES    64 /* of a mapping; doubled up to five times, and sizes in between */
#define MAX_DOUBLED  6
#define ROUNDS	     5

/* The block that does not go offline, and its stuck pages. */
#define BLOCK_PAGES 32768
#define BLOCK	    ((struct mhp_range){ 0x240000, 0x240000 + BLOCK_PAGES })
#define NR_STUCK    1024
#define NR_DUMPED   10

/* Every process has a mapping of that index; it is larger than the stuck pages. */
#define STUCK_MAPPING 150
#define STUCK_PAGES   2048
#define STUCK_OFFSET  512
#define OWNER	      700
#define RING_FD	      8

/* Other mappings with pages; each needs a block of the filesystem. */
#define RESIDENT_EVERY 4
#define RESIDENT_PAGES 64

/* The limits of mhpctl (lib/exec/diagnose.c): a search that does not answer in time is killed. */
#define SEARCH_MS 600
#define KILLED_MS (SEARCH_MS + 100)

#define GOAL_MS	   1000
#define GOAL_TIMES 20

struct layout {
	struct mhp_range at[NR_MAPPINGS];
};

struct bench {
	struct tree tree;
	struct mhp_ctx ctx;
	uint64_t page_size;
	uint64_t mapped_pages;
	uint64_t elsewhere; /* pfn of the next page that is not in the block */
	struct layout owner;
};

/* ---- a machine full of processes --------------------------------------------------------- */

static int pid_of(unsigned i)
{
	return 10000 + (int)i * 7;
}

static bool has_ring(unsigned i)
{
	return i % 10 == OWNER % 10;
}

/* splitmix64: every run has the same machine */
static uint64_t dice(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t dice_pages(uint64_t *state, unsigned mapping)
{
	uint64_t least = (uint64_t)MIN_PAGES << dice(state) % MAX_DOUBLED;

	return mapping == STUCK_MAPPING ? STUCK_PAGES : least + dice(state) % (least + 1);
}

/*
 * Lays out the program and its heap, then mmap() areas, then the stack. Every fifth process is a
 * fork of the owner: with the same addresses, so its pagemap has entries at the addresses of the
 * dumps.
 */
static void lay_out(const struct bench *b, unsigned i, struct layout *layout)
{
	uint64_t state = i % 5 == OWNER % 5 ? OWNER : i;
	uint64_t at = 0x550000000000 + dice(&state) % (1 << 28) * b->page_size;

	for (unsigned k = 0; k < NR_MAPPINGS; k++) {
		if (k == 6)
			at = 0x7f0000000000 + dice(&state) % (1 << 26) * b->page_size;
		else if (k == NR_MAPPINGS - 1)
			at = 0x7ffc00000000 + dice(&state) % (1 << 20) * b->page_size;
		else if (dice(&state) % 2)
			at += dice(&state) % 64 * b->page_size;
		layout->at[k].start = at;
		at += dice_pages(&state, k) * b->page_size;
		layout->at[k].end = at;
	}
}

static uint64_t stuck_address(const struct bench *b)
{
	return b->owner.at[STUCK_MAPPING].start + STUCK_OFFSET * b->page_size;
}

/* Spreads the stuck pages over the block. */
static uint64_t stuck_pfn(unsigned n)
{
	return BLOCK.start + 7 + n * 31;
}

static uint64_t next_pfn(struct bench *b, unsigned process, unsigned mapping, unsigned page)
{
	if (process == OWNER && mapping == STUCK_MAPPING && page >= STUCK_OFFSET &&
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
	for (unsigned k = 0; k < NR_MAPPINGS; k++) {
		unsigned nr = k == STUCK_MAPPING ? STUCK_PAGES : RESIDENT_PAGES;
		uint64_t entries[STUCK_PAGES];
		ssize_t len = (ssize_t)(nr * sizeof(entries[0]));

		if (k % RESIDENT_EVERY && k != STUCK_MAPPING)
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
	for (unsigned k = 0; k < NR_MAPPINGS; k++) {
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
	bool holds = i == OWNER;
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
	return rc == 0 && has_ring(i) ? make_ring(b, i) : rc;
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
			      i == OWNER ? (unsigned long long)(NR_STUCK * b->page_size) >> 10 : 0);
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
	lay_out(b, OWNER, &b->owner);
	for (unsigned i = 0; i < NR_PROCESSES && rc == 0; i++)
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
	return search(b, true, SEARCH_MS, answer);
}

static int search_bounded(struct bench *b, struct answer *answer)
{
	return search(b, false, SEARCH_MS, answer);
}

static int search_to_the_end(struct bench *b, struct answer *answer)
{
	return search(b, false, 3600 * 1000, answer);
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
	walk.answer->head.processes++;
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
	uint64_t most_ms; /* 0: no limit */
} ways[NR_WAYS] = {
	[BY_INDEX] = { "owners_find, index known", search_by_index, KILLED_MS },
	[BOUNDED] = { "owners_find, no index", search_bounded, KILLED_MS },
	[TO_THE_END] = { "owners_find, no index, no budget", search_to_the_end, 0 },
	[NAIVE] = { "naive walk", walk_everything, 0 },
};

struct times {
	uint64_t wall_us[ROUNDS];
	uint64_t cpu_us[ROUNDS];
	unsigned found; /* rounds that found the owner */
};

static uint64_t cpu_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Returns true for the right owner. A search with a budget may also run out of time. */
static bool is_right(const struct bench *b, enum way way, const struct answer *answer)
{
	const struct mhp_owner *owner = &answer->owner;

	if (!answer->head.nr_owners)
		return way == BOUNDED && answer->head.is_cut_short;
	if (answer->head.nr_owners != 1 || owner->pid != pid_of(OWNER) || owner->pages != NR_STUCK)
		return false;
	if (way == NAIVE)
		return answer->head.processes == NR_PROCESSES;
	return owner->holder == MHP_HOLDER_IO_URING && owner->holder_pid == owner->pid &&
	       owner->fd == RING_FD && owner->confidence == MHP_CONFIDENCE_CERTAIN &&
	       owner->vm_pin_bytes == NR_STUCK * b->page_size;
}

static int measure(struct bench *b, enum way way, unsigned round, struct times *times)
{
	struct answer answer = { 0 };
	uint64_t wall = clock_usec(), cpu = cpu_usec();
	int rc = ways[way].run(b, &answer);

	times->wall_us[round] = clock_usec() - wall;
	times->cpu_us[round] = cpu_usec() - cpu;
	times->found += answer.head.nr_owners > 0;
	if (rc == 0 && is_right(b, way, &answer))
		return 0;
	fprintf(stderr, "%s: wrong: rc %d, %u owners, %u processes%s; pid %d, %s, %s, %llu pages\n",
		ways[way].name, rc, answer.head.nr_owners, answer.head.processes,
		answer.head.is_cut_short ? ", cut short" : "", answer.owner.pid,
		mhp_holder_kind_name(answer.owner.holder),
		mhp_confidence_name(answer.owner.confidence),
		(unsigned long long)answer.owner.pages);
	return 1;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double median_ms(uint64_t *us)
{
	qsort(us, ROUNDS, sizeof(*us), by_size);
	return (double)us[ROUNDS / 2] / 1000;
}

static int miss(const char *name, const char *goal)
{
	fprintf(stderr, "%s: missed: %s\n", name, goal);
	return 1;
}

/* Prints the measurements; returns the number of missed goals. */
static int report(struct times *times)
{
	double naive = median_ms(times[NAIVE].wall_us), ms[NR_WAYS];
	int missed = 0;

	printf("%-34s %10s %10s %10s %10s %8s\n", "median of 5, ms", "wall", "worst", "cpu",
	       "times less", "found");
	for (unsigned way = 0; way < NR_WAYS; way++) {
		ms[way] = median_ms(times[way].wall_us);
		printf("%-34s %10.1f %10.1f %10.1f %10.1f %6u/%d\n", ways[way].name, ms[way],
		       (double)times[way].wall_us[ROUNDS - 1] / 1000, median_ms(times[way].cpu_us),
		       naive / ms[way], times[way].found, ROUNDS);
		if (ways[way].most_ms && ms[way] > (double)ways[way].most_ms)
			missed += miss(ways[way].name, "mhpctl would not wait that long");
	}
	if (ms[BY_INDEX] >= GOAL_MS)
		missed += miss(ways[BY_INDEX].name, "less than a second");
	if (naive < GOAL_TIMES * ms[BY_INDEX])
		missed += miss(ways[BY_INDEX].name, "20 times less than the naive walk");
	return missed;
}

int main(void)
{
	struct bench b = { 0 };
	struct times times[NR_WAYS] = { 0 };
	int rc = make_machine(&b), bad = 0;

	if (rc < 0) {
		fprintf(stderr, "cannot make the processes in '%s': %s\n", b.tree.dir,
			strerror(-rc));
		bad = 1;
	} else {
		printf("%d processes of %d mappings, %.1f million pages mapped\n", NR_PROCESSES,
		       NR_MAPPINGS, (double)b.mapped_pages / 1e6);
		fflush(stdout);
		for (unsigned round = 0; round < ROUNDS; round++)
			for (unsigned way = 0; way < NR_WAYS; way++)
				bad += measure(&b, way, round, &times[way]);
		bad += report(times);
	}
	tree_free(&b.tree);
	return bad ? 1 : 0;
}
