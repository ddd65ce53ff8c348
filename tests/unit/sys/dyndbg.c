/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site of dynamic debug that prints why an offline failed. */
#include "lib/sys/dyndbg.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SITE "mm/memory_hotplug.c:1964 [memory_hotplug]offline_pages "
#define TEXT " \"memory offlining [mem %#010llx-%#010llx] failed due to %s\\n\""

static void the_line_that_is_wanted(void **state)
{
	unsigned number = 0;

	assert_int_equal(dyndbg_parse_line(SITE "=_" TEXT "\n", &number), 0);
	assert_int_equal(number, 1964);
	assert_int_equal(dyndbg_parse_line(SITE "=flmt" TEXT "\n", &number), 0);
}

static void a_line_that_is_on(void **state)
{
	unsigned number;

	assert_int_equal(dyndbg_parse_line(SITE "=p" TEXT, &number), -EALREADY);
	assert_int_equal(dyndbg_parse_line(SITE "=pflmt" TEXT, &number), -EALREADY);
	assert_int_equal(dyndbg_parse_line(SITE "=fp" TEXT, &number), -EALREADY);
}

static void lines_of_other_sites(void **state)
{
	static const char *const lines[] = {
		"",
		"# filename:lineno [module]function flags format\n",
		"mm/memory_hotplug.c:1918 [memory_hotplug]offline_pages =_ \"Offlined Pages %ld\\n\"",
		"mm/memory_hotplug.c:x [memory_hotplug]offline_pages =_" TEXT,
		"mm/memory_hotplug.c [memory_hotplug]offline_pages =_" TEXT,
		"drivers/acpi/x.c:1964 [x]offline_pages =_" TEXT,
		SITE "_" TEXT,
		SITE "=_ \"memory offlining\\n\"",
	};
	unsigned number;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (dyndbg_parse_line(lines[i], &number) != -ENOENT)
			fail_msg("\"%s\" is taken for the site", lines[i]);
}

static void put_sites(const struct tree *tree, const char *control, const char *name)
{
	cleanup_fclose FILE *file = tree_data(name);
	char line[512];

	assert_non_null(file);
	assert_int_equal(tree_put(tree->fd, control, "%s", ""), 0);
	while (fgets(line, sizeof(line), file))
		assert_int_equal(tree_append(tree->fd, control, line), 0);
}

static void sites_of_real_kernels(void **state)
{
	static const struct {
		const char *name, *on, *off;
	} kernels[] = {
		{ "dyndbg-6.1.txt", "file mm/memory_hotplug.c line 1964 +p",
		  "file mm/memory_hotplug.c line 1964 -p" },
		{ "dyndbg-7.2.txt", "file mm/memory_hotplug.c line 2114 +p",
		  "file mm/memory_hotplug.c line 2114 -p" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct mhp_ctx ctx = { 0 };
		struct dyndbg_site site;
		struct tree tree;

		assert_int_equal(tree_new(&tree), 0);
		ctx.sys.root_fd = tree.fd;
		put_sites(&tree, "proc/dynamic_debug/control", kernels[i].name);
		assert_int_equal(dyndbg_find_offline_reason(&ctx, &site), 0);
		assert_string_equal(site.control, "proc/dynamic_debug/control");
		assert_string_equal(site.on, kernels[i].on);
		assert_string_equal(site.off, kernels[i].off);
		tree_free(&tree);
	}
}

static void where_the_control_file_is(void **state)
{
	struct mhp_ctx ctx = { 0 };
	struct dyndbg_site site;
	struct tree tree;

	assert_int_equal(tree_new(&tree), 0);
	ctx.sys.root_fd = tree.fd;
	assert_int_equal(dyndbg_find_offline_reason(&ctx, &site), -ENOENT);
	put_sites(&tree, "sys/kernel/debug/dynamic_debug/control", "dyndbg-6.1.txt");
	assert_int_equal(dyndbg_find_offline_reason(&ctx, &site), 0);
	assert_string_equal(site.control, "sys/kernel/debug/dynamic_debug/control");
	/* already on in either file: nothing to do */
	assert_int_equal(tree_put(tree.fd, "proc/dynamic_debug/control", "%s", SITE "=p" TEXT "\n"),
			 0);
	assert_int_equal(dyndbg_find_offline_reason(&ctx, &site), -EALREADY);
	tree_free(&tree);
}

UNIT_TESTS(cmocka_unit_test(the_line_that_is_wanted), cmocka_unit_test(a_line_that_is_on),
	   cmocka_unit_test(lines_of_other_sites), cmocka_unit_test(sites_of_real_kernels),
	   cmocka_unit_test(where_the_control_file_is))
