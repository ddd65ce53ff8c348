/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakedrain.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NODES "sys/devices/system/node"
#define FIRST (FIRST_BLOCK * FAKE_PAGES)
#define END   ((LAST_BLOCK + 1) * FAKE_PAGES)

/* ---- the machine ------------------------------------------------------------------------- */

static int open_words(int fd, const char *name)
{
	return openat(fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void put_words(struct fakesys *fs, const char *name, uint64_t pfn, size_t nr, uint64_t word)
{
	cleanup_close int fd = open_words(fs->tree.fd, name);
	cleanup_free uint64_t *words = calloc(nr + 1, sizeof(word));
	size_t size = nr * sizeof(word);

	assert_true(fd >= 0);
	assert_non_null(words);
	for (size_t i = 0; i < nr; i++)
		words[i] = word;
	assert_int_equal(pwrite(fd, words, size, (off_t)(pfn * sizeof(word))), (ssize_t)size);
}

void fakedrain_pages(struct fakesys *fs, uint64_t block, size_t first, size_t nr, uint64_t flags,
		     uint64_t inode)
{
	put_words(fs, "proc/kpageflags", block * FAKE_PAGES + first, nr, flags);
	put_words(fs, "proc/kpagecgroup", block * FAKE_PAGES + first, nr, inode);
}

void fakedrain_swap(struct fakesys *fs, uint64_t total, uint64_t free)
{
	char text[256];

	str_format(text,
		   "MemTotal:        4194304 kB\nMemAvailable:    1048576 kB\n"
		   "SwapTotal:       %" PRIu64 " kB\nSwapFree:        %" PRIu64 " kB\n",
		   total << 10, free << 10);
	fakesys_put(fs, "proc/meminfo", text);
}

static void put_node(struct fakesys *fs, int node, uint64_t free_mib)
{
	char text[256];

	ROOT_PATH(meminfo, NODES "/node%d/meminfo", node);
	ROOT_PATH(compact, NODES "/node%d/compact", node);
	str_format(text,
		   "Node %d MemTotal:  1048576 kB\nNode %d MemFree:  %" PRIu64
		   " kB\nNode %d Inactive(file):  0 kB\n",
		   node, node, free_mib << 10, node);
	fakesys_put(fs, meminfo, text);
	fakesys_put(fs, compact, "");
}

void fakedrain_add(struct fakesys *fs, uint64_t free_mib)
{
	char text[512];

	fakesys_online_dax0(fs);
	put_node(fs, 0, free_mib + 32);
	put_node(fs, 1, 0);
	put_node(fs, 2, 0);
	fakesys_put(fs, NODES "/has_memory", "0-2\n");
	fakesys_put(fs, "proc/zoneinfo",
		    "Node 0, zone Normal\n  pages free 100000\n high 8192\n managed 200000\n"
		    "Node 2, zone Movable\n  pages free 0\n high 700\n managed 262144\n");
	str_format(text,
		   "Node 0, zone Normal 0 0 0 0 0 0 0 0 %" PRIu64 " 0 0\n"
		   "Node 1, zone Normal 0 0 0 0 0 0 0 0 0 0 0\n"
		   "Node 2, zone Movable 0 0 0 0 0 0 0 0 0 0 300\n",
		   free_mib + 32);
	fakesys_put(fs, "proc/buddyinfo", text);
	fakesys_put(fs, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
	fakesys_put(fs, FAKE_DEMOTION, "true\n");
	fakesys_put(fs, "proc/sys/vm/drop_caches", "0\n");
	fakesys_put(fs, FAKE_CGROUPS "/cgroup.controllers", "cpuset cpu memory pids\n");
	fakedrain_swap(fs, 0, 0);
	put_words(fs, "proc/kpageflags", FIRST, END - FIRST, FAKE_FREE);
	put_words(fs, "proc/kpagecgroup", FIRST, END - FIRST, 0);
}

uint64_t fakedrain_cgroup(struct fakesys *fs, const char *path)
{
	struct stat st;

	ROOT_PATH(folder, FAKE_CGROUPS "%s", path);
	ROOT_PATH(current, FAKE_CGROUPS "%s/memory.current", path);
	ROOT_PATH(reclaim, FAKE_CGROUPS "%s/memory.reclaim", path);
	ROOT_PATH(pressure, FAKE_CGROUPS "%s/memory.pressure", path);
	fakesys_put(fs, current, "1073741824\n");
	fakesys_put(fs, reclaim, "");
	fakesys_put(fs, pressure,
		    "some avg10=50.00 avg60=0.00 avg300=0.00 total=7\n"
		    "full avg10=0.12 avg60=0.00 avg300=0.00 total=3\n");
	assert_int_equal(fstatat(fs->tree.fd, folder, &st, 0), 0);
	return st.st_ino;
}

/* ---- writes ------------------------------------------------------------------------------ */

/* Frees up to nr pages that have none of the flags, of one cgroup or (0) of all. */
static size_t free_pages(int fd, uint64_t inode, uint64_t without, size_t nr)
{
	const size_t size = (END - FIRST) * sizeof(uint64_t);
	const off_t at = (off_t)(FIRST * sizeof(uint64_t));
	cleanup_close int flags_fd = open_words(fd, "proc/kpageflags");
	cleanup_close int groups_fd = open_words(fd, "proc/kpagecgroup");
	cleanup_free uint64_t *flags = malloc(size);
	cleanup_free uint64_t *groups = malloc(size);
	size_t done = 0;

	if (!flags || !groups || pread(flags_fd, flags, size, at) != (ssize_t)size ||
	    pread(groups_fd, groups, size, at) != (ssize_t)size)
		return 0;
	for (size_t i = 0; i < END - FIRST && done < nr; i++) {
		if (flags[i] & (FAKE_FREE | without) || (inode && groups[i] != inode))
			continue;
		flags[i] = FAKE_FREE;
		done++;
	}
	return pwrite(flags_fd, flags, size, at) == (ssize_t)size ? done : 0;
}

static uint64_t free_swap(int fd)
{
	char text[256];
	const char *at;

	if (tree_get(fd, "proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "SwapFree:");
	return at ? strtoull(at + strlen("SwapFree:"), NULL, 10) << 10 : 0;
}

static int reclaim(int fd, const char *path, const char *text)
{
	const uint64_t anon = 1ULL << 12, locked = 1ULL << 18;
	char folder[256], current[32], *end;
	uint64_t bytes = strtoull(text, &end, 10), now = 0;
	bool keep_anon = strcmp(end, " swappiness=0") == 0;
	struct stat st;
	size_t done;

	str_format(folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	ROOT_PATH(old, "%s/old", folder);
	ROOT_PATH(memory, "%s/memory.current", folder);
	if (fstatat(fd, folder, &st, 0) < 0)
		return -ENOENT;
	if ((*end && !keep_anon) || (keep_anon && tree_get(fd, old, current, 4) == 0))
		return -EINVAL;
	keep_anon = keep_anon || !free_swap(fd);
	done = free_pages(fd, st.st_ino, locked | (keep_anon ? anon : 0), bytes / 4096);
	if (tree_get(fd, memory, current, sizeof(current)) == 0 &&
	    parse_u64(current, 10, &now) == 0)
		tree_put(fd, memory, "%" PRIu64 "\n", now - done * 4096);
	return done < bytes / 4096 ? -EAGAIN : 0;
}

int fakedrain_write(int fd, const char *path, const char *text)
{
	const uint64_t in_use = 1ULL << 4 | 1ULL << 11 | 1ULL << 12;
	const char *file = strrchr(path, '/');

	if (strcmp(path, FAKE_DEMOTION) == 0) {
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return -EINVAL;
		return tree_put(fd, path, "%s\n", text);
	}
	if (strcmp(path, "proc/sys/vm/drop_caches") == 0) {
		free_pages(fd, 0, in_use, SIZE_MAX);
		return tree_put(fd, path, "%s\n", text);
	}
	if (strcmp(file, "/memory.reclaim") == 0)
		return reclaim(fd, path, text);
	if (strncmp(path, NODES "/", strlen(NODES "/")) == 0 && strcmp(file, "/compact") == 0)
		return 0;
	return -ENOTSUP;
}
