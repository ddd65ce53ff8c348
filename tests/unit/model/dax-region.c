/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dax regions that can be divided, as the scan finds them. */
#include "lib/model/dax-region.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define BLOCKS(n) ((n)*FAKE_BLOCK_SIZE)
#define TWO_RANGES                              \
	"108000000-17fffffff : Soft Reserved\n" \
	"200000000-277ffffff : Soft Reserved\n"

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

static void soft_reserved(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_dax_region *region;
	struct ranges holes;
	char next[MHP_NAME_MAX];

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_dax_part(fs, "dax0.1", 6, 2, "");
	topo = scan(fs);
	region = mhp_topology_dax_region(topo, 0);
	assert_non_null(region);
	assert_null(mhp_topology_dax_region(topo, 1));
	assert_string_equal(region->name, "dax_region0");
	assert_string_equal(region->device, "hmem.0");
	assert_string_equal(region->path, "/sys/devices/platform/hmem.0");
	assert_int_equal(region->origin, MHP_ORIGIN_SOFT_RESERVED);
	assert_int_equal(region->start, REGION_START);
	assert_int_equal(region->size, BLOCKS(NR_BLOCKS));
	assert_int_equal(region->available_bytes, BLOCKS(NR_BLOCKS - 6));
	assert_int_equal(region->target_node, 2);
	assert_true(dax_region_holes(topo, region, &holes));
	assert_int_equal(holes.nr, 2);
	assert_int_equal(holes.at[0].start, REGION_START + BLOCKS(4));
	assert_int_equal(holes.at[1].end, REGION_START + BLOCKS(NR_BLOCKS));
	dax_region_next_name(topo, region, next, sizeof(next));
	assert_string_equal(next, "dax0.2");
	assert_string_equal(mhp_topology_dax(topo, 1)->dax_region, "dax_region0");
}

static void by_the_name_of_the_kernel(void **state)
{
	static const char *const names[] = { "hmem.0" };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_dax_region0(fs, BLOCKS(4), "kmem");
	fakesys_dax1(fs);
	topo = scan(fs);
	assert_int_equal(mhp_topology_select(topo, names, 1, NULL), 0);
	assert_string_equal(mhp_topology_dax(topo, 0)->name, "dax0.0");
	assert_null(mhp_topology_dax(topo, 1));
	assert_int_equal(mhp_topology_block(topo, 0)->id, FIRST_BLOCK);
	assert_non_null(mhp_topology_dax_region(topo, 0));
}

/* Two ranges of one size: an address of a device tells which it is; without one nothing does. */
static void two_ranges_of_a_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakesys struct fakesys *empty = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL, *unknown = NULL;

	fakesys_dax_region0(fs, BLOCKS(4), "");
	fakesys_put(fs, "proc/iomem", TWO_RANGES);
	topo = scan(fs);
	assert_int_equal(mhp_topology_dax_region(topo, 0)->start, REGION_START);
	fakesys_dax_region0(empty, 0, "");
	fakesys_put(empty, "proc/iomem", TWO_RANGES);
	unknown = scan(empty);
	assert_int_equal(mhp_topology_dax_region(unknown, 0)->start, MHP_UNKNOWN);
}

/* An address that contradicts the free size is not believed. */
static void another_address(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_dax_region0(fs, BLOCKS(4), "");
	fakesys_put(fs, "sys/devices/platform/hmem.0/dax_region/available_size", "4096\n");
	topo = scan(fs);
	assert_int_equal(mhp_topology_dax_region(topo, 0)->start, MHP_UNKNOWN);
}

#define CXL "sys/devices/platform/ACPI0017:00/root0/decoder0.0/region3/dax_region3"

static void cxl(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_dax_region *region;

	fakesys_put(fs, CXL "/dax_region/size", "1073741824\n");
	fakesys_put(fs, CXL "/dax_region/available_size", "1073741824\n");
	fakesys_put(fs, CXL "/dax_region/align", "2097152\n");
	fakesys_put(fs, CXL "/dax_region/create", "\n");
	fakesys_put(fs, CXL "/dax3.0/size", "0\n");
	fakesys_put(fs, CXL "/dax3.0/target_node", "3\n");
	fakesys_put(fs, "sys/bus/cxl/devices/region3/resource", "0x8480000000\n");
	fakesys_put(fs, "sys/bus/cxl/devices/region3/size", "0x40000000\n");
	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax3.0",
				   "../../../../" CXL "/dax3.0"),
			 0);
	topo = scan(fs);
	region = mhp_topology_dax_region(topo, 0);
	assert_non_null(region);
	assert_string_equal(region->name, "dax_region3");
	assert_string_equal(region->device, "dax_region3");
	assert_string_equal(region->cxl_region, "region3");
	assert_int_equal(region->origin, MHP_ORIGIN_CXL);
	assert_int_equal(region->start, 0x8480000000);
	assert_int_equal(region->target_node, 3);
	assert_true(dax_has_no_memory(mhp_topology_dax(topo, 0)));
}

UNIT_TESTS(cmocka_unit_test(soft_reserved), cmocka_unit_test(by_the_name_of_the_kernel),
	   cmocka_unit_test(two_ranges_of_a_size), cmocka_unit_test(another_address),
	   cmocka_unit_test(cxl))
