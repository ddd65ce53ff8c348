// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of a node, or of one memory block of it, and the kinds that only map memory
 */
#define _GNU_SOURCE
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	    4096
#define HUGE	    (2UL << 20)
#define REACH_BYTES (1UL << 30)
#define REACH_PAGES 512 /* that many in a row: no pages of other blocks remain in between */

/* Bits 0 to 54 of a pagemap entry are the pfn when bit 63 says that the page is present. */
uint64_t pfn_of(const void *mem)
{
	static int fd = -1;
	uint64_t entry = 0;
	off_t at = (uintptr_t)mem / PAGE * sizeof(entry);

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		die("pagemap: %m");
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

/* ---- choosing node and block -------------------------------------------------------------- */

/*
 * Tries again for 30 s: the kernel gives a node to the cpusets some time after the first block of
 * the node is online (kernel/cgroup/cpuset.c, in a workqueue), and mbind fails with EINVAL before.
 */
int bind_on_node(const struct request *req, void *mem, size_t size)
{
	unsigned long mask = req->node < 0 ? 0 : 1UL << req->node;
	int rc = 0;

	for (int i = 0; mask && i < 600; i++) {
		rc = syscall(SYS_mbind, mem, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0);
		if (rc == 0 || errno != EINVAL)
			return rc;
		usleep(50000);
	}
	return rc;
}

void node_insist(const struct request *req)
{
	unsigned long mask = req->node < 0 ? 0 : 1UL << req->node;

	if (mask)
		syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask));
}

void node_release(void)
{
	syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0);
}

static void *map_small(const struct request *req, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	/* small pages, so that each page has its own reference */
	if (madvise(mem, size, MADV_NOHUGEPAGE) < 0 || bind_on_node(req, mem, size) < 0)
		return NULL;
	return mem;
}

void *map_on_node(const struct request *req)
{
	return map_small(req, req->size);
}

static uint64_t block_bytes(void)
{
	FILE *file = fopen("/sys/devices/system/memory/block_size_bytes", "re");
	unsigned long long size = 0;

	if (!file || fscanf(file, "%llx", &size) != 1 || !size)
		die("block size: %m");
	fclose(file);
	return size;
}

void *block_reach(const struct request *req)
{
	uint64_t pages = block_bytes() / PAGE;
	unsigned row = 0;
	char *mem;

	if (req->block < 0)
		return NULL;
	mem = map_small(req, REACH_BYTES);
	if (!mem)
		die("mmap: %m");
	for (size_t at = 0; at < REACH_BYTES && row < REACH_PAGES; at += PAGE) {
		mem[at] = 1;
		row = pfn_of(mem + at) / pages == (uint64_t)req->block ? row + 1 : 0;
	}
	if (row < REACH_PAGES)
		die("no free pages in memory%lld", (long long)req->block);
	return mem;
}

void block_leave(void *mem)
{
	if (mem)
		munmap(mem, REACH_BYTES);
}

/* ---- kinds -------------------------------------------------------------------------------- */

void *hold_plain(struct request *req)
{
	void *mem = map_on_node(req);

	if (mem) {
		memset(mem, 0x5a, req->size);
		req->was = pfn_of(mem);
	}
	return mem;
}

void *hold_mlock(struct request *req)
{
	void *mem = hold_plain(req);

	return mem && mlock(mem, req->size) == 0 ? mem : NULL;
}

void *hold_thp(struct request *req)
{
	char *mem;

	if (req->size < HUGE)
		req->size = HUGE;
	mem = mmap(NULL, req->size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		return NULL;
	mem += -(uintptr_t)mem % HUGE;
	if (madvise(mem, req->size, MADV_HUGEPAGE) < 0 || bind_on_node(req, mem, req->size) < 0)
		return NULL;
	memset(mem, 0x5a, req->size);
	req->was = pfn_of(mem);
	if (req->was % (HUGE / PAGE) || pfn_of(mem + HUGE - PAGE) != req->was + HUGE / PAGE - 1)
		die("no huge page to be had");
	return mem;
}

/* Takes four pages into the node's pool and touches two. The pool stays: see pins.sh. */
static void *hold_huge_pages(struct request *req, size_t mapped)
{
	char path[96];
	FILE *pool;
	void *mem;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages",
		 req->node);
	pool = fopen(path, "we");
	if (!pool || fputs("4", pool) < 0 || fclose(pool) < 0)
		return NULL;
	req->size = 2 * HUGE;
	mem = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		   -1, 0);
	if (mem == MAP_FAILED || bind_on_node(req, mem, mapped) < 0)
		return NULL;
	memset(mem, 0x5a, req->size);
	req->was = pfn_of(mem);
	return mem;
}

void *hold_hugetlb(struct request *req)
{
	return hold_huge_pages(req, 2 * HUGE);
}

/* A mapped but untouched huge page is reserved: the pool cannot shrink below it. */
void *hold_hugetlb_reserved(struct request *req)
{
	return hold_huge_pages(req, 4 * HUGE);
}

void *hold_gigantic(struct request *req)
{
	const size_t size = 1UL << 30;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 30 << MAP_HUGE_SHIFT, -1, 0);

	if (mem == MAP_FAILED || bind_on_node(req, mem, size) < 0)
		return NULL;
	mem[0] = 0x5a;
	req->size = size;
	req->was = pfn_of(mem);
	return mem;
}

void *hold_shm(struct request *req)
{
	int id = shmget(IPC_PRIVATE, req->size, 0600);
	void *mem = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (mem == (void *)-1 || shmctl(id, IPC_RMID, NULL) < 0 ||
	    bind_on_node(req, mem, req->size) < 0)
		return NULL;
	memset(mem, 0x5a, req->size);
	req->was = pfn_of(mem);
	return mem;
}

/* The page cache of a file on any filesystem; mapped, so that its pfn is known. */
void *hold_file(struct request *req)
{
	char page[PAGE];
	char *mem;

	memset(page, 0x5a, sizeof(page));
	req->fd = open(req->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (req->fd < 0)
		return NULL;
	node_insist(req); /* page tables may be anywhere */
	for (size_t at = 0; at < req->size; at += PAGE)
		if (write(req->fd, page, PAGE) != PAGE)
			return NULL;
	node_release();
	mem = mmap(NULL, req->size, PROT_READ, MAP_SHARED, req->fd, 0);
	if (mem == MAP_FAILED)
		return NULL;
	for (size_t at = 0; at < req->size; at += PAGE)
		*(volatile char *)(mem + at);
	req->was = pfn_of(mem);
	return mem;
}

/* The first page and the page table may come from any node. */
void *hold_secret(struct request *req)
{
	char *mem;

	req->fd = syscall(SYS_memfd_secret, 0);
	if (req->fd < 0 || ftruncate(req->fd, req->size + PAGE) < 0)
		return NULL;
	mem = mmap(NULL, req->size + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, req->fd, 0);
	if (mem == MAP_FAILED)
		return NULL;
	*mem = 0x5a;
	node_insist(req);
	memset(mem + PAGE, 0x5a, req->size);
	node_release();
	req->was = pfn_of(mem + PAGE);
	return mem + PAGE;
}

void *hold_devdax(struct request *req)
{
	volatile char *mem;

	if (!req->path) {
		errno = EINVAL;
		return NULL;
	}
	req->fd = open(req->path, O_RDWR | O_CLOEXEC);
	if (req->fd < 0)
		return NULL;
	mem = mmap(NULL, req->size, PROT_READ | PROT_WRITE, MAP_SHARED, req->fd, 0);
	if (mem == MAP_FAILED)
		return NULL;
	*mem = 0x5a;
	return (void *)mem;
}
