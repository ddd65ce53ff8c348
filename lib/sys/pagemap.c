/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/pagemap.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PRESENT	 (1ULL << 63)
#define PFN_MASK ((1ULL << 55) - 1)
#define PIECE	 8192 /* entries of a read: 64 KiB */

int pagemap_open(const struct sysfs *sys, int pid)
{
	int fd;

	SYSFS_PATH(path, "proc/%d/pagemap", pid);
	fd = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static uint64_t pfn_of(uint64_t entry)
{
	return entry & PRESENT ? entry & PFN_MASK : 0;
}

uint64_t pagemap_pfn(int fd, uint64_t address)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), entry = 0;

	if (pread(fd, &entry, sizeof(entry), (off_t)(address / page_size * sizeof(entry))) !=
	    (ssize_t)sizeof(entry))
		return 0;
	return pfn_of(entry);
}

uint64_t pagemap_count(int fd, struct mhp_range addresses, struct mhp_range pfns, uint64_t *first,
		       uint64_t deadline)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t at = addresses.start / page_size, end = addresses.end / page_size, count = 0;
	uint64_t entries[PIECE];

	while (at < end && clock_msec() < deadline) {
		size_t want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t len = pread(fd, entries, want * sizeof(entries[0]),
				    (off_t)(at * sizeof(entries[0])));

		if (len <= 0)
			break;
		for (size_t i = 0; i < (size_t)len / sizeof(entries[0]); i++) {
			uint64_t pfn = pfn_of(entries[i]);

			if (pfn < pfns.start || pfn >= pfns.end)
				continue;
			if (!count++)
				*first = (at + i) * page_size;
		}
		at += (size_t)len / sizeof(entries[0]);
	}
	return count;
}
