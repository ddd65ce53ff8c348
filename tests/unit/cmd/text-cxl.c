/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CXL in the list for people, on machines as a kernel shows them. */
#include "cmd/out/text/text.h"
#include "lib/base/memstream.h"
#include "tests/unit/fake/findings.h"

/* Lists the devices of a machine, and compares with a file of tests/unit/data. */
static void check_list(const char *machine, const char *expected)
{
	static const struct out_view devices = { .sections = OUT_SECTION_DEVICES };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_fclose FILE *file = tree_data(expected);
	cleanup_free char *text = NULL;
	char wanted[4096] = "";
	struct memstream m;

	assert_non_null(file);
	assert_true(fread(wanted, 1, sizeof(wanted) - 1, file) > 0);
	assert_int_equal(tree_load(fs->tree.fd, machine), 0);
	topo = scan_of(fs);
	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(out_text_list(m.file, topo, &devices, false), 0);
	text = memstream_end(&m);
	assert_string_equal(text, wanted);
}

static void a_region_and_its_memory(void **state)
{
	(void)state;
	check_list("cxl-two.sysfs", "list-cxl-two.txt");
}

static void a_region_that_lost_its_memory(void **state)
{
	(void)state;
	check_list("cxl-lost.sysfs", "list-cxl-lost.txt");
}

UNIT_TESTS(cmocka_unit_test(a_region_and_its_memory),
	   cmocka_unit_test(a_region_that_lost_its_memory))
