/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages that only a free one of the same size can replace. */
#include "lib/sys/gigantic.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define GIB   (1ULL << 30)
#define MIB   (1ULL << 20)
#define PAGES (GIB / 4096)
#define BLOCK (128 * MIB / 4096)

#define USED_HEAD (1ULL << 17 | 1ULL << 15 | 1ULL << 12 | 1ULL << 11)
#define FREE_HEAD (1ULL << 17 | 1ULL << 15)
#define TAIL	  (1ULL << 17 | 1ULL << 16)

struct machine {
	struct tree tree;
	struct root sys;
};

static void put(const struct machine *m, const char *path, const char *text)
{
	assert_int_equal(tree_put(m->tree.fd, path, "%s\n", text), 0);
}

static void machine_new(struct machine *m)
{
	assert_int_equal(tree_new(&m->tree), 0);
	m->sys = (struct root){ .root_fd = m->tree.fd, .ops = &root_kernel_ops };
	put(m, "proc/buddyinfo",
	    "Node 0, zone      DMA      1      0      0      1      2      1"
	    "      1      0      1      1      3");
	put(m, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8");
	put(m, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1");
	put(m, "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0");
	put(m, "sys/kernel/mm/hugepages/hugepages-1048576kB/resv_hugepages", "0");
	for (int node = 0; node < 3; node++) {
		char path[128];

		snprintf(path, sizeof(path),
			 "sys/devices/system/node/node%d/hugepages/hugepages-1048576kB/"
			 "free_hugepages",
			 node);
		put(m, path, "0");
	}
	put(m, "sys/devices/system/node/has_memory", "0-2");
}

static void put_flags(const struct machine *m, uint64_t pfn, uint64_t flags)
{
	int fd = openat(m->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &flags, sizeof(flags), (off_t)(pfn * sizeof(flags))),
			 sizeof(flags));
	close(fd);
}

static void pools_of_such_pages(void **state)
{
	struct gigantic_pools pools;
	struct machine m;

	machine_new(&m);
	gigantic_pools_read(&m.sys, 4096, &pools);
	assert_int_equal(pools.nr, 1); /* the kernel can allocate 2 MiB */
	assert_true(pools.sizes[0] == GIB);
	put(&m, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0");
	gigantic_pools_read(&m.sys, 4096, &pools);
	assert_int_equal(pools.nr, 0);
	tree_free(&m.tree);
}

/* On arm64 several sizes are larger than the allocator can provide. */
static void the_largest_first(void **state)
{
	struct gigantic_pools pools;
	struct machine m;

	machine_new(&m);
	put(&m, "sys/kernel/mm/hugepages/hugepages-32768kB/nr_hugepages", "4");
	gigantic_pools_read(&m.sys, 4096, &pools);
	assert_int_equal(pools.nr, 2);
	assert_true(pools.sizes[0] == GIB && pools.sizes[1] == 32 * MIB);
	tree_free(&m.tree);
}

static void one_page_in_every_block_it_covers(void **state)
{
	struct gigantic_page pages[4];
	struct gigantic_pools pools;
	struct machine m;

	machine_new(&m);
	put_flags(&m, 5 * PAGES, USED_HEAD);
	put_flags(&m, 5 * PAGES + PAGES / 2, TAIL);
	put_flags(&m, 7 * PAGES, 0);
	gigantic_pools_read(&m.sys, 4096, &pools);
	for (uint64_t pfn = 5 * PAGES; pfn < 6 * PAGES; pfn += BLOCK) {
		assert_int_equal(gigantic_find(&m.sys, &pools, pfn, pfn + BLOCK, pages, 4), 1);
		assert_true(pages[0].pfn == 5 * PAGES && pages[0].size == GIB);
		assert_true(pages[0].in_use);
	}
	assert_int_equal(gigantic_find(&m.sys, &pools, 5 * PAGES - BLOCK, 5 * PAGES, pages, 4), 0);
	assert_int_equal(gigantic_find(&m.sys, &pools, 6 * PAGES, 6 * PAGES + BLOCK, pages, 4), 0);
	put_flags(&m, 5 * PAGES, FREE_HEAD);
	assert_int_equal(gigantic_find(&m.sys, &pools, 5 * PAGES, 5 * PAGES + BLOCK, pages, 4), 1);
	assert_false(pages[0].in_use);
	tree_free(&m.tree);
}

/* A small huge page may start where a large one could. */
static void smaller_ones_are_not_taken_for_it(void **state)
{
	struct gigantic_page pages[4];
	struct gigantic_pools pools;
	struct machine m;

	machine_new(&m);
	put_flags(&m, 5 * PAGES, USED_HEAD);
	put_flags(&m, 5 * PAGES + PAGES / 2, USED_HEAD);
	gigantic_pools_read(&m.sys, 4096, &pools);
	assert_int_equal(gigantic_find(&m.sys, &pools, 5 * PAGES, 5 * PAGES + BLOCK, pages, 4), 0);
	tree_free(&m.tree);
}

static void where_it_could_go(void **state)
{
#define POOL "sys/kernel/mm/hugepages/hugepages-1048576kB/"
	struct machine m;

	machine_new(&m);
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 2) == 0);
	put(&m, "sys/devices/system/node/node0/hugepages/hugepages-1048576kB/free_hugepages", "2");
	put(&m, POOL "free_hugepages", "2");
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 2) == 2);
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 0) == 0); /* its own do not count */
	put(&m, POOL "resv_hugepages", "2");			   /* reserved */
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 2) == 0);
	put(&m, POOL "resv_hugepages", "1");
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 2) == 1);
	/* all free pages are on the only node; how many are elsewhere is unknown */
	put(&m, "sys/devices/system/node/has_memory", "0");
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, 0) == UINT64_MAX);
	assert_true(gigantic_free_elsewhere(&m.sys, GIB, -1) == UINT64_MAX);
	assert_true(gigantic_free_elsewhere(&m.sys, 2 * GIB, 0) == UINT64_MAX);
	tree_free(&m.tree);
}

UNIT_TESTS(cmocka_unit_test(pools_of_such_pages), cmocka_unit_test(the_largest_first),
	   cmocka_unit_test(one_page_in_every_block_it_covers),
	   cmocka_unit_test(smaller_ones_are_not_taken_for_it), cmocka_unit_test(where_it_could_go))
