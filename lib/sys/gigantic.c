/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/gigantic.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POOLS "sys/kernel/mm/hugepages"

/* include/uapi/linux/kernel-page-flags.h */
#define MMAP (1ULL << 11)
#define ANON (1ULL << 12)
#define HEAD (1ULL << 15)
#define TAIL (1ULL << 16)
#define HUGE (1ULL << 17)

/* ---- pools ------------------------------------------------------------------------------- */

/*
 * Returns the size of the largest block of the page allocator, or 0 if it cannot be read. A line
 * such as "Node 0, zone Normal 1 0 ..." has a column for each order.
 */
static uint64_t largest_buddy_size(const struct root *sys, uint64_t page_size)
{
	char line[512], *at, *word;
	unsigned columns = 0;

	if (root_read(sys, "proc/buddyinfo", line, sizeof(line)) < 0)
		return 0;
	at = strstr(line, "zone");
	for (word = at ? strtok_r(at, " ", &at) : NULL; word; word = strtok_r(NULL, " ", &at))
		columns++;
	/* "zone", its name, and a column for each order from 0 */
	return columns > 2 && columns < 40 ? page_size << (columns - 3) : 0;
}

struct reading {
	struct gigantic_pools *pools;
	uint64_t above;
};

static int add_pool(const struct root *sys, const char *name, void *data)
{
	const struct reading *reading = data;
	struct gigantic_pools *pools = reading->pools;
	unsigned long long kib;
	uint64_t nr;

	ROOT_PATH(path, POOLS "/%s/nr_hugepages", name);
	if (sscanf(name, "hugepages-%llukB", &kib) != 1 || (kib << 10) <= reading->above ||
	    root_read_u64(sys, path, 10, &nr) < 0 || !nr || pools->nr == GIGANTIC_SIZES)
		return 0;
	pools->sizes[pools->nr++] = kib << 10;
	return 0;
}

static int compare_descending(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one > other ? -1 : one < other;
}

void gigantic_pools_read(const struct root *sys, uint64_t page_size, struct gigantic_pools *pools)
{
	struct reading reading = { .pools = pools };

	*pools = (struct gigantic_pools){ .page_size = page_size };
	if (root_exists(sys, POOLS) <= 0)
		return;
	reading.above = largest_buddy_size(sys, page_size);
	if (!reading.above)
		return;
	root_each(sys, POOLS, add_pool, &reading);
	qsort(pools->sizes, pools->nr, sizeof(pools->sizes[0]), compare_descending);
}

/* ---- pages ------------------------------------------------------------------------------- */

static int read_flags(int fd, uint64_t pfn, uint64_t *flags)
{
	ssize_t len = pread(fd, flags, sizeof(*flags), (off_t)(pfn * sizeof(*flags)));

	if (len < 0)
		return -errno;
	if (len != sizeof(*flags))
		*flags = 0; /* after the last page */
	return 0;
}

/*
 * Returns 1 if a huge page of nr pages starts at pfn, 0 if not, or a negative errno. A smaller huge
 * page does not extend to the middle, which then is another head or not huge.
 */
static int is_gigantic_page(int fd, uint64_t pfn, uint64_t nr, uint64_t *head)
{
	uint64_t middle = 0;
	int rc = read_flags(fd, pfn, head);

	if (rc < 0 || !(*head & HUGE) || !(*head & HEAD))
		return rc;
	rc = read_flags(fd, pfn + nr / 2, &middle);
	return rc < 0 ? rc : (middle & HUGE) && (middle & TAIL);
}

static int read_failed(const struct root *sys, uint64_t pfn, int rc)
{
	log_done(sys->log, rc, "read proc/kpageflags of page 0x%" PRIx64, pfn);
	return rc;
}

int gigantic_find(const struct root *sys, const struct gigantic_pools *pools, uint64_t first_pfn,
		  uint64_t end_pfn, struct gigantic_page *pages, unsigned max_pages)
{
	cleanup_close int fd = pools->nr ? root_open(sys, "proc/kpageflags", 0) : -1;
	int found = 0, rc;
	uint64_t flags;

	if (pools->nr && fd < 0)
		return -errno;
	for (unsigned i = 0; i < pools->nr; i++) {
		uint64_t nr = pools->sizes[i] / pools->page_size;

		for (uint64_t pfn = first_pfn / nr * nr; pfn < end_pfn; pfn += nr) {
			rc = is_gigantic_page(fd, pfn, nr, &flags);
			if (rc < 0)
				return read_failed(sys, pfn, rc);
			if (!rc)
				continue;
			if ((unsigned)found < max_pages)
				pages[found] = (struct gigantic_page){
					.pfn = pfn,
					.size = pools->sizes[i],
					.in_use = flags & (MMAP | ANON),
				};
			found++;
		}
	}
	return found;
}

/* ---- free pages on other nodes ----------------------------------------------------------- */

struct counting {
	uint64_t size;
	int node;
	uint64_t elsewhere;
	uint64_t here;
	bool unknown;
};

static int count_node(const struct root *sys, const char *name, void *data)
{
	struct counting *c = data;
	uint64_t node, nr;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	ROOT_PATH(path, KERNEL_NODES "/%s/hugepages/hugepages-%" PRIu64 "kB/free_hugepages", name,
		  c->size >> 10);
	if (root_read_u64(sys, path, 10, &nr) < 0)
		c->unknown = true;
	else if ((int)node == c->node)
		c->here += nr;
	else
		c->elsewhere += nr;
	return 0;
}

/*
 * Returns whether only this node has memory, or true if that is unknown. Then pages move within the
 * node (mm/memory_hotplug.c:do_migrate_range).
 */
static bool is_only_node(const struct root *sys, int node)
{
	char text[64], own[16];

	snprintf(own, sizeof(own), "%d", node);
	return root_read(sys, KERNEL_NODES "/has_memory", text, sizeof(text)) < 0 ||
	       strcmp(text, own) == 0;
}

uint64_t gigantic_free_elsewhere(const struct root *sys, uint64_t size, int node)
{
	struct counting c = { .size = size, .node = node };
	uint64_t unused, promised = 0;

	ROOT_PATH(free_path, POOLS "/hugepages-%" PRIu64 "kB/free_hugepages", size >> 10);
	ROOT_PATH(promised_path, POOLS "/hugepages-%" PRIu64 "kB/resv_hugepages", size >> 10);
	if (node < 0 || root_each(sys, KERNEL_NODES, count_node, &c) < 0 || c.unknown ||
	    root_read_u64(sys, free_path, 10, &unused) < 0 ||
	    root_read_u64(sys, promised_path, 10, &promised) < 0)
		return UINT64_MAX;
	if (!c.elsewhere && c.here && is_only_node(sys, node))
		return UINT64_MAX;
	unused = unused > promised ? unused - promised : 0;
	return c.elsewhere < unused ? c.elsewhere : unused;
}
