/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake CXL bus answers as 7.2 does: the errors were measured on a real kernel. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

#include <errno.h>
#include <string.h>

static int put(struct fakesys *fs, const char *path, const char *text)
{
	return root_write(&fs->ctx->sys, path, text);
}

static void regions_of_another_program(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	fakesys_cxl_region(fs, GIB / 2, "mem0");
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "1");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "decoder5.0");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/start"), "0x8490000000");
	assert_string_equal(fakesys_get(fs, CXL "endpoint5/decoders_committed"), "1");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_blocks(fs, 4242, 4245, "offline", "Normal Movable");
	assert_non_null(strstr(fakesys_get(fs, "proc/iomem"), "84afffffff : System RAM (kmem)"));
	assert_string_equal(fakesys_get(fs, CXL "decoder0.0/create_ram_region"), "region3");
	assert_int_equal(put(fs, CXL "decoder0.0/delete_region", "region0"), 0);
	fakesys_check_no_blocks(fs, 4242, 4245);
	assert_null(strstr(fakesys_get(fs, "proc/iomem"), "region0"));
	assert_string_equal(fakesys_get(fs, CXL "decoder0.0/create_ram_region"), "region0");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/dpa_size"), "0x0000000020000000");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/region"), "");
	assert_int_equal(put(fs, CXL "decoder5.0/dpa_size", "0"), 0);
	fakesys_cxl_region(fs, GIB, "both");
	assert_string_equal(fakesys_get(fs, CXL "region2/target1"), "decoder6.0");
}

struct step {
	const char *path; /* below sys/bus/cxl/devices, or a file of a driver */
	const char *text;
	int rc;
};

static void check(struct fakesys *fs, const struct step *steps, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const bool is_driver = strncmp(steps[i].path, "drivers/", 8) == 0;

		ROOT_PATH(path, "%s%s", is_driver ? "sys/bus/cxl/" : CXL, steps[i].path);
		if (put(fs, path, steps[i].text) != steps[i].rc)
			fail_msg("%s: %s is not %d", steps[i].path, steps[i].text, steps[i].rc);
	}
}

static void order_of_writes(void **state)
{
	static const struct step steps[] = {
		{ "decoder0.0/create_ram_region", "region7", -EBUSY },
		{ "decoder0.0/create_ram_region", "seven", -EINVAL },
		{ "decoder0.0/create_ram_region", "region0", 0 },
		{ "decoder0.0/create_ram_region", "region0", -EBUSY },
		{ "region0/size", "0x20000000", -ENXIO },
		{ "region0/interleave_granularity", "300", -EINVAL },
		{ "region0/interleave_granularity", "256", 0 },
		{ "region0/interleave_ways", "5", -EINVAL },
		{ "region0/interleave_ways", "1", 0 },
		{ "decoder5.0/dpa_size", "0x20000000", -EBUSY },
		{ "decoder5.0/mode", "pmem", -ENXIO },
		{ "region0/target0", "decoder5.0", -ENODEV },
		{ "decoder5.0/mode", "ram", 0 },
		{ "region0/target0", "decoder5.0", -ENXIO },
		{ "region0/size", "12345", -EINVAL },
		{ "region0/size", "0x200000000", -ERANGE },
		{ "region0/size", "0x20000000", 0 },
		{ "region0/size", "0x10000000", -EBUSY },
		{ "region0/target0", "decoder5.0", -ENXIO },
		{ "decoder5.0/dpa_size", "1", -EINVAL },
		{ "decoder5.0/dpa_size", "0x80000000", -ENOSPC },
		{ "decoder5.1/mode", "ram", 0 },
		{ "decoder5.1/dpa_size", "0x10000000", -EBUSY },
		{ "decoder5.0/dpa_size", "0x10000000", 0 },
		{ "decoder5.1/dpa_size", "0x10000000", 0 },
		{ "decoder5.0/dpa_size", "0", -EBUSY },
		{ "region0/target0", "decoder5.0", -EINVAL },
		{ "decoder5.1/dpa_size", "0", 0 },
		{ "decoder5.0/dpa_size", "0x20000000", 0 },
		{ "region0/target0", "decoder9.0", -ENODEV },
		{ "region0/target0", "decoder0.0", -EINVAL },
		{ "region0/commit", "1", -ENXIO },
		{ "drivers/cxl_region/bind", "region0", -ENXIO },
		{ "region0/target0", "decoder5.0", 0 },
		{ "region0/target0", "decoder5.0", -EBUSY },
		{ "decoder5.0/dpa_size", "0", -EBUSY },
		{ "region0/size", "0", -EBUSY },
		{ "region0/commit", "1", 0 },
		{ "region0/target0", "\n", 0 }, /* the kernel resets it */
		{ "region0/size", "0", 0 },
		{ "decoder5.0/dpa_size", "0", 0 },
		{ "decoder0.1/delete_region", "region0", -ENODEV },
		{ "decoder0.0/delete_region", "region0", 0 },
	};
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	check(fs, steps, ARRAY_SIZE(steps));
	task_check_bare(fs);
}

/* Windows and host bridges: the far card in the window of the near one, and a second region. */
static void host_bridges(void **state)
{
	static const struct step steps[] = {
		{ "decoder6.0/mode", "ram", 0 },
		{ "decoder6.0/dpa_size", "0x20000000", 0 },
		{ "region0/target0", "decoder6.0", -ENXIO },
		{ "decoder5.0/mode", "ram", 0 },
		{ "decoder5.0/dpa_size", "0x10000000", 0 },
		{ "decoder5.1/mode", "ram", 0 },
		{ "decoder5.1/dpa_size", "0x20000000", 0 },
		{ "region0/target0", "decoder5.1", 0 },
		{ "region0/commit", "1", -EBUSY }, /* decoder5.0 has to be the first */
		{ "decoder0.0/create_ram_region", "region3", 0 },
		{ "region3/interleave_granularity", "256", 0 },
		{ "region3/interleave_ways", "1", 0 },
		{ "region3/size", "0x10000000", 0 },
		{ "region3/target0", "decoder5.0", -EBUSY }, /* the bridge has one decoder */
	};
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	check(fs, steps, ARRAY_SIZE(steps));
}

static void drivers(void **state)
{
	static const struct step steps[] = {
		{ "drivers/cxl_region/bind", "region0", -EBUSY },
		{ "drivers/cxl_region/bind", "region5", -ENODEV },
		{ "drivers/cxl_mem/bind", "mem0", -EBUSY },
		{ "drivers/cxl_mem/unbind", "mem0", 0 },
		{ "drivers/cxl_mem/unbind", "mem0", -ENODEV },
	};
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	fakesys_cxl_region(fs, CAPACITY, "mem0");
	check(fs, steps, ARRAY_SIZE(steps));
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "0");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
	assert_int_equal(root_has_name(&fs->ctx->sys, CXL "endpoint5"), 0);
	assert_int_equal(put(fs, "sys/bus/cxl/drivers/cxl_mem/bind", "mem0"), 0);
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/mode"), "none");
}

/* The kernel protects no memory. */
static void memory_is_lost(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	fakesys_cxl_region(fs, CAPACITY, "mem0");
	assert_int_equal(put(fs, "sys/devices/system/memory/memory4242/state", "online"), 0);
	assert_int_equal(put(fs, CXL "region0/commit", "0"), 0);
	assert_string_equal(fakesys_get(fs, "sys/devices/system/memory/memory4242/state"),
			    "online");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/size"), "0x0");
}

/* A scan finds what the fake shows. */
static void topologies(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_topology *topo = NULL;
	const struct mhp_cxl_region *region;
	const struct mhp_dax *dax;

	(void)state;
	fakesys_cxl_region(fs, CAPACITY, "mem0");
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	region = mhp_topology_cxl_region(topo, 0);
	assert_non_null(region);
	assert_int_equal(region->state, MHP_CXL_STATE_ENABLED);
	assert_true(region->members[0].serial == FAKECXL_NEAR);
	assert_true(mhp_topology_cxl_window(topo, 0)->free_bytes == 4 * GIB - CAPACITY);
	assert_true(mhp_topology_cxl_window(topo, 0)->max_extent_bytes == 4 * GIB - CAPACITY);
	assert_int_equal(mhp_topology_cxl_memdev(topo, 0)->bridge, 12);
	assert_true(mhp_topology_cxl_memdev(topo, 0)->ram_used_bytes == CAPACITY);
	assert_int_equal(mhp_topology_cxl_memdev(topo, 1)->bridge, 44);
	dax = mhp_topology_dax(topo, 0);
	assert_non_null(dax);
	assert_string_equal(dax->cxl_region, "region0");
	assert_int_equal(dax->origin, MHP_ORIGIN_CXL);
	assert_int_equal(dax->target_node, 2);
	assert_string_equal(dax->driver, "kmem");
	mhp_topology_free(topo);
}

UNIT_TESTS(cmocka_unit_test(topologies), cmocka_unit_test(regions_of_another_program),
	   cmocka_unit_test(order_of_writes), cmocka_unit_test(host_bridges),
	   cmocka_unit_test(drivers), cmocka_unit_test(memory_is_lost))
