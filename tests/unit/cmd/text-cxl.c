/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list for people: CXL, on machines as a kernel shows them, and a lack of memory. */
#include "cmd/out/text/list.h"
#include "cmd/out/text/text.h"
#include "lib/base/memstream.h"
#include "tests/unit/fake/findings.h"

#include <string.h>

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

/* Only what is not normal is shown. */
static void health_of_devices(void **state)
{
	static const struct out_view devices = { .sections = OUT_SECTION_DEVICES };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_free char *text = NULL;
	struct memstream m;

	(void)state;
	assert_int_equal(tree_load(fs->tree.fd, "cxl-bare.sysfs"), 0);
	topo = scan_of(fs);
	assert_int_equal(topo->nr_cxl_memdevs, 2);
	topo->cxl_memdevs[0].health =
		(struct mhp_cxl_health){ .is_known = true,
					 .maintenance_needed = MHP_TRISTATE_YES,
					 .media_status = "not_ready" };
	topo->cxl_memdevs[1].health =
		(struct mhp_cxl_health){ .is_known = true, .media_status = "normal" };
	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(out_text_list(m.file, topo, &devices, false), 0);
	text = memstream_end(&m);
	assert_non_null(strstr(text, ", health: media not_ready, maintenance needed\n"));
	assert_null(strstr(strstr(text, "health") + 1, "health"));
}

/* A change of a region says how much of it is memory, and how much of that is lost. */
static void a_region_in_monitor(void **state)
{
	struct mhp_cxl_region region = {
		.name = "region0",
		.state = MHP_CXL_STATE_ENABLED,
		.size = 1 << 30,
		.online_bytes = 1 << 29,
		.nr_members = 1,
		.members = { { "decoder3.0", "mem0", 0x10f } },
	};
	const struct mhp_change change = {
		.kind = MHP_CHANGE_CXL_REGION,
		.action = MHP_ACTION_CHANGED,
		.cxl_region = &region,
	};
	cleanup_free char *text = NULL;
	struct memstream m;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	out_text_change(m.file, &change);
	region.unbacked_bytes = region.online_bytes;
	out_text_change(m.file, &change);
	region.online_bytes = region.unbacked_bytes = MHP_UNKNOWN;
	out_text_change(m.file, &change);
	text = memstream_end(&m);
	assert_non_null(strstr(text, "enabled, 1 GiB of mem0 (0x10f), 512 MiB online\n"));
	assert_non_null(strstr(text, "(0x10f), 512 MiB online, 512 MiB lost\n"));
	assert_non_null(strstr(text, "(0x10f)\n"));
}

/* An empty section is left out, but not one whose first row could not be allocated. */
static void a_section_without_memory_for_it(void **state)
{
	static const struct table_column column = TABLE_LEFT("NODE");
	struct table empty = { .columns = &column, .nr_columns = 1 };
	struct table failed = { .columns = &column, .nr_columns = 1, .failed = true };
	struct memstream m;
	struct text_list l = { 0 };
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(memstream_open(&m), 0);
	l.f = m.file;
	text_list_table(&l, &empty);
	assert_false(l.failed);
	text_list_table(&l, &failed);
	assert_true(l.failed);
	text = memstream_end(&m);
}

UNIT_TESTS(cmocka_unit_test(a_region_and_its_memory),
	   cmocka_unit_test(a_region_that_lost_its_memory), cmocka_unit_test(health_of_devices),
	   cmocka_unit_test(a_region_in_monitor), cmocka_unit_test(a_section_without_memory_for_it))
