/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/pagemap.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define PRESENT	 (1ULL << 63)
#define SWAP	 (1ULL << 62)
#define PFN_MASK ((1ULL << 55) - 1)

/* Entry of a swapped page: bits 0 to 4 are the type, those above it the place. */
#define SWAP_TYPE_BITS	  5
#define SWAP_TYPE_MASK	  ((1ULL << SWAP_TYPE_BITS) - 1)
#define SWAP_TYPE_SPECIAL 23   /* smallest MAX_SWAPFILES: from here on a type is not a file */
#define PIECE		  8192 /* entries per read: 64 KiB */

int pagemap_open(const struct root *sys, int pid)
{
	int fd;

	ROOT_PATH(path, "proc/%d/pagemap", pid);
	fd = root_open(sys, path, 0);
	return fd < 0 ? -errno : fd;
}

/*
 * Returns the pfn of an entry, or 0. While the kernel tries to migrate a page, its entry is a
 * special swap entry with the pfn: a page that is tried again and again is seen in this state as
 * often as present.
 */
static uint64_t pfn_of(uint64_t entry)
{
	if (entry & PRESENT)
		return entry & PFN_MASK;
	if ((entry & SWAP) && (entry & SWAP_TYPE_MASK) >= SWAP_TYPE_SPECIAL)
		return (entry & PFN_MASK) >> SWAP_TYPE_BITS;
	return 0;
}

static ssize_t read_entries(const struct root *sys, int fd, uint64_t at, uint64_t *entries,
			    size_t nr)
{
	ssize_t len = pread(fd, entries, nr * sizeof(*entries), (off_t)(at * sizeof(*entries)));

	if (len < 0)
		log_done(sys->log, -errno, "read pagemap at page 0x%" PRIx64, at);
	return len;
}

uint64_t pagemap_pfn(const struct root *sys, int fd, uint64_t address)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), entry = 0;
	ssize_t len = read_entries(sys, fd, address / page_size, &entry, 1);

	return len == (ssize_t)sizeof(entry) ? pfn_of(entry) : 0;
}

/* Calls fn with address and pfn of each present page, until the deadline. */
typedef void (*page_fn)(uint64_t address, uint64_t pfn, void *data);

static int each_page(const struct root *sys, int fd, struct mhp_range addresses, uint64_t deadline,
		     page_fn fn, void *data)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	/* every page that the range touches: buffers need not be aligned to pages */
	uint64_t at = addresses.start / page_size;
	uint64_t end = addresses.end / page_size + (addresses.end % page_size != 0);
	uint64_t entries[PIECE];

	while (at < end && addresses.start < addresses.end) {
		size_t want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t len;

		if (clock_msec() >= deadline)
			return -ETIMEDOUT;
		len = read_entries(sys, fd, at, entries, want);
		if (len <= 0) /* the end of the address space, or the process ended */
			return 0;
		for (size_t i = 0; i < (size_t)len / sizeof(entries[0]); i++)
			if (pfn_of(entries[i]))
				fn((at + i) * page_size, pfn_of(entries[i]), data);
		at += (size_t)len / sizeof(entries[0]);
	}
	return 0;
}

struct in_range {
	struct mhp_range pfns;
	uint64_t count;
	uint64_t first;
};

static void count_in_range(uint64_t address, uint64_t pfn, void *data)
{
	struct in_range *in = data;

	if (pfn < in->pfns.start || pfn >= in->pfns.end)
		return;
	if (!in->count++)
		in->first = address;
}

uint64_t pagemap_count(const struct root *sys, int fd, struct mhp_range addresses,
		       struct mhp_range pfns, uint64_t *first, uint64_t deadline)
{
	struct in_range in = { .pfns = pfns };

	each_page(sys, fd, addresses, deadline, count_in_range, &in);
	if (in.count)
		*first = in.first;
	return in.count;
}

struct tally {
	uint64_t first_pfn;
	uint64_t pages_per_block;
	uint64_t nr;
	uint64_t *pages;
	uint64_t *first;
};

static void count_by_block(uint64_t address, uint64_t pfn, void *data)
{
	struct tally *t = data;
	uint64_t block = (pfn - t->first_pfn) / t->pages_per_block;

	if (pfn < t->first_pfn || block >= t->nr)
		return;
	if (!t->pages[block]++)
		t->first[block] = address;
}

int pagemap_tally(const struct root *sys, int fd, struct mhp_range addresses, uint64_t first_pfn,
		  uint64_t pages_per_block, uint64_t nr, uint64_t *pages, uint64_t *first,
		  uint64_t deadline)
{
	struct tally t = { first_pfn, pages_per_block, nr, pages, first };

	return each_page(sys, fd, addresses, deadline, count_by_block, &t);
}
