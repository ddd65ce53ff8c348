/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a drain reads and writes on a fake machine: demotion, caches, cgroups with memory,
 * the pages that are charged to them, swap, and the free memory of nodes.
 */
#pragma once

#include "tests/unit/fake/fakesys.h"

#define FAKE_PAGES    (FAKE_BLOCK_SIZE / 4096)
#define FAKE_DEMOTION "sys/kernel/mm/numa/demotion_enabled"
#define FAKE_CGROUPS  "sys/fs/cgroup"

/* Flags of pages in /proc/kpageflags. */
#define FAKE_CLEAN  (1ULL << 3 | 1ULL << 5)
#define FAKE_DIRTY  (FAKE_CLEAN | 1ULL << 4)
#define FAKE_MAPPED (FAKE_CLEAN | 1ULL << 11)
#define FAKE_ANON   (1ULL << 5 | 1ULL << 11 | 1ULL << 12 | 1ULL << 14)
#define FAKE_THP    (FAKE_ANON | 1ULL << 22)
#define FAKE_LOCKED (FAKE_ANON | 1ULL << 18)
#define FAKE_FREE   (1ULL << 10)

/*
 * Adds dax0.0 with its blocks online, all their pages free; demotion on; version 2 of cgroups with
 * memory; no swap; and so many MiB free on the other two nodes together, above 32 MiB of
 * watermarks.
 */
void fakedrain_add(struct fakesys *fs, uint64_t free_mib);

/* Adds a cgroup with memory.reclaim. Returns its inode. */
uint64_t fakedrain_cgroup(struct fakesys *fs, const char *path);

/* Fills pages of a block, which are charged to the cgroup with that inode; 0: to none. */
void fakedrain_pages(struct fakesys *fs, uint64_t block, size_t first, size_t nr, uint64_t flags,
		     uint64_t inode);

/* Sets the swap, in MiB. */
void fakedrain_swap(struct fakesys *fs, uint64_t total, uint64_t free);

/*
 * Does what the kernel does at a write of one of these files; -ENOTSUP for others. A reclaim frees
 * pages of the cgroup, anonymous ones only with free swap; a cgroup with the file "old" does not
 * know swappiness=.
 */
int fakedrain_write(int fd, const char *path, const char *text);
