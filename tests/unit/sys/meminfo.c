/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sys/meminfo.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <unistd.h>

static void free_and_unused_pages_of_files_are_available(void **state)
{
	struct tree tree;
	struct root root;

	assert_int_equal(tree_new(&tree), 0);
	root = (struct root){ .root_fd = tree.fd, .ops = &root_kernel_ops };
	assert_int_equal(tree_put(tree.fd, "sys/devices/system/node/node2/meminfo",
				  "Node 2 MemTotal:       8000 kB\n"
				  "Node 2 MemFree:        1000 kB\n"
				  "Node 2 Inactive:        500 kB\n"
				  "Node 2 Inactive(anon):  400 kB\n"
				  "Node 2 Inactive(file):  100 kB\n"),
			 0);
	assert_int_equal(meminfo_available(&root, 2), 1100 * 1024);
	assert_true(meminfo_available(&root, 3) == MHP_UNKNOWN);
	tree_free(&tree);
}

/* A value that is not printed as expected is unknown, not 0. */
static void the_whole_machine(void **state)
{
	struct meminfo info;
	struct tree tree;
	struct root root;

	assert_int_equal(tree_new(&tree), 0);
	root = (struct root){ .root_fd = tree.fd, .ops = &root_kernel_ops };
	assert_int_equal(meminfo_read(&root, &info), -ENOENT);
	assert_true(info.total == MHP_UNKNOWN && info.swap_free == MHP_UNKNOWN);
	assert_int_equal(tree_put(tree.fd, "proc/meminfo",
				  "MemTotal:        2030000 kB\n"
				  "MemAvailable:    1000000 kB\n"
				  "SwapCached:            7 kB\n"
				  "SwapTotal:             0 kB\n"
				  "SwapFree:              x kB\n"),
			 0);
	assert_int_equal(meminfo_read(&root, &info), 0);
	assert_int_equal(info.total, 2030000ULL << 10);
	assert_int_equal(info.available, 1000000ULL << 10);
	assert_int_equal(info.swap_total, 0);
	assert_true(info.swap_free == MHP_UNKNOWN);
	tree_free(&tree);
}

UNIT_TESTS(cmocka_unit_test(free_and_unused_pages_of_files_are_available),
	   cmocka_unit_test(the_whole_machine))
